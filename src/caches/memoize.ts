/** A function that remembers what it gave, in an `lru-cache` that is always bounded. */
import { threadId } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import type { ProcessCache } from '../core/cache.ts';
import { defaultKey } from './memo-key.ts';
import { CacheObserver } from './observer.ts';
import { addCache, freeName, type TrackedCache } from './registry.ts';
import { statsOf } from './stats.ts';
import { Tally } from './tally.ts';
import { isThenable, type Thenable } from './thenable.ts';

/** What lru-cache can hold. */
type Something = object | string | number | bigint | boolean | symbol;

const DEFAULT_MAX = 1000;
/** Beyond it, the arrays of lru-cache alone take gigabytes. */
const LARGEST_MAX = 2 ** 24;

/** How a function is memoized. */
export interface MemoizeOptions<P extends unknown[]> {
  /** How the cache is called in `codoperf cache-info`; one that is taken gets `#2`. */
  name: string;
  /** Results kept, 1 to 16,777,216; the least recently used one goes first. Default: 1000. */
  max?: number;
  /** Milliseconds for which a result is kept; without, until it is evicted. */
  ttl?: number;
  /**
   * The key of a call. Calls for which it gives `undefined` or `null` are not cached. Default: the arguments, as long
   * as they are primitives, dates, and arrays and plain objects of these.
   */
  key?(...parameters: P): unknown;
}

/** A memoized function. */
export interface Memoized<P extends unknown[], R, T = unknown> {
  (this: T, ...parameters: P): R;
  /** Forgets everything; loads under way are not kept when they end. */
  clear(): void;
  /** Forgets the call with these arguments. Whether it was kept. */
  delete(...parameters: P): boolean;
}

/** In place of a result that is `undefined` or `null`, which lru-cache cannot hold. */
const NOTHING = [Symbol('undefined'), Symbol('null')] as const;

/**
 * Makes a function remember its results by its arguments. `this` is passed on and is not a part of the key. Calls that
 * come while a promise for the same key is pending share it; what throws or rejects is not kept.
 *
 * @throws TypeError for a missing name or a bad option.
 */
export function memoize<P extends unknown[], R, T = unknown>(
  fn: (this: T, ...parameters: P) => R,
  options: MemoizeOptions<P>,
): Memoized<P, R, T> {
  check(fn, options);
  const memo = new Memo<R>(options.max ?? DEFAULT_MAX, options.ttl);
  const keyOf: (parameters: P) => unknown =
    options.key === undefined ? defaultKey : (parameters) => options.key?.(...parameters);
  function memoized(this: T, ...parameters: P): R {
    const key = keyOf(parameters);
    if (key === undefined || key === null) {
      memo.unkeyed++;
      return fn.apply(this, parameters);
    }
    return memo.get(key, () => fn.apply(this, parameters));
  }
  addCache(trackedMemo(freeName(options.name), new WeakRef(memo)));
  return Object.assign(memoized, {
    clear: () => memo.clear(),
    delete: (...parameters: P) => memo.delete(keyOf(parameters)),
  });
}

function check(fn: unknown, { name, max, ttl }: MemoizeOptions<never>): void {
  if (typeof fn !== 'function') throw new TypeError('memoize() needs a function');
  if (typeof name !== 'string' || name === '') throw new TypeError('memoize() needs a name');
  if (max !== undefined && !(Number.isInteger(max) && max >= 1 && max <= LARGEST_MAX)) {
    throw new TypeError(`memoize(): max is a whole number from 1 to ${LARGEST_MAX}`);
  }
  if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 1)) {
    throw new TypeError('memoize(): ttl is a whole number of milliseconds, at least 1');
  }
}

function unpacked(kept: Something): unknown {
  if (typeof kept !== 'symbol') return kept;
  if (kept === NOTHING[0]) return undefined;
  return kept === NOTHING[1] ? null : kept;
}

/** The results of one function. */
class Memo<R> {
  readonly tally = new Tally();
  readonly observer = new CacheObserver(this.tally, undefined);
  readonly cache: LRUCache<Something, Something>;
  readonly #pending = new Map<unknown, R>();
  /** Calls whose arguments could not be keyed. */
  unkeyed = 0;

  constructor(max: number, ttl: number | undefined) {
    const { tally } = this;
    this.cache = new LRUCache({
      max,
      ttl,
      dispose(_value, _key, reason) {
        if (reason === 'evict') tally.evictions++;
        else if (reason === 'expire') tally.expirations++;
        else if (reason === 'delete') tally.deletes++;
      },
    });
  }

  get(key: Something, load: () => R): R {
    const { observer } = this;
    const timed = --observer.countdown <= 0 && observer.rearm();
    const started = timed ? performance.now() : 0;
    const kept = this.cache.get(key);
    if (kept !== undefined) {
      observer.hit(key);
      if (timed) this.tally.hitTimes.add(started);
      return unpacked(kept) as R;
    }
    observer.missLoadedInside(key);
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      this.tally.coalescedLoads++;
      return pending;
    }
    return this.#load(key, load);
  }

  #load(key: Something, load: () => R): R {
    const result = this.observer.load(load) as R;
    if (!isThenable(result)) {
      this.#keep(key, result);
      return result;
    }
    const shared = this.#whenSettled(key, result) as R;
    this.#pending.set(key, shared);
    return shared;
  }

  /** The promise that all callers get: it is kept once it resolved, unless it was forgotten meanwhile. */
  #whenSettled(key: Something, result: Thenable): unknown {
    const isCurrent = (): boolean => this.#pending.get(key) === shared && this.#pending.delete(key);
    const shared: unknown = result.then(
      (value) => {
        if (isCurrent()) this.#keep(key, shared);
        return value;
      },
      (error: unknown) => {
        isCurrent();
        throw error;
      },
    );
    return shared;
  }

  #keep(key: Something, result: unknown): void {
    this.cache.set(key, (result as Something | null | undefined) ?? NOTHING[result === null ? 1 : 0]);
    this.tally.sets++;
  }

  clear(): void {
    this.#pending.clear();
    this.cache.clear();
  }

  delete(key: unknown): boolean {
    if (key === undefined || key === null) return false;
    const pending = this.#pending.delete(key);
    return this.cache.delete(key) || pending;
  }
}

function trackedMemo(name: string, ref: WeakRef<Memo<unknown>>): TrackedCache {
  return {
    name,
    gone: () => ref.deref() === undefined,
    facts() {
      const memo = ref.deref();
      return memo && factsOf(name, memo);
    },
    clear(prefix, dry) {
      const memo = ref.deref();
      if (memo === undefined) return undefined;
      if (prefix !== undefined) return { refused: 'its keys are the arguments of a function: clear it by name' };
      const entries_before = memo.cache.size;
      if (!dry) memo.clear();
      return { entries_before, entries_after: dry ? null : memo.cache.size };
    },
  };
}

function factsOf(name: string, { tally, cache, unkeyed }: Memo<unknown>): ProcessCache {
  return {
    type: 'function',
    name,
    kind: 'memoize',
    thread: threadId,
    stats: {
      ...statsOf(tally, []),
      loads: tally.loads,
      load_failures: tally.loadFailures,
      load_seconds: tally.loadSeconds,
      entries: cache.size,
      capacity: cache.max,
    },
    config: { max: cache.max, capacity_unit: 'entries', ttl_seconds: cache.ttl > 0 ? cache.ttl / 1000 : null },
    groups: [],
    observed_seconds: (performance.now() - tally.since) / 1000,
    hit_seconds: tally.hitTimes.median(),
    concurrent_loads: tally.concurrentLoads,
    coalesced_loads: tally.coalescedLoads,
    errors: tally.errors,
    detail: { unkeyed_calls: unkeyed },
  };
}
