/**
 * The counters of one cache. The registry holds them as long as the cache lives, so nothing here may reach the cache:
 * no value, and no key that is an object.
 */
import { HitTimes } from './hit-times.ts';
import { KeySample } from './key-sample.ts';

/** Counts since the cache was tracked. */
export class Tally {
  hits = 0;
  misses = 0;
  staleHits = 0;
  /** Times that `has` found the key; the `get` that mostly follows is the hit. */
  found = 0;
  sets = 0;
  evictions = 0;
  expirations = 0;
  deletes = 0;
  loads = 0;
  loadFailures = 0;
  loadSeconds = 0;
  /** Loads of a value that was still being loaded, and those that waited instead. */
  concurrentLoads = 0;
  coalescedLoads = 0;
  /** Values fetched anew while the old one was served. */
  refreshes = 0;
  /** Calls of the cache's methods that threw or rejected. */
  errors = 0;
  /** Entries that the counters explain; see `ledger` in the adapter of lru-cache. */
  expected = 0;
  /** Loads are estimates: from some of the misses, not all. */
  loadsSampled = false;
  /** Entries at the time it was tracked. */
  entriesAtStart: number | null = null;
  readonly since = performance.now();
  readonly hitTimes = new HitTimes();
  readonly keySample = new KeySample();
}
