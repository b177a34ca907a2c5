/** `Cacheable` (promises, one or two stores) and `CacheableMemory` (at once) of the cacheable family. */
import type { CacheStats } from '../../core/cache.ts';
import type { CacheAdapter, CacheState } from '../adapter.ts';
import type { CacheObserver } from '../observer.ts';
import type { Overrides } from '../overrides.ts';
import type { Tally } from '../tally.ts';

interface Memory {
  readonly size: number;
  readonly lruSize: number;
  readonly useClone: boolean;
  readonly checkInterval: number;
  readonly ttl?: number | string;
  readonly keys: Iterable<string>;
  getStore(key: string): Map<string, { readonly expires?: number }>;
  delete(key: unknown): unknown;
  clear(): unknown;
}

interface Cacheable {
  readonly ttl?: number | string;
  readonly primary: { readonly store?: { readonly store?: Memory }; readonly serialize?: unknown };
  readonly secondary?: object;
  readonly nonBlocking: boolean;
  delete(key: unknown): unknown;
  clear(): unknown;
}

const isMemory = (cache: object): cache is Memory => 'lruSize' in cache && 'useClone' in cache;
const isCacheable = (cache: object): cache is Cacheable => 'primary' in cache && 'takeMany' in cache;
const found = (value: unknown): boolean => value !== undefined;

/** The store in memory behind a `Cacheable`. */
function memoryOf(cache: object): Memory | undefined {
  if (isMemory(cache)) return cache;
  const memory = (cache as Cacheable).primary.store?.store;
  return typeof memory === 'object' && isMemory(memory) ? memory : undefined;
}

function attach(cache: object, observer: CacheObserver, overrides: Overrides): void {
  observer.answersLater = !isMemory(cache);
  for (const name of ['get', 'getRaw']) {
    overrides.replace(name, (original) => {
      return function get(this: unknown, key: unknown, options: unknown): unknown {
        return observer.lookup(key, () => original.call(this, key, options), found);
      };
    });
  }
  for (const name of ['getMany', 'getManyRaw']) {
    overrides.replace(name, (original) => {
      return function getMany(this: unknown, keys: unknown[], options: unknown): unknown {
        return observer.lookups(keys, () => original.call(this, keys, options), found);
      };
    });
  }
  for (const name of ['has', 'hasMany']) {
    overrides.replace(name, (original) => {
      return function has(this: unknown, keys: unknown): unknown {
        return observer.call(
          () => original.call(this, keys),
          (there) => {
            const answers = Array.isArray(there) ? there : [there];
            const asked: unknown[] = Array.isArray(keys) ? keys : [keys];
            for (const [i, key] of asked.entries()) observer.asked(key, answers[i]);
          },
        );
      };
    });
  }
  attachSets(cache, observer, overrides);
  attachRemovals(observer, overrides);
  attachLoads(observer, overrides);
}

function attachSets(cache: object, observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  const sampled = (key: unknown, value: unknown): void => {
    observer.set(key, value);
    if (isMemory(cache)) tally.keySample.add(key);
  };
  overrides.replace('set', (original) => {
    return function set(this: unknown, key: unknown, value: unknown, options: unknown): unknown {
      const before = isMemory(cache) ? cache.size : 0;
      const had = isMemory(cache) && cache.getStore(key as string).has(key as string);
      return observer.call(
        () => original.call(this, key, value, options),
        (stored) => {
          if (stored !== false) sampled(key, value);
          // It makes room by deleting the oldest: one set adds one entry and may drop one.
          if (isMemory(cache)) tally.evictions += Math.max(0, before + (had ? 0 : 1) - cache.size);
        },
      );
    };
  });
  // In memory it calls set() for each, which counts by itself.
  if (isMemory(cache)) return;
  overrides.replace('setMany', (original) => {
    return function setMany(this: unknown, items: { key: unknown }[]): unknown {
      return observer.call(
        () => original.call(this, items),
        (stored) => {
          if (stored !== false) for (const { key } of items) observer.set(key);
        },
      );
    };
  });
}

function attachRemovals(observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  for (const name of ['delete', 'deleteMany', 'clear']) {
    overrides.replace(name, (original) => {
      return function remove(this: object, keys: unknown): unknown {
        const memory = memoryOf(this);
        const before = memory?.size;
        return observer.call(
          () => original.call(this, keys),
          (done) => {
            if (memory !== undefined && before !== undefined) tally.deletes += Math.max(0, before - memory.size);
            else if (name !== 'clear' && done === true) tally.deletes += Array.isArray(keys) ? keys.length : 1;
          },
        );
      };
    });
  }
}

/** `getOrSet` looks up and stores through the counted methods; what it loads is timed here. */
function attachLoads(observer: CacheObserver, overrides: Overrides): void {
  overrides.replace('getOrSet', (original) => {
    return function getOrSet(this: unknown, key: unknown, load: unknown, options: unknown): unknown {
      if (typeof load !== 'function' || typeof key !== 'string') return original.call(this, key, load, options);
      const timed = (...parameters: unknown[]): unknown => observer.load(() => load(...parameters));
      return observer.loadedInside.during([key], () => original.call(this, key, timed, options));
    };
  });
}

function state(cache: object, tally: Tally): CacheState {
  const memory = memoryOf(cache);
  const capacity = memory === undefined || memory.lruSize <= 0 ? null : memory.lruSize;
  const now = Date.now();
  const expired = isMemory(cache)
    ? tally.keySample.expiredRatio((key) => {
        const entry = cache.getStore(String(key)).get(String(key));
        return entry && entry.expires !== undefined && entry.expires < now;
      })
    : null;
  return {
    entries: memory?.size ?? null,
    weight: null,
    capacity,
    config: {
      in_memory: memory !== undefined,
      stores: isCacheable(cache) ? (cache.secondary === undefined ? 1 : 2) : 1,
      max: capacity,
      capacity_unit: capacity === null ? null : 'entries',
      ttl_seconds: secondsOf((cache as Memory).ttl),
      purge_seconds: memory !== undefined && memory.checkInterval > 0 ? memory.checkInterval / 1000 : null,
      clones: memory?.useClone ?? null,
    },
    detail: expired === null ? {} : { expired_ratio: expired },
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, hr: 3600, d: 86_400 };

/** Seconds of a time to live in milliseconds or in the library's short texts: `90s`, `1.5h`. */
function secondsOf(ttl: unknown): number | null {
  if (typeof ttl === 'number') return ttl / 1000;
  const [, count, unit] = /^\s*([\d.]+)\s*([a-z]+)?\s*$/i.exec(typeof ttl === 'string' ? ttl : '') ?? [];
  const seconds = Number(count) * (UNITS[(unit ?? 'ms').toLowerCase()] ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : null;
}

function unknown(cache: object): (keyof CacheStats)[] {
  return isMemory(cache) ? ['expirations'] : ['evictions', 'expirations'];
}

export default {
  kind: 'cacheable',
  matches: (cache) => isMemory(cache) || isCacheable(cache),
  unknown,
  attach,
  state,
  clear: (cache) => (cache as Memory).clear(),
  remove: (cache, key) => (cache as Memory).delete(key),
  keys: (cache) => memoryOf(cache)?.keys,
} satisfies CacheAdapter;
