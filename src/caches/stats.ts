/** The counters of a tally in the words of the model. */
import { type CacheStats, unknownStats } from '../core/cache.ts';
import type { Tally } from './tally.ts';

/** The counters as stats; loads only once one was seen, as the program may load elsewhere. */
export function statsOf(tally: Tally, unknown: readonly (keyof CacheStats)[]): CacheStats {
  const loads = tally.loads > 0;
  const stats: CacheStats = {
    ...unknownStats(),
    hits: tally.hits,
    misses: tally.misses,
    stale_hits: tally.staleHits,
    sets: tally.sets,
    evictions: tally.evictions,
    expirations: tally.expirations,
    deletes: tally.deletes,
    loads: loads ? tally.loads : null,
    load_failures: loads ? tally.loadFailures : null,
    load_seconds: loads ? tally.loadSeconds : null,
  };
  for (const key of unknown) stats[key] = null;
  return stats;
}
