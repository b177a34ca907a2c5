/** What one thread of the process says to a question, and how the answers of all make one. */
import type { ClearedCache, MeasuredFunction, ProcessCache } from '../core/cache.ts';
import type {
  AgentCaches,
  AgentCleared,
  AgentMetrics,
  AgentProcess,
  AgentRequest,
  AgentThread,
  ProbeRow,
} from '../wire/agent/messages.ts';
import { probes } from './probes.gen.ts';
import type { SeenWorker } from './workers.ts';

/** A question that every thread is asked. */
export type ThreadQuestion = Extract<AgentRequest, { readonly op: 'metrics' | 'caches' | 'clear' | 'stop' }>;

/** The answer of one thread; empty what was not asked for. */
export interface ThreadAnswer {
  readonly thread: number;
  readonly name: string;
  /** The living workers that this thread made. */
  readonly workers: readonly SeenWorker[];
  readonly rows: readonly ProbeRow[];
  readonly caches: readonly ProcessCache[];
  readonly functions: readonly MeasuredFunction[];
  readonly cleared: readonly ClearedCache[];
  readonly refused: readonly string[];
}

/** The answers of a process. */
export interface Answers {
  /** The main thread's first. */
  readonly threads: readonly ThreadAnswer[];
  /** Living threads that run the agent and did not answer in time. */
  readonly silent: readonly SeenWorker[];
  /** Living threads that run without the agent. */
  readonly bare: readonly SeenWorker[];
}

/** Answer to `metrics`. */
export function metricsOf(process: AgentProcess, at: number, { threads, silent, bare }: Answers): AgentMetrics {
  return {
    process,
    at,
    threads: [
      ...threads.map(({ thread, name, rows }): AgentThread => ({ thread, name, state: 'answered', rows })),
      ...silent.map((worker) => fromOutside(worker, 'silent')),
      ...bare.map((worker) => fromOutside(worker, 'bare')),
    ].toSorted((a, b) => a.thread - b.thread),
  };
}

/** Answer to `caches`. A cache is of the thread that told about it, whatever it says itself. */
export function cachesOf(process: AgentProcess, at: number, { threads, silent }: Answers): AgentCaches {
  return {
    process,
    at,
    caches: threads.flatMap(({ thread, caches }) => caches.map((each) => ({ ...each, thread }))),
    functions: threads.flatMap(({ thread, functions }) => functions.map((each) => ({ ...each, thread }))),
    silent_threads: silent.map(({ thread }) => thread),
  };
}

/** Answer to `clear`. */
export function clearedOf(process: AgentProcess, { threads, silent }: Answers): AgentCleared {
  const refused = threads.flatMap((each) => each.refused);
  return {
    process,
    caches: threads.flatMap((each) => each.cleared),
    // Every thread refuses for the same reason what none allows.
    refused: [...new Set([...refused, ...silent.map(({ thread }) => `thread ${thread}: it did not answer`)])],
  };
}

const ACTIVE = 'codoperf_eventloop_active_seconds_total';
const IDLE = 'codoperf_eventloop_idle_seconds_total';

/** The table that a thread's own probe fills with these figures, too. */
const loopTable = probes
  .flatMap(({ name, tables }) => tables.map((table) => ({ ...table, id: `${name}/${table.name}` })))
  .find(({ columns }) => columns.some(({ metric }) => metric === ACTIVE));

function fromOutside({ thread, name, loop }: SeenWorker, state: 'silent' | 'bare'): AgentThread {
  if (loop === null || loopTable === undefined) return { thread, name, state, rows: [] };
  const known = new Map([
    [ACTIVE, loop.active],
    [IDLE, loop.idle],
  ]);
  const figures = loopTable.columns.map(({ metric }) => known.get(metric) ?? null);
  return { thread, name, state, rows: [[loopTable.id, [], figures]] };
}
