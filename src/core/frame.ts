/** One tick of the loop, as every sink, table and rule sees it: repaired figures, never raw ones. */
import type { RepairedTable } from './repair.ts';

/** What one collector gave in this frame. */
export interface FrameCollector {
  readonly name: string;
  readonly tables: readonly RepairedTable[];
  /** Whether the source could be read in the last attempt. */
  success: boolean;
  /** Why not, in words. */
  failure: string | undefined;
  /** Whether the source was there but held something else, or may not be read: not just absent. */
  broken: boolean;
  /** Whether it was read in this tick; a slow collector keeps its figures in between. */
  fresh: boolean;
  durationSeconds: number;
}

/** Reused from tick to tick: a sink that keeps something copies it. */
export interface Frame {
  /** 0 is the baseline: it has values but no increases. */
  index: number;
  /** Wall-clock milliseconds since 1970 by the anchor rule: never steps back. */
  t_ms: number;
  monotonicSeconds: number;
  /** Seconds since the tick before; NaN in the first. */
  elapsedSeconds: number;
  /** The interval was a pause (suspend, SIGSTOP, stolen time), not an observation. */
  gap: boolean;
  readonly collectors: readonly FrameCollector[];
  /** The repaired table of a collector, or `undefined` when that collector does not run. */
  table(collector: string, table: string): RepairedTable | undefined;
  /** The state of a collector, or `undefined` when it does not run. */
  collector(name: string): FrameCollector | undefined;
}
