/** `lru-cache` from version 10 on. Every counter is exact, and a `get` costs one comparison and one increment more. */
import type { CacheAdapter, CacheState } from '../adapter.ts';
import { type Lru, LruObserver, type Options, settle } from '../lru-observer.ts';
import type { CacheObserver } from '../observer.ts';
import type { Overrides } from '../overrides.ts';
import type { Tally } from '../tally.ts';

function attach(_: object, observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  const lru = new LruObserver(observer);
  overrides.replace('get', (original) => {
    return function get(this: Lru, key: unknown, options?: Options): unknown {
      // Small enough to be compiled into the caller: whatever is not usual is done elsewhere. Where stale values or
      // groups matter, the countdown is always over; an `allowStale` that is set later is seen within 256 lookups.
      if (options !== undefined || --observer.countdown <= 0) return lru.get(this, original, key, options);
      try {
        const value = original.call(this, key);
        if (value === undefined) lru.miss(key);
        else tally.hits++;
        return value;
      } catch (error) {
        throw observer.failed(error);
      }
    };
  });
  overrides.replace('set', (original) => {
    return function set(this: Lru, key: unknown, value: unknown, options?: Options): unknown {
      const inner = lru.isInner(options) || (value instanceof Promise && '__staleWhileFetching' in value);
      if (inner) return original.call(this, key, value, options);
      return lru.set(this, original, key, value, options);
    };
  });
  overrides.replace('has', (original) => {
    return function has(this: Lru, key: unknown, options?: Options): unknown {
      const there = observer.inside(() =>
        options === undefined ? original.call(this, key) : original.call(this, key, options),
      );
      observer.asked(key, there);
      return there;
    };
  });
  overrides.replace('peek', (original) => {
    return function peek(this: Lru, key: unknown, options?: Options): unknown {
      return lru.peek(this, original, key, options);
    };
  });
  attachLoads(lru, overrides);
  attachRemovals(lru, overrides);
}

function attachLoads(lru: LruObserver, overrides: Overrides): void {
  overrides.replace('fetch', (original) => {
    return function fetch(this: Lru, key: unknown, options?: Options): unknown {
      if (lru.forcing) return original.call(this, key, options);
      return lru.fetch(this, original, key, options);
    };
  });
  overrides.replace('forceFetch', (original) => {
    return function forceFetch(this: Lru, key: unknown, options?: Options): unknown {
      lru.forcing = true;
      try {
        return lru.fetch(this, original, key, options);
      } finally {
        lru.forcing = false;
      }
    };
  });
  overrides.replace('memo', (original) => {
    return function memo(this: Lru, key: unknown, options?: Options): unknown {
      return lru.memo(this, original, key, options);
    };
  });
}

function attachRemovals(lru: LruObserver, overrides: Overrides): void {
  overrides.replace('delete', (original) => {
    return function remove(this: Lru, key: unknown): unknown {
      return lru.remove(this, () => original.call(this, key));
    };
  });
  overrides.replace('pop', (original) => {
    return function pop(this: Lru): unknown {
      return lru.remove(this, () => original.call(this));
    };
  });
  overrides.replace('clear', (original) => {
    return function clear(this: Lru): unknown {
      settle(this, lru.tally);
      return lru.remove(this, () => original.call(this));
    };
  });
  overrides.replace('load', (original) => {
    return function load(this: Lru, entries: unknown): unknown {
      const { sets } = lru.tally;
      lru.forgetMiss();
      const result = lru.observer.inside(() => original.call(this, entries));
      if (lru.tally.sets === sets) lru.tally.sets += this.size;
      lru.tally.expected = this.size;
      return result;
    };
  });
}

function state(target: object, tally: Tally): CacheState {
  const cache = target as Lru;
  settle(cache, tally);
  const weighed = cache.maxSize > 0 || cache.maxEntrySize > 0;
  const expired = tally.keySample.expiredRatio((key) => {
    const remaining = cache.getRemainingTTL(key);
    return remaining === 0 ? undefined : remaining < 0;
  });
  return {
    entries: cache.size,
    weight: weighed ? cache.calculatedSize : null,
    capacity: cache.max || cache.maxSize || null,
    config: {
      max: cache.max || null,
      max_size: cache.maxSize || null,
      capacity_unit: cache.max > 0 ? 'entries' : cache.maxSize > 0 ? 'weight' : null,
      ttl_seconds: cache.ttl > 0 ? cache.ttl / 1000 : null,
      ttl_autopurge: cache.ttlAutopurge,
      allow_stale: cache.allowStale,
      update_age_on_get: cache.updateAgeOnGet,
      fetch_method: cache.fetchMethod !== undefined,
    },
    detail: expired === null ? {} : { expired_ratio: expired },
  };
}

export default {
  kind: 'lru-cache',
  matches(cache) {
    return (
      Object.prototype.toString.call(cache) === '[object LRUCache]' &&
      'getRemainingTTL' in cache &&
      'calculatedSize' in cache
    );
  },
  unknown: () => [],
  attach,
  state,
  clear: (cache) => (cache as Lru).clear(),
  remove: (cache, key) => (cache as Lru).delete(key),
  keys: (cache) => (cache as Lru).keys(),
} satisfies CacheAdapter;
