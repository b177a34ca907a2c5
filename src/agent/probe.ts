/**
 * What a probe is: one file in `agent/probes/` whose default export declares its figures and measures them inside
 * the user's process. Nothing that it does may throw into the program, keep it alive, or cost what an idle service
 * would notice. The registry is generated; the far end (`collect/host/nodejs.ts`), outputs and docs read the tables.
 */
import type { TableSpec } from '../core/metric.ts';

/** The default export of a file in `agent/probes/`. */
export interface Probe {
  readonly name: string;
  /** One sentence for the generated reference. */
  readonly help: string;
  /** The subject's own labels only: `pid` and `thread` are put before them at the far end. */
  readonly tables: readonly TableSpec[];
  /** `process`: in the main thread only; `thread`: in every thread that runs the agent. */
  readonly scope: 'process' | 'thread';
  /** Whether this version of Node.js can tell; `undefined` is yes. A probe that cannot is not started. */
  supported?(): boolean;
  /**
   * Begins to measure, at the latest with the first request; before the program's own code where that matters
   * (`agent/early.ts`). It must be quick and load as little as possible.
   */
  start(): RunningProbe;
}

/** A probe at work. */
export interface RunningProbe {
  /**
   * Hands out the figures of this moment. `window` is the number of seconds that "largest of late" looks back;
   * reading changes nothing, so that two readers do not steal each other's data.
   */
  read(emit: Emit, window: number): void;
  /** Once the program runs (a moment after start-up): what may be loaded and started late. */
  settle?(): void;
  /** Undoes everything: subscriptions, observers, timers. */
  stop(): void;
}

/** Takes one subject: the table's name, the values of its labels, its figures in column order (`NaN`: not known). */
export type Emit = (table: string, labels: readonly string[], figures: ArrayLike<number>) => void;
