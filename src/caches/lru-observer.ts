/**
 * What is counted of the operations of one `lru-cache`, from version 10 on.
 *
 * What left the cache is told apart by a ledger: `expected` is the number of entries that the counted operations
 * explain. Around a `set`, the gap to `size` grows by what was evicted; whatever else is missing went because its time
 * to live was over, be it at a lookup, by a timer or by `purgeStale()`.
 */
import type { CacheObserver } from './observer.ts';
import type { Method } from './overrides.ts';
import type { Tally } from './tally.ts';

/** The public face of lru-cache that is used here. */
export interface Lru {
  readonly size: number;
  readonly max: number;
  readonly maxSize: number;
  readonly maxEntrySize: number;
  readonly calculatedSize: number;
  readonly fetchMethod: unknown;
  readonly memoMethod: unknown;
  readonly ttl: number;
  readonly ttlAutopurge: boolean;
  readonly allowStale: boolean;
  readonly noDeleteOnStaleGet: boolean;
  readonly updateAgeOnGet: boolean;
  /** 0: not there; negative: past its time to live. Changes nothing, and sees values that are being fetched. */
  getRemainingTTL(key: unknown): number;
  clear(): void;
  delete(key: unknown): boolean;
  keys(): Iterable<unknown>;
}

/** What the library writes into the `status` of an operation. */
export interface Status {
  get?: string;
  set?: string;
  fetch?: string;
  memo?: string;
  returnedStale?: boolean;
  fetchUpdated?: boolean;
}

/** No key. */
const NONE = Symbol('none');
/** One of so many keys is looked at later, to learn how many entries are past their time to live. */
const KEY_PERIOD = 8;

/** Whether a lookup that finds nothing leaves nothing, and every value finds its place. */
function isPlain(cache: Lru): boolean {
  return cache.fetchMethod === undefined && !cache.noDeleteOnStaleGet && cache.maxEntrySize === 0;
}

/** Options of an operation. */
export interface Options {
  readonly status?: Status;
  readonly allowStale?: boolean;
  readonly noDeleteOnStaleGet?: boolean;
}

/** The operations of one cache. */
export class LruObserver {
  readonly observer: CacheObserver;
  readonly tally: Tally;
  /** Statuses of loads under way: before 11.3, `fetch` and `memo` call the public `get` and `set` with them. */
  readonly inner = new WeakSet<Status>();
  /** Before 11.3, `forceFetch` calls the public `fetch`. */
  forcing = false;
  /** The key that the last operation found missing: a `set` of it adds an entry, which nobody need ask the cache. */
  missed: unknown = NONE;

  constructor(observer: CacheObserver) {
    this.observer = observer;
    this.tally = observer.tally;
  }

  /** A lookup gave nothing. */
  miss(key: unknown): void {
    this.missed = key;
    this.observer.miss(key);
  }

  /** Something other than `set` may have stored the key that was missed. */
  forgetMiss(): void {
    this.missed = NONE;
  }

  /** Whether the library calls itself, with our status. */
  isInner(options: Options | undefined): boolean {
    return options?.status !== undefined && this.inner.has(options.status);
  }

  /** A `get` that is timed, has options, or belongs to a group. */
  get(cache: Lru, original: Method, key: unknown, options: Options | undefined): unknown {
    if (this.isInner(options)) return original.call(cache, key, options);
    const { observer } = this;
    const timed = options === undefined && observer.rearm(observer.isGrouped || cache.allowStale);
    const started = timed ? performance.now() : 0;
    const mayBeStale = options?.allowStale ?? cache.allowStale;
    const status: Status | undefined = mayBeStale ? (options?.status ?? {}) : undefined;
    const value = observer.inside(() => {
      if (status !== undefined) return original.call(cache, key, { ...options, status });
      // Called as ever: a status would make the library's compiled code slower for all calls.
      return options === undefined ? original.call(cache, key) : original.call(cache, key, options);
    });
    if (value === undefined) this.miss(key);
    else if (status?.get?.startsWith('stale') === true) observer.staleHit(key);
    else {
      observer.hit(key);
      if (timed) this.tally.hitTimes.add(started);
    }
    return value;
  }

  set(cache: Lru, original: Method, key: unknown, value: unknown, options: Options | undefined): unknown {
    const { missed } = this;
    this.missed = NONE;
    const adds = key === missed && value !== undefined && options === undefined && isPlain(cache);
    return adds ? this.#add(cache, original, key, value) : this.#set(cache, original, key, value, options);
  }

  /** A `set` that can only add. */
  #add(cache: Lru, original: Method, key: unknown, value: unknown): unknown {
    const { tally } = this;
    const gap = tally.expected - cache.size;
    let result: unknown;
    try {
      result = original.call(cache, key, value);
    } catch (error) {
      tally.errors++;
      throw error;
    }
    tally.expected++;
    this.#stored(cache, key, value, gap);
    return result;
  }

  #stored(cache: Lru, key: unknown, value: unknown, gap: number): void {
    this.evicted(cache, gap);
    this.observer.set(key, value);
    if (cache.ttl !== 0 && this.tally.sets % KEY_PERIOD === 0) this.tally.keySample.add(key);
  }

  #set(cache: Lru, original: Method, key: unknown, value: unknown, options: Options | undefined): unknown {
    const { tally } = this;
    const status: Status = options?.status ?? {};
    const gap = tally.expected - cache.size;
    // A value that is being fetched has its place already, and says "add" when it is replaced.
    const hasPlace = cache.fetchMethod !== undefined && cache.getRemainingTTL(key) !== 0;
    let result: unknown;
    try {
      result = original.call(cache, key, value, options === undefined ? { status } : { ...options, status });
    } catch (error) {
      tally.errors++;
      throw error;
    }
    if (status.set === 'add' && !hasPlace) tally.expected++;
    if (status.set === 'miss') {
      // Larger than an entry may be: the old value went too, and nothing came.
      tally.expected -= this.#grown(cache, gap);
    } else if (value !== undefined) this.#stored(cache, key, value, gap);
    return result;
  }

  /** Counts what a `set` dropped; `gap` is that from before it. */
  evicted(cache: Lru, gap: number): void {
    const gone = this.#grown(cache, gap);
    this.tally.evictions += gone;
    this.tally.expected -= gone;
  }

  #grown(cache: Lru, gap: number): number {
    return Math.max(0, this.tally.expected - cache.size - gap);
  }

  fetch(cache: Lru, original: Method, key: unknown, options: Options | undefined): Promise<unknown> {
    const { observer, tally } = this;
    const status: Status = options?.status ?? {};
    const gap = tally.expected - cache.size;
    const started = performance.now();
    this.inner.add(status);
    const promise = original.call(cache, key, { ...options, status }) as Promise<unknown>;
    const stale = status.returnedStale === true;
    if (status.fetch === 'miss') {
      // The promise takes the place of the value, and may push another one out.
      tally.expected++;
      this.evicted(cache, gap);
    }
    if (stale) observer.staleHit(key);
    else if (status.fetch === 'hit' || (status.fetch === 'get' && status.get === 'hit')) observer.hit(key);
    else if (status.fetch !== 'refresh') observer.missLoadedInside(key);
    if (status.fetch === 'inflight' && !stale) tally.coalescedLoads++;
    if (stale && status.fetch === 'stale') tally.refreshes++;
    const loads = !stale && (status.fetch === 'miss' || status.fetch === 'stale' || status.fetch === 'refresh');
    if (!loads) {
      // The status may be the program's, and come again; what is fetched behind a stale value still uses it.
      if (status.fetch !== 'stale') this.inner.delete(status);
      return promise;
    }
    return this.#load(promise, status, key, started);
  }

  async #load(promise: Promise<unknown>, status: Status, key: unknown, started: number): Promise<unknown> {
    let failed = true;
    try {
      const value = await promise;
      failed = false;
      if (status.fetchUpdated === true) this.observer.set(key);
      else if (status.fetch === 'miss') this.tally.expected--;
      return value;
    } catch (error) {
      if (status.fetch === 'miss') this.tally.expected--;
      throw error;
    } finally {
      this.inner.delete(status);
      this.observer.loaded(started, failed);
    }
  }

  memo(cache: Lru, original: Method, key: unknown, options: Options | undefined): unknown {
    const { observer, tally } = this;
    this.forgetMiss();
    const status: Status = options?.status ?? {};
    const gap = tally.expected - cache.size;
    const remaining = cache.getRemainingTTL(key);
    const started = performance.now();
    this.inner.add(status);
    let value: unknown;
    try {
      value = original.call(cache, key, { ...options, status });
    } catch (error) {
      if (cache.memoMethod === undefined) tally.errors++;
      else {
        observer.missLoadedInside(key);
        observer.loaded(started, true);
      }
      throw error;
    } finally {
      this.inner.delete(status);
    }
    // Before 11.3 only the set tells that the value was computed.
    const isHit = value !== undefined && (status.memo ?? (status.set === undefined ? 'hit' : 'miss')) === 'hit';
    if (isHit) {
      if (remaining < 0) observer.staleHit(key);
      else observer.hit(key);
      return value;
    }
    observer.missLoadedInside(key);
    observer.loaded(started, false);
    if (value === undefined) return value;
    if (remaining === 0) tally.expected++;
    else if (remaining < 0 && !(options?.noDeleteOnStaleGet ?? cache.noDeleteOnStaleGet)) tally.expirations++;
    this.evicted(cache, gap);
    observer.set(key);
    return value;
  }

  peek(cache: Lru, original: Method, key: unknown, options: Options | undefined): unknown {
    const { observer } = this;
    const stale = (options?.allowStale ?? cache.allowStale) && cache.getRemainingTTL(key) < 0;
    const value = observer.inside(() =>
      options === undefined ? original.call(cache, key) : original.call(cache, key, options),
    );
    if (value === undefined) observer.miss(key);
    else if (stale) observer.staleHit(key);
    else observer.hit(key);
    return value;
  }

  /** Runs what removes entries at the program's wish. */
  remove(cache: Lru, run: () => unknown): unknown {
    const { tally } = this;
    const before = cache.size;
    const expected = tally.expected;
    const result = this.observer.inside(run);
    // What callbacks of the cache did meanwhile has been counted by itself.
    const gone = before - cache.size + (tally.expected - expected);
    tally.deletes += gone;
    tally.expected -= gone;
    return result;
  }
}

/** Books what is missing from the ledger as expired. */
export function settle(cache: Lru, tally: Tally): void {
  const gone = tally.expected - cache.size;
  if (gone > 0) tally.expirations += gone;
  tally.expected = cache.size;
}
