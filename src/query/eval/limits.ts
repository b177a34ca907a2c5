/** What a query may use: samples in memory, time; and the turns it gives to everything else in the process. */
import { setImmediate } from 'node:timers/promises';
import { QueryError } from '../query-error.ts';

/** A query works this long before others get their turn, in ms. */
const TURN_MS = 12;

/** The limits of one query. */
export class Limits {
  private readonly maxSamples: number;
  private readonly timeoutMs: number;
  private readonly signal: AbortSignal | undefined;
  private readonly began = performance.now();
  private turn = this.began;
  private held = 0;

  constructor(maxSamples: number, timeoutMs: number, signal: AbortSignal | undefined) {
    this.maxSamples = maxSamples;
    this.timeoutMs = timeoutMs;
    this.signal = signal;
  }

  /** Counts samples that are in memory from now on; call it before allocating them. */
  hold(samples: number): void {
    this.held += samples;
    this.check(0);
  }

  /** Counts samples that are no longer needed. */
  release(samples: number): void {
    this.held -= samples;
  }

  /** Throws when that many more samples would be too many. */
  check(more: number): void {
    if (this.held + more > this.maxSamples)
      throw new QueryError(
        'too_many_samples',
        'query processing would load too many samples into memory in query execution',
      );
  }

  /** Whether it is time for `pause`. */
  due(): boolean {
    return performance.now() - this.turn > TURN_MS;
  }

  /** Lets the rest of the process run, then throws when time is up or the query was given up. */
  async pause(): Promise<void> {
    this.throwIfOver();
    await setImmediate();
    this.throwIfOver();
    this.turn = performance.now();
  }

  /** Throws when time is up or the query was given up. */
  throwIfOver(): void {
    if (this.signal?.aborted === true) throw new QueryError('canceled', 'query was canceled in expression evaluation');
    if (performance.now() - this.began > this.timeoutMs)
      throw new QueryError('timeout', 'query timed out in expression evaluation');
  }
}
