/**
 * Loads of a cache that the program fills itself: a miss, the program computes, a set of the same key. Their duration
 * and whether several ran at once for one key are seen from outside by watching some of the missed keys.
 *
 * All misses are watched at first, later one of 64, so that the cost stays in the noise; a watched load stands for as
 * many as it was drawn from. Keys are held for as long as they are watched, so this lives with the cache, never in the
 * registry.
 */
import type { Tally } from './tally.ts';
import { isThenable } from './thenable.ts';

const MAX_WATCHED = 256;
/** A key that is not set within this time was looked up for another reason. */
const FORGET_MS = 60_000;
const ALL_UNTIL = 1024;
/** A power of two. */
const PERIOD = 64;

interface Watched {
  readonly started: number;
  readonly weight: number;
}

/** The missed keys of one cache that wait to be set. */
export class LoadWatch {
  readonly #tally: Tally;
  readonly #watched = new Map<unknown, Watched>();
  /** Keys that are watched; as long as there are none, a `set` need not be looked at. */
  size = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Whether the miss that was just counted is to be shown to `miss()`. */
  wants(): boolean {
    const { misses } = this.#tally;
    return this.size > 0 || misses <= ALL_UNTIL || (misses & (PERIOD - 1)) === 0;
  }

  /** A lookup found nothing. */
  miss(key: unknown): void {
    const other = this.#watched.get(key);
    if (other !== undefined) return this.#again(key, other);
    const { misses } = this.#tally;
    const isLate = misses > ALL_UNTIL;
    if (isLate && (misses & (PERIOD - 1)) !== 0) return;
    const started = performance.now();
    if (this.size >= MAX_WATCHED && !this.#makeRoom(started)) return;
    if (isLate) this.#tally.loadsSampled = true;
    this.#watched.set(key, { started, weight: isLate ? PERIOD : 1 });
    this.size++;
  }

  /** A key was set. How long a promise takes to come is not known by the time it is stored. */
  set(key: unknown, value: unknown): void {
    const load = this.#watched.get(key);
    if (load === undefined) return;
    this.#drop(key);
    const milliseconds = performance.now() - load.started;
    if (milliseconds > FORGET_MS || isThenable(value)) return;
    this.#tally.loads += load.weight;
    this.#tally.loadSeconds += (load.weight * milliseconds) / 1000;
  }

  #drop(key: unknown): void {
    if (this.#watched.delete(key)) this.size--;
  }

  /** The same key was missed again while it is being loaded: this one is loaded twice. */
  #again(key: unknown, other: Watched): void {
    const now = performance.now();
    if (now - other.started < FORGET_MS) {
      this.#tally.concurrentLoads += other.weight;
      return;
    }
    this.#watched.delete(key);
    this.#watched.set(key, { started: now, weight: other.weight });
  }

  /** Drops what has waited too long, the oldest first; whether there is room now. */
  #makeRoom(now: number): boolean {
    for (const [key, { started }] of this.#watched) {
      if (now - started < FORGET_MS) break;
      this.#drop(key);
    }
    return this.size < MAX_WATCHED;
  }
}
