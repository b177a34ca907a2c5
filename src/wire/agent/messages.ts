/**
 * What goes over an agent's socket. The client checks what it gets (`collect/node/replies.ts`): the peer is another
 * process, possibly another version, and trusted with nothing.
 */
import type { ClearedCache, MeasuredFunction, ProcessCache } from '../../core/cache.ts';

/** Raised when a message changes its meaning; a client refuses another one with a clear text. */
export const AGENT_PROTOCOL = 1;

/** The operations of an agent. */
export type AgentRequest =
  | { readonly id: number; readonly op: 'hello' }
  /** Figures of all probes; `since` (CLOCK_MONOTONIC seconds) bounds what "largest in the window" looks back to. */
  | { readonly id: number; readonly op: 'metrics'; readonly since?: number }
  /** Caches and measured functions of all threads. */
  | { readonly id: number; readonly op: 'caches' }
  /**
   * Empties caches: one by name, every one of the type (`*`), or what begins with a prefix in all that can tell their
   * keys. Module caches (`require`, `compile-cache`) are only meant with `type: 'module'`.
   */
  | {
      readonly id: number;
      readonly op: 'clear';
      readonly type: 'function' | 'module';
      readonly name?: string;
      readonly prefix?: string;
      /** Tells what would be cleared, and clears nothing. */
      readonly dry: boolean;
    }
  /** Ends the agent and takes back all it did; refused unless it was brought in by `--attach`. */
  | { readonly id: number; readonly op: 'stop' };

/** The process that an agent is in. */
export interface AgentProcess {
  readonly protocol: number;
  readonly agent: string;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly node: string;
  /** File name of the main script, or what `process.title` was set to. */
  readonly name: string;
  /** Command line, shortened, without the values of `--*password*`-like options. */
  readonly command: string;
  /** Wall clock, milliseconds since 1970, at which the process began. */
  readonly started_ms: number;
  /** Thread ids (`/proc/PID/task`) of libuv's pool, where they can be told apart. */
  readonly pool_tids: readonly number[] | null;
  /** `cluster`: `primary`, `worker` or `null`. */
  readonly cluster: string | null;
}

/** One subject of a probe's table: table (`probe/table`), labels in the table's order, figures in column order. */
export type ProbeRow = readonly [table: string, labels: readonly string[], figures: readonly (number | null)[]];

/** One thread of the process; 0 is the main one. */
export interface AgentThread {
  readonly thread: number;
  readonly name: string;
  /** `answered`; `silent`: it runs the agent but did not answer in time; `bare`: it runs without the agent. */
  readonly state: 'answered' | 'silent' | 'bare';
  readonly rows: readonly ProbeRow[];
}

/** Answer to `metrics`. */
export interface AgentMetrics {
  readonly process: AgentProcess;
  /** CLOCK_MONOTONIC seconds of the answer. */
  readonly at: number;
  readonly threads: readonly AgentThread[];
}

/** Answer to `caches`. */
export interface AgentCaches {
  readonly process: AgentProcess;
  readonly at: number;
  readonly caches: readonly ProcessCache[];
  readonly functions: readonly MeasuredFunction[];
  /** Threads that did not answer in time. */
  readonly silent_threads: readonly number[];
}

/** Answer to `clear`. */
export interface AgentCleared {
  readonly process: AgentProcess;
  /** What was cleared or, in a dry run, would be (`entries_after` and `bytes_freed` are `null` then). */
  readonly caches: readonly ClearedCache[];
  /** What was asked for and not done, in words. */
  readonly refused: readonly string[];
}

/** Any answer; `error.code` is `unknown_op`, `bad_request` or `failed`. */
export type AgentReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly error: { readonly code: string; readonly message: string } };
