/**
 * Loads of a cache that the program fills itself: a miss, the program computes, a set of the same key. Their duration
 * and whether several ran at once for one key are seen from outside by watching some of the missed keys.
 *
 * All misses are watched at first, later one of 16, so that the cost stays in the noise; a watched load stands for as
 * many as it was drawn from. Keys are held for as long as they are watched, so this lives with the cache, never in the
 * registry.
 */
import type { Tally } from './tally.ts';

const MAX_WATCHED = 256;
/** A key that is not set within this time was looked up for another reason. */
const FORGET_MS = 60_000;
const ALL_UNTIL = 1024;
const PERIOD = 16;

interface Watched {
  readonly started: number;
  readonly weight: number;
}

/** The missed keys of one cache that wait to be set. */
export class LoadWatch {
  readonly #tally: Tally;
  readonly #watched = new Map<unknown, Watched>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** A lookup found nothing. Called after the miss was counted. */
  miss(key: unknown): void {
    const { misses } = this.#tally;
    if (this.#watched.size > 0) {
      const other = this.#watched.get(key);
      if (other !== undefined) return this.#again(key, other);
    }
    if (misses > ALL_UNTIL) {
      if (misses % PERIOD !== 0) return;
      this.#tally.loadsSampled = true;
    }
    const started = performance.now();
    if (this.#watched.size >= MAX_WATCHED && !this.#makeRoom(started)) return;
    this.#watched.set(key, { started, weight: misses > ALL_UNTIL ? PERIOD : 1 });
  }

  /** A key was set. */
  set(key: unknown): void {
    if (this.#watched.size === 0) return;
    const load = this.#watched.get(key);
    if (load === undefined) return;
    this.#watched.delete(key);
    const milliseconds = performance.now() - load.started;
    if (milliseconds > FORGET_MS) return;
    this.#tally.loads += load.weight;
    this.#tally.loadSeconds += (load.weight * milliseconds) / 1000;
  }

  /** Its load cannot be seen from here. */
  forget(key: unknown): void {
    if (this.#watched.size > 0) this.#watched.delete(key);
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
      this.#watched.delete(key);
    }
    return this.#watched.size < MAX_WATCHED;
  }
}
