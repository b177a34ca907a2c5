/** Attaches an adapter to a cache and enters the cache in the registry. */
import { threadId } from 'node:worker_threads';
import type { ConfigValue, ProcessCache } from '../core/cache.ts';
import type { CacheAdapter } from './adapter.ts';
import type { ClearResult } from './clearing.ts';
import { PrefixGroups, type PrefixOf } from './groups.ts';
import { CacheObserver } from './observer.ts';
import { Overrides } from './overrides.ts';
import { addCache, freeName, removeCache, type TrackedCache } from './registry.ts';
import { statsOf } from './stats.ts';
import { Tally } from './tally.ts';

/** On a tracked cache: takes the tracking back. Shared by all copies of codoperf, so that none counts twice. */
const UNTRACK = Symbol.for('codoperf.untrack@1');

/** Whether a cache is tracked, by whichever copy of codoperf. */
export function isTracked(cache: object): boolean {
  return Object.hasOwn(cache, UNTRACK);
}

/** What is known of a cache besides its adapter. */
export interface AttachOptions {
  readonly name: string;
  readonly prefixOf?: PrefixOf | undefined;
  /** Further facts about it. */
  readonly detail?: Readonly<Record<string, ConfigValue>>;
}

/** Counts a cache from now on, unless the registry is full. Throws when its methods cannot be replaced. */
export function attach(cache: object, adapter: CacheAdapter, { name, prefixOf, detail }: AttachOptions): void {
  const groups = prefixOf === undefined ? undefined : new PrefixGroups(prefixOf);
  const tally = new Tally();
  tally.entriesAtStart = adapter.state(cache, tally).entries;
  tally.expected = tally.entriesAtStart ?? 0;
  const entry = trackedCache({ name: freeName(name), adapter, tally, groups, detail }, new WeakRef(cache));
  if (!addCache(entry)) return;
  const overrides = new Overrides(cache);
  try {
    adapter.attach(cache, new CacheObserver(tally, groups), overrides);
  } catch (error) {
    removeCache(entry);
    throw error;
  }
  const undo = (): void => {
    overrides.restore();
    removeCache(entry);
  };
  Object.defineProperty(cache, UNTRACK, { value: undo, configurable: true, enumerable: false });
}

/** Ends to count a cache and puts its own methods back. Whether it was tracked. */
export function untrack(cache: object): boolean {
  if (!isTracked(cache)) return false;
  (cache as { [UNTRACK]: () => void })[UNTRACK]();
  return Reflect.deleteProperty(cache, UNTRACK);
}

/** What an entry of the registry holds: nothing from which the cache is reached. */
interface Held {
  readonly name: string;
  readonly adapter: CacheAdapter;
  readonly tally: Tally;
  readonly groups: PrefixGroups | undefined;
  readonly detail: AttachOptions['detail'];
}

/** An entry of the registry. Its closures see a weak reference only, so that the cache can be collected. */
function trackedCache(held: Held, ref: WeakRef<object>): TrackedCache {
  return {
    name: held.name,
    gone: () => ref.deref() === undefined,
    facts() {
      const cache = ref.deref();
      return cache && factsOf(held, cache);
    },
    clear(prefix, dry) {
      const cache = ref.deref();
      return cache && clear(held, cache, prefix, dry);
    },
  };
}

function factsOf({ name, adapter, tally, groups, detail }: Held, cache: object): ProcessCache {
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
      ...detail,
      ...state.detail,
      entries_at_start: tally.entriesAtStart,
      found_by_has: tally.found,
      ...(tally.loadsSampled ? { loads_sampled: true } : {}),
      ...(tally.refreshes > 0 ? { background_refreshes: tally.refreshes } : {}),
      ...(groups !== undefined && groups.errors > 0 ? { prefix_errors: groups.errors } : {}),
    },
  };
}

async function clear(
  { adapter, tally }: Held,
  cache: object,
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
