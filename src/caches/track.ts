/** Counts what happens to a cache that the program already has. */
import { threadId } from 'node:worker_threads';
import type { ProcessCache } from '../core/cache.ts';
import type { CacheAdapter } from './adapter.ts';
import { adapters } from './adapters.gen.ts';
import type { ClearResult } from './clearing.ts';
import { PrefixGroups, type PrefixOf } from './groups.ts';
import { CacheObserver } from './observer.ts';
import { Overrides } from './overrides.ts';
import { addCache, freeName, removeCache, type TrackedCache } from './registry.ts';
import { statsOf } from './stats.ts';
import { Tally } from './tally.ts';

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

/** On a tracked cache: takes the tracking back. Shared by all copies of codoperf, so that none counts twice. */
const UNTRACK = Symbol.for('codoperf.untrack@1');

/** Whether a cache is tracked, by whichever copy of codoperf. */
export function isTracked(cache: object): boolean {
  return Object.hasOwn(cache, UNTRACK);
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
  const groups = options.prefixOf === undefined ? undefined : new PrefixGroups(options.prefixOf as PrefixOf);
  const tally = new Tally();
  tally.entriesAtStart = adapter.state(cache, tally).entries;
  tally.expected = tally.entriesAtStart ?? 0;
  const entry = trackedCache(freeName(options.name), adapter, new WeakRef(cache), tally, groups);
  const overrides = new Overrides(cache);
  if (!addCache(entry)) return cache;
  try {
    adapter.attach(cache, new CacheObserver(tally, groups), overrides);
    markTracked(cache, () => {
      overrides.restore();
      removeCache(entry);
    });
  } catch (error) {
    removeCache(entry);
    throw error;
  }
  return cache;
}

function markTracked(cache: object, undo: () => void): void {
  Object.defineProperty(cache, UNTRACK, { value: undo, configurable: true, enumerable: false });
}

/** Ends to count a cache and puts its own methods back. Whether it was tracked. */
export function untrack(cache: object): boolean {
  if (!isTracked(cache)) return false;
  (cache as { [UNTRACK]: () => void })[UNTRACK]();
  return Reflect.deleteProperty(cache, UNTRACK);
}

function adapterOf(cache: object): CacheAdapter | undefined {
  if (cache === null || typeof cache !== 'object') return undefined;
  const [fallbacks, own] = [adapters.filter(({ fallback }) => fallback), adapters.filter(({ fallback }) => !fallback)];
  return [...own, ...fallbacks].find((adapter) => adapter.matches(cache));
}

/** An entry of the registry. Its closures see a weak reference only, so that the cache can be collected. */
function trackedCache(
  name: string,
  adapter: CacheAdapter,
  ref: WeakRef<object>,
  tally: Tally,
  groups: PrefixGroups | undefined,
): TrackedCache {
  return {
    name,
    gone: () => ref.deref() === undefined,
    facts() {
      const cache = ref.deref();
      return cache && factsOf(name, adapter, cache, tally, groups);
    },
    clear(prefix, dry) {
      const cache = ref.deref();
      return cache && clear(adapter, cache, tally, prefix, dry);
    },
  };
}

function factsOf(
  name: string,
  adapter: CacheAdapter,
  cache: object,
  tally: Tally,
  groups: PrefixGroups | undefined,
): ProcessCache {
  const state = adapter.state(cache, tally);
  const stats = statsOf(tally, adapter.unknown(cache));
  return {
    type: 'function',
    name,
    kind: adapter.kind,
    thread: threadId,
    stats: { ...stats, entries: state.entries, weight: state.weight, capacity: state.capacity },
    config: state.config,
    groups: groups?.list() ?? [],
    observed_seconds: (performance.now() - tally.since) / 1000,
    hit_seconds: tally.hitTimes.median(),
    concurrent_loads: tally.loads > 0 ? tally.concurrentLoads : null,
    coalesced_loads: tally.coalescedLoads > 0 ? tally.coalescedLoads : null,
    errors: tally.errors,
    detail: {
      ...state.detail,
      entries_at_start: tally.entriesAtStart,
      ...(tally.loadsSampled ? { loads_sampled: true } : {}),
      ...(tally.refreshes > 0 ? { background_refreshes: tally.refreshes } : {}),
      ...(groups !== undefined && groups.errors > 0 ? { prefix_errors: groups.errors } : {}),
    },
  };
}

async function clear(
  adapter: CacheAdapter,
  cache: object,
  tally: Tally,
  prefix: string | undefined,
  dry: boolean,
): Promise<ClearResult> {
  const entries = (): number | null => adapter.state(cache, tally).entries;
  const entries_before = entries();
  if (prefix === undefined) {
    if (!dry) await adapter.clear(cache);
  } else {
    const keys = adapter.keys(cache);
    if (keys === undefined) return { refused: 'it cannot tell its keys, so nothing can be cleared by prefix' };
    const found = await keysWith(prefix, keys);
    if (found.length === 0) return undefined;
    if (!dry) for (const key of found) await adapter.remove(cache, key);
  }
  return { entries_before, entries_after: dry ? null : entries() };
}

/** Collected before any is removed: not every cache can be changed while it is walked through. */
async function keysWith(prefix: string, keys: Iterable<unknown> | AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  const look = (key: unknown): void => {
    if ((typeof key === 'string' || typeof key === 'number') && String(key).startsWith(prefix)) found.push(key);
  };
  if (Symbol.iterator in keys) for (const key of keys) look(key);
  else for await (const key of keys) look(key);
  return found;
}
