/**
 * `cache-manager` 6 and 7: an object of closures, whose methods do not call each other. `wrap` runs the program's
 * function for one of the callers of a key; the others wait for it.
 */
import type { CacheStats } from '../../core/cache.ts';
import type { CacheAdapter, CacheState } from '../adapter.ts';
import type { CacheObserver } from '../observer.ts';
import type { Overrides } from '../overrides.ts';
import { boundOf, entriesOf } from '../store-in-memory.ts';

interface Store {
  readonly store?: unknown;
  readonly ttl?: number;
  readonly serialize?: unknown;
  readonly iterator?: (namespace?: string) => AsyncIterable<readonly [unknown, unknown]>;
}

interface CacheManager {
  readonly stores: readonly Store[];
  del(key: unknown): Promise<boolean>;
  clear(): Promise<boolean>;
}

/** The calls of `wrap` for one key that run at the same time. */
interface Wraps {
  calls: number;
  loading: boolean;
}

const found = (value: unknown): boolean => value !== undefined && value !== null;

function attach(target: object, observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  const entries = (): number | null => entriesOf((target as CacheManager).stores[0]?.store);
  observer.answersLater = true;
  overrides.replace('get', (original) => {
    return function get(key: unknown): unknown {
      return observer.lookup(key, () => original(key), found);
    };
  });
  overrides.replace('mget', (original) => {
    return function mget(keys: unknown[]): unknown {
      return observer.lookups(keys, () => original(keys), found);
    };
  });
  overrides.replace('set', (original) => {
    return function set(key: unknown, value: unknown, ttl: unknown): unknown {
      return observer.call(
        () => original(key, value, ttl),
        () => observer.set(key),
      );
    };
  });
  overrides.replace('mset', (original) => {
    return function mset(entries: { key: unknown }[]): unknown {
      return observer.call(
        () => original(entries),
        () => {
          for (const { key } of entries) observer.set(key);
        },
      );
    };
  });
  overrides.replace('wrap', (original) => wrap(original as Wrap, observer));
  for (const name of ['del', 'mdel', 'clear']) {
    overrides.replace(name, (original) => {
      return function remove(keys: unknown): unknown {
        const before = entries();
        return observer.call(
          () => original(keys),
          () => {
            // What was not there is no delete; of a store elsewhere nobody knows.
            if (before !== null) tally.deletes += Math.max(0, before - (entries() ?? before));
            else if (name !== 'clear') tally.deletes += Array.isArray(keys) ? keys.length : 1;
          },
        );
      };
    });
  }
}

type Wrap = (key: unknown, load: unknown, ...more: unknown[]) => Promise<unknown>;

function wrap(original: Wrap, observer: CacheObserver): Wrap {
  const running = new Map<unknown, Wraps>();
  const { tally } = observer;
  return function wrapped(key, load, ...more) {
    if (typeof load !== 'function') return original(key, load, ...more);
    const wraps = running.get(key) ?? { calls: 0, loading: false };
    running.set(key, wraps);
    wraps.calls++;
    let mine: 'none' | 'running' | 'over' = 'none';
    const timed = async (): Promise<unknown> => {
      mine = 'running';
      wraps.loading = true;
      try {
        return await observer.load(() => load());
      } finally {
        mine = 'over';
      }
    };
    const count = (stored: boolean): void => {
      wraps.calls--;
      if (wraps.calls === 0) running.delete(key);
      // It answered while its load still runs: from the cache, which is refreshed behind it.
      if (mine === 'running') tally.refreshes++;
      if (mine === 'over' || (mine === 'none' && wraps.loading)) {
        observer.missLoadedInside(key);
        if (mine === 'none') tally.coalescedLoads++;
        else if (stored) observer.set(key);
      } else observer.hit(key);
    };
    return original(key, timed, ...more).then(
      (value) => {
        count(true);
        return value;
      },
      (error: unknown) => {
        count(false);
        throw error;
      },
    );
  };
}

function state(target: object): CacheState {
  const cache = target as CacheManager;
  const [first] = cache.stores;
  const entries = entriesOf(first?.store);
  return {
    entries,
    weight: null,
    capacity: boundOf(first?.store),
    config: {
      stores: cache.stores.length,
      in_memory: entries !== null,
      max: boundOf(first?.store),
      ttl_seconds: typeof first?.ttl === 'number' ? first.ttl / 1000 : null,
      clones: first === undefined ? null : first.serialize !== undefined,
    },
  };
}

const unknown: readonly (keyof CacheStats)[] = ['evictions', 'expirations'];

export default {
  kind: 'cache-manager',
  matches: (cache) => 'wrap' in cache && 'mget' in cache && 'mdel' in cache && 'stores' in cache,
  unknown: () => unknown,
  attach,
  state,
  clear: (cache) => (cache as CacheManager).clear(),
  remove: (cache, key) => (cache as CacheManager).del(key),
  keys: (cache) => keysOf(cache as CacheManager),
} satisfies CacheAdapter;

function keysOf({ stores }: CacheManager): AsyncIterable<unknown> | undefined {
  const [first] = stores;
  const iterator = first?.iterator;
  if (typeof iterator !== 'function') return undefined;
  return (async function* keys() {
    for await (const [key] of iterator.call(first)) yield key;
  })();
}
