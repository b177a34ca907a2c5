/**
 * What an adapter is: one file in `caches/adapters/` whose default export knows one kind of cache by its shape (no
 * package is imported) and how its methods are counted. Errors, promises and `this` pass through untouched.
 */
import type { CacheStats, ConfigValue } from '../core/cache.ts';
import type { CacheObserver } from './observer.ts';
import type { Overrides } from './overrides.ts';
import type { Tally } from './tally.ts';

/** What a cache says about itself at one moment. */
export interface CacheState {
  readonly entries: number | null;
  readonly weight: number | null;
  readonly capacity: number | null;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly detail?: Readonly<Record<string, ConfigValue>>;
}

/** The default export of a file in `caches/adapters/`. */
export interface CacheAdapter {
  /** As `ProcessCache.kind`. */
  readonly kind: string;
  /** Asked only when no other adapter knows the cache. */
  readonly fallback?: boolean;
  /** Whether this is its kind of cache, by its shape. */
  matches(cache: object): boolean;
  /** Counters that cannot be known of this cache. */
  unknown(cache: object): readonly (keyof CacheStats)[];
  /** Replaces the methods that are counted. */
  attach(cache: object, observer: CacheObserver, overrides: Overrides): void;
  /** Must be cheap for caches of millions, and change nothing; `tally` may be brought up to date. */
  state(cache: object, tally: Tally): CacheState;
  /** Empties the cache. */
  clear(cache: object): unknown;
  /** Removes one key. */
  remove(cache: object, key: unknown): unknown;
  /** Its keys, or `undefined` when it cannot tell them. */
  keys(cache: object): Iterable<unknown> | AsyncIterable<unknown> | undefined;
}
