/**
 * Picks up every `lru-cache` >= 11.3 of the process without code in it (`CODOPERF_LRU_AUTO=1`): the library tells of
 * its operations on diagnostics channels, and a cache that is seen there is tracked like any other.
 *
 * While anybody listens, every operation of every such cache makes an object and runs at 0.4 to 0.5 of its speed. So we
 * listen for the first seconds and then for a moment every few: a cache that is in use is found soon, and what is left
 * is the cost of `track()`. While we listen, lru-cache itself handles the promises of `fetch()`, so that one that
 * rejects and is handled by nobody else does not show up as unhandled.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import lruCache from './adapters/lru-cache.ts';
import { attach, isTracked, untrack } from './attach.ts';

const CHANNELS = ['lru-cache:metrics', 'tracing:lru-cache:start'] as const;
const FIRST_LOOK_MS = 10_000;
const LOOK_MS = 250;
const EVERY_MS = 5000;
/** Frames of a stack that are not the program's. */
const NOT_THEIRS = /node:|[\\/]lru-cache[\\/]|[\\/]codoperf[\\/]/;

/** The search for caches at work. */
export class LruPickUp {
  readonly #found = new Set<WeakRef<object>>();
  /** Caches that are not tried again. */
  readonly #givenUp = new WeakSet<object>();
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  readonly #onOperation = (message: unknown): void => {
    const { cache } = message as { cache?: unknown };
    if (typeof cache !== 'object' || cache === null || isTracked(cache) || this.#givenUp.has(cache)) return;
    try {
      this.#pickUp(cache);
    } catch {
      // A subscriber that throws ends the program; a cache that cannot be tracked (frozen) only stays unknown.
      this.#givenUp.add(cache);
    }
  };

  /** Begins to look. */
  start(): void {
    this.#look(FIRST_LOOK_MS);
  }

  /** Ends, and takes the tracking of what was picked up back. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const channel of CHANNELS) unsubscribe(channel, this.#onOperation);
    for (const ref of this.#found) {
      const cache = ref.deref();
      if (cache !== undefined) untrack(cache);
    }
    this.#found.clear();
  }

  #look(milliseconds: number): void {
    for (const channel of CHANNELS) subscribe(channel, this.#onOperation);
    this.#later(milliseconds, () => {
      for (const channel of CHANNELS) unsubscribe(channel, this.#onOperation);
      this.#later(EVERY_MS, () => this.#look(LOOK_MS));
    });
  }

  #later(milliseconds: number, run: () => void): void {
    this.#timer = setTimeout(run, milliseconds);
    this.#timer.unref();
  }

  #pickUp(cache: object): void {
    if (!lruCache.matches(cache)) return;
    const seen_at = firstFrame(new Error().stack);
    attach(cache, lruCache, { name: `lru-cache#${this.#count + 1}`, detail: { seen_at } });
    // A full registry takes no more: it would be tried again at every operation.
    if (!isTracked(cache)) this.#givenUp.add(cache);
    this.#count++;
    this.#found.add(new WeakRef(cache));
  }
}

/** Where the program used the cache: the creation of one cannot be seen. */
function firstFrame(stack: string | undefined): string | null {
  const frames = (stack ?? '').split('\n').slice(3);
  const place = frames.find((frame) => !NOT_THEIRS.test(frame));
  return place === undefined ? null : place.replace(/^\s*at /, '').slice(0, 512);
}
