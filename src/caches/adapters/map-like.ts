/**
 * `Map`, `WeakMap` and what looks like one: `quick-lru`, `@isaacs/ttlcache`, `mnemonist`. A stored `undefined` is a hit.
 *
 * What left by itself is known of those whose presence can be asked without changing it; a `Map` drops nothing.
 */
import type { CacheStats } from '../../core/cache.ts';
import type { CacheAdapter, CacheState } from '../adapter.ts';
import type { CacheObserver } from '../observer.ts';
import type { Method, Overrides } from '../overrides.ts';
import type { Tally } from '../tally.ts';

interface MapLike {
  readonly size?: unknown;
  get(key: unknown): unknown;
  set(key: unknown, value: unknown): unknown;
  has?(key: unknown): boolean;
  delete?(key: unknown): unknown;
  clear?(): unknown;
  keys?(): Iterable<unknown>;
}

/** Whether a key has an entry, asked without moving it or renewing its time to live. */
type Presence = (key: unknown) => boolean;

function numberOf(cache: object, ...names: string[]): number | null {
  for (const name of names) {
    const value = (cache as Record<string, unknown>)[name];
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  }
  return null;
}

const isNative = (cache: object): boolean => cache.constructor === Map || cache.constructor === WeakMap;
const isTtlCache = (cache: object): boolean => 'expirationMap' in cache && cache.expirationMap instanceof Map;
const isMnemonist = (cache: object): boolean => 'capacity' in cache && 'splayOnTop' in cache;

/** How to ask for presence; `undefined` where it cannot be asked, or need not be because nothing is dropped. */
function presence(cache: object): Presence | undefined {
  if (isTtlCache(cache)) return (key) => (cache as { expirationMap: Map<unknown, unknown> }).expirationMap.has(key);
  if (!isMnemonist(cache)) return undefined;
  const has = (cache as MapLike).has as Method;
  return (key) => has.call(cache, key) as boolean;
}

function unknown(cache: object): (keyof CacheStats)[] {
  if (isNative(cache) || isTtlCache(cache)) return [];
  return isMnemonist(cache) ? ['expirations'] : ['evictions', 'expirations'];
}

function attach(target: object, observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  // As they are now: both are asked without being counted.
  const has = (target as MapLike).has as Method | undefined;
  const present = presence(target);
  overrides.replace('get', (original) => {
    return function get(this: object, key: unknown, options: unknown): unknown {
      const timed = --observer.countdown <= 0 && observer.rearm();
      const started = timed ? performance.now() : 0;
      let value: unknown;
      try {
        value = original.call(this, key, options);
        if (value === undefined && (has === undefined || has.call(this, key) !== true)) {
          observer.miss(key);
          return value;
        }
      } catch (error) {
        throw observer.failed(error);
      }
      observer.hit(key);
      if (timed) tally.hitTimes.add(started);
      return value;
    };
  });
  overrides.replace('has', (original) => {
    return function hasKey(this: object, key: unknown, options: unknown): unknown {
      const there = observer.inside(() => original.call(this, key, options));
      observer.asked(key, there);
      return there;
    };
  });
  for (const name of ['set', 'setpop']) overrides.replace(name, (original) => stores(original, observer, present));
  attachRemovals(observer, overrides);
}

function stores(original: Method, observer: CacheObserver, present: Presence | undefined) {
  const { tally } = observer;
  return function set(this: MapLike, key: unknown, value: unknown, options: unknown): unknown {
    const adds = present !== undefined && !present(key);
    const gap = present === undefined ? 0 : tally.expected - Number(this.size);
    let result: unknown;
    try {
      result = original.call(this, key, value, options);
    } catch (error) {
      tally.errors++;
      throw error;
    }
    if (present !== undefined) {
      if (adds) tally.expected++;
      const gone = Math.max(0, tally.expected - Number(this.size) - gap);
      tally.evictions += gone;
      tally.expected -= gone;
    }
    observer.set(key, value);
    return result;
  };
}

function attachRemovals(observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  overrides.replace('delete', (original) => {
    return function remove(this: object, key: unknown): unknown {
      if (observer.depth > 0) return original.call(this, key);
      const removed = observer.inside(() => original.call(this, key));
      if (removed === true) {
        tally.deletes++;
        tally.expected--;
      }
      return removed;
    };
  });
  overrides.replace('clear', (original) => {
    return function clear(this: MapLike): unknown {
      const before = Number(this.size);
      settle(this, tally);
      const result = observer.inside(() => original.call(this));
      const gone = before - Number(this.size);
      if (gone > 0) tally.deletes += gone;
      tally.expected = Number(this.size);
      return result;
    };
  });
}

/** Only `@isaacs/ttlcache` lets entries go by itself: by a timer, or when one is looked up. */
function settle(cache: object, tally: Tally): void {
  if (!isTtlCache(cache)) return;
  const { size } = cache as { size: number };
  tally.expirations += Math.max(0, tally.expected - size);
  tally.expected = size;
}

function state(cache: object, tally: Tally): CacheState {
  settle(cache, tally);
  const { size } = cache as MapLike;
  const max = numberOf(cache, 'maxSize', 'max', 'capacity', 'limit');
  const ttl = numberOf(cache, 'ttl', 'maxAge');
  return {
    entries: typeof size === 'number' ? size : null,
    weight: null,
    capacity: max,
    config: {
      class: cache.constructor?.name.slice(0, 64) ?? null,
      max,
      capacity_unit: max === null ? null : 'entries',
      ttl_seconds: ttl === null ? null : ttl / 1000,
      weak: cache instanceof WeakMap,
    },
  };
}

export default {
  kind: 'map',
  fallback: true,
  matches: (cache) => typeof (cache as MapLike).get === 'function' && typeof (cache as MapLike).set === 'function',
  unknown,
  attach,
  state,
  clear(cache) {
    const { clear } = cache as MapLike;
    if (clear === undefined) throw new TypeError('it has no clear()');
    return clear.call(cache);
  },
  remove: (cache, key) => (cache as MapLike).delete?.(key),
  keys: (cache) => (typeof (cache as MapLike).keys === 'function' ? (cache as MapLike).keys?.() : undefined),
} satisfies CacheAdapter;
