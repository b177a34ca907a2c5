/** Counts what happens to a cache that the program already has. */
import type { CacheAdapter } from './adapter.ts';
import { adapters } from './adapters.gen.ts';
import { attach, isTracked } from './attach.ts';
import type { PrefixOf } from './groups.ts';

/** How a cache is tracked. */
export interface TrackOptions {
  /** How it is called everywhere; one that is taken gets `#2`. */
  name: string;
  /**
   * Says which group a key belongs to, for counters by group: `(key) => key.split(':')[0]`. At most 50 groups of 64
   * characters; what comes later, and a group that is the whole key, is counted under `(other)`.
   */
  prefixOf?(key: string): string;
}

/**
 * Counts hits, misses and the rest of a cache and shows it in `codoperf cache-info`. Gives back the same cache, which
 * works as before. A cache that is tracked already stays as it is.
 *
 * @throws TypeError when the name is missing, or the cache has no `get`, or is frozen.
 */
export function track<C extends object>(cache: C, options: TrackOptions): C {
  if (typeof options?.name !== 'string' || options.name === '') throw new TypeError('track() needs a name');
  const adapter = adapterOf(cache);
  if (adapter === undefined) throw new TypeError('track() knows no cache like this one: it has no get() and set()');
  if (isTracked(cache)) return cache;
  attach(cache, adapter, { name: options.name, prefixOf: options.prefixOf as PrefixOf | undefined });
  return cache;
}

function adapterOf(cache: object): CacheAdapter | undefined {
  if (cache === null || typeof cache !== 'object') return undefined;
  const [fallbacks, own] = [adapters.filter(({ fallback }) => fallback), adapters.filter(({ fallback }) => !fallback)];
  return [...own, ...fallbacks].find((adapter) => adapter.matches(cache));
}
