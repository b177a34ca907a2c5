/** `node-cache` 5. Its own methods call each other by name, so that many keys at once are counted one by one. */
import type { CacheAdapter, CacheState } from '../adapter.ts';
import type { CacheObserver } from '../observer.ts';
import type { Overrides } from '../overrides.ts';
import type { Tally } from '../tally.ts';

interface NodeCache {
  readonly options: {
    readonly useClones: boolean;
    readonly stdTTL: number;
    readonly checkperiod: number;
    readonly deleteOnExpire: boolean;
    readonly maxKeys: number;
  };
  readonly data: Readonly<Record<string, { readonly t: number } | undefined>>;
  getStats(): { readonly keys: number; readonly ksize: number; readonly vsize: number };
  keys(): string[];
  del(key: unknown): number;
  flushAll(): void;
  on(event: 'expired', listener: () => void): void;
  removeListener(event: 'expired', listener: () => void): void;
}

/** With its old style of callbacks, methods answer through them; such calls are passed on uncounted. */
const hasCallback = (parameters: readonly unknown[]): boolean => typeof parameters.at(-1) === 'function';

function attach(target: object, observer: CacheObserver, overrides: Overrides): void {
  const cache = target as NodeCache;
  const { tally } = observer;
  let expired = 0;
  // Emitted for each entry found past its time: dropped before, or served once more without `deleteOnExpire`.
  const onExpired = (): void => {
    expired++;
    if (!cache.options.deleteOnExpire) return;
    tally.expirations++;
    tally.deletes--;
  };
  cache.on('expired', onExpired);
  overrides.onRestore(() => cache.removeListener('expired', onExpired));

  overrides.replace('get', (original) => {
    return function get(...parameters: unknown[]): unknown {
      if (hasCallback(parameters)) return original(...parameters);
      const [key] = parameters;
      const before = expired;
      return observer.lookup(
        key,
        () => original(...parameters),
        (value) => {
          if (value !== undefined && expired > before) tally.staleHits++;
          return value !== undefined;
        },
      );
    };
  });
  overrides.replace('mget', (original) => {
    return function mget(...parameters: unknown[]): unknown {
      if (hasCallback(parameters)) return original(...parameters);
      return observer.call(
        () => original(...parameters),
        (found) => {
          for (const key of parameters[0] as string[]) {
            if (Object.hasOwn(found as object, key)) observer.hit(key);
            else observer.miss(key);
          }
        },
      );
    };
  });
  overrides.replace('has', (original) => {
    return function has(...parameters: unknown[]): unknown {
      return observer.call(
        () => original(...parameters),
        (there) => observer.asked(parameters[0], there),
      );
    };
  });
  attachWrites(observer, overrides);
}

function attachWrites(observer: CacheObserver, overrides: Overrides): void {
  const { tally } = observer;
  overrides.replace('set', (original) => {
    return function set(...parameters: unknown[]): unknown {
      return observer.call(
        () => original(...parameters),
        () => {
          observer.set(parameters[0], parameters[1]);
          tally.keySample.add(parameters[0]);
        },
      );
    };
  });
  overrides.replace('del', (original) => {
    return function del(...parameters: unknown[]): unknown {
      // Also called for what expired, inside a lookup: `onExpired` takes it off again.
      try {
        const removed = original(...parameters);
        if (typeof removed === 'number') tally.deletes += removed;
        return removed;
      } catch (error) {
        tally.errors++;
        throw error;
      }
    };
  });
  overrides.replace('flushAll', (original) => {
    return function flushAll(this: NodeCache, ...parameters: unknown[]): unknown {
      const { keys } = this.getStats();
      return observer.call(
        () => original(...parameters),
        () => {
          tally.deletes += keys;
        },
      );
    };
  });
}

function state(target: object, tally: Tally): CacheState {
  const cache = target as NodeCache;
  const { options } = cache;
  const { keys, ksize, vsize } = cache.getStats();
  const now = Date.now();
  const expired = tally.keySample.expiredRatio((key) => {
    const entry = cache.data[key];
    return entry === undefined ? undefined : entry.t !== 0 && entry.t < now;
  });
  return {
    entries: keys,
    // Its own rough estimate of bytes, of keys and values.
    weight: ksize + vsize,
    capacity: options.maxKeys > 0 ? options.maxKeys : null,
    config: {
      max: options.maxKeys > 0 ? options.maxKeys : null,
      capacity_unit: options.maxKeys > 0 ? 'entries' : null,
      weight_unit: 'bytes',
      ttl_seconds: options.stdTTL > 0 ? options.stdTTL : null,
      purge_seconds: options.checkperiod > 0 ? options.checkperiod : null,
      delete_on_expire: options.deleteOnExpire,
      clones: options.useClones,
    },
    detail: expired === null ? {} : { expired_ratio: expired },
  };
}

export default {
  kind: 'node-cache',
  matches(cache) {
    return 'flushAll' in cache && 'getStats' in cache && 'mget' in cache && 'options' in cache && 'data' in cache;
  },
  // It drops nothing to make room: a set beyond `maxKeys` throws.
  unknown: () => [],
  attach,
  state,
  clear: (cache) => (cache as NodeCache).flushAll(),
  remove: (cache, key) => (cache as NodeCache).del(key),
  keys: (cache) => (cache as NodeCache).keys(),
} satisfies CacheAdapter;
