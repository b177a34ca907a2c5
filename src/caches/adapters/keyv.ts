/**
 * `keyv` 5. What it finds expired it deletes by its own `delete`, later and in another turn of the loop: a delete of a
 * key whose lookup is under way is therefore an expiration.
 */
import type { CacheStats } from '../../core/cache.ts';
import type { CacheAdapter, CacheState } from '../adapter.ts';
import type { CacheObserver } from '../observer.ts';
import type { Overrides } from '../overrides.ts';
import { boundOf, entriesOf } from '../store-in-memory.ts';
import { KeysUnderWay } from '../under-way.ts';

interface Keyv {
  readonly ttl?: number;
  readonly store: unknown;
  readonly namespace?: string;
  readonly serialize?: unknown;
  readonly iterator?: (namespace?: string) => AsyncIterable<readonly [unknown, unknown]>;
  clear(): Promise<void>;
  delete(key: unknown): Promise<boolean>;
}

const found = (value: unknown): boolean => value !== undefined && value !== null;

function attach(_: object, observer: CacheObserver, overrides: Overrides): void {
  observer.answersLater = true;
  const reading = new KeysUnderWay();
  for (const name of ['get', 'getRaw']) {
    overrides.replace(name, (original) => {
      return function get(this: unknown, key: unknown, options: unknown): unknown {
        // With a list of keys it only calls getMany().
        if (Array.isArray(key)) return original.call(this, key, options);
        return reading.during([key], () => observer.lookup(key, () => original.call(this, key, options), found));
      };
    });
  }
  for (const name of ['getMany', 'getManyRaw']) {
    overrides.replace(name, (original) => {
      return function getMany(this: unknown, keys: unknown[], options: unknown): unknown {
        return reading.during(keys, () => observer.lookups(keys, () => original.call(this, keys, options), found));
      };
    });
  }
  overrides.replace('has', (original) => {
    return function has(this: unknown, key: unknown): unknown {
      return observer.call(
        () => original.call(this, key),
        (there) => {
          observer.asked(key, there);
        },
      );
    };
  });
  attachWrites(observer, overrides, reading);
}

function attachWrites(observer: CacheObserver, overrides: Overrides, reading: KeysUnderWay): void {
  const { tally } = observer;
  const removed = (key: unknown): void => {
    if (reading.has(key)) tally.expirations++;
    else tally.deletes++;
  };
  overrides.replace('set', (original) => {
    return function set(this: unknown, key: unknown, value: unknown, ttl: unknown): unknown {
      return observer.call(
        () => original.call(this, key, value, ttl),
        (stored) => {
          if (stored !== false) observer.set(key);
        },
      );
    };
  });
  overrides.replace('setMany', (original) => {
    return function setMany(this: unknown, entries: { key: unknown }[]): unknown {
      return observer.call(
        () => original.call(this, entries),
        (stored) => {
          // Some stores answer nothing, one boolean, or one for each.
          for (const [i, { key }] of entries.entries()) {
            if ((Array.isArray(stored) ? stored[i] : stored) !== false) observer.set(key);
          }
        },
      );
    };
  });
  for (const name of ['delete', 'deleteMany']) {
    overrides.replace(name, (original) => {
      return function remove(this: unknown, keys: unknown): unknown {
        return observer.call(
          () => original.call(this, keys),
          (gone) => {
            if (gone === true) for (const key of Array.isArray(keys) ? keys : [keys]) removed(key);
          },
        );
      };
    });
  }
  overrides.replace('clear', (original) => {
    return function clear(this: unknown): unknown {
      const entries = entriesOf((this as Keyv).store);
      return observer.call(
        () => original.call(this),
        () => {
          tally.deletes += entries ?? 0;
        },
      );
    };
  });
}

function state(target: object): CacheState {
  const cache = target as Keyv;
  const entries = entriesOf(cache.store);
  const capacity = boundOf(cache.store);
  return {
    entries,
    weight: null,
    capacity,
    config: {
      store: (cache.store as object | undefined)?.constructor?.name.slice(0, 64) ?? null,
      in_memory: entries !== null,
      max: capacity,
      capacity_unit: capacity === null ? null : 'entries',
      ttl_seconds: typeof cache.ttl === 'number' ? cache.ttl / 1000 : null,
      clones: cache.serialize !== undefined,
    },
  };
}

const unknown: readonly (keyof CacheStats)[] = ['evictions'];

export default {
  kind: 'keyv',
  matches: (cache) =>
    'opts' in cache && 'hooks' in cache && 'getMany' in cache && 'namespace' in cache && 'store' in cache,
  unknown: () => unknown,
  attach,
  state,
  clear: (cache) => (cache as Keyv).clear(),
  remove: (cache, key) => (cache as Keyv).delete(key),
  keys: (cache) => keysOf(cache as Keyv),
} satisfies CacheAdapter;

function keysOf(cache: Keyv): AsyncIterable<unknown> | undefined {
  const { iterator, namespace } = cache;
  if (typeof iterator !== 'function') return undefined;
  return (async function* keys() {
    for await (const [key] of iterator.call(cache, namespace)) yield key;
  })();
}
