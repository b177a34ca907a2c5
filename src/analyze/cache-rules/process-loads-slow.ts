import { count } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration, loadSecondsPerHour, meanLoadSeconds } from '../process-facts.ts';

const COSTLY_SECONDS = 60;
const VERY_COSTLY_SECONDS = 600;
/** Share of misses that a larger cache or a longer time to live would have spared, at most. */
const SPARED = 0.1;

export default {
  id: 'cache.loads.slow',
  about: 'process',
  help: 'Loads of what was in the cache before take long.',
  source: 'Caffeine, CacheStats.totalLoadTime(): misses weighed by their cost; a minute an hour: our own choice',
  check(cache) {
    const { stats } = cache;
    const mean = meanLoadSeconds(cache);
    const cost = loadSecondsPerHour(cache);
    const misses = stats.misses ?? 0;
    const gone = Math.min(misses, (stats.evictions ?? 0) + (stats.expirations ?? 0));
    if (mean === null || cost === null || misses === 0 || gone < SPARED * misses) return undefined;
    const spared = (cost * gone) / misses;
    if (spared < COSTLY_SECONDS) return undefined;
    return {
      severity: spared >= VERY_COSTLY_SECONDS ? 'warning' : 'info',
      summary: 'Much time goes into loads of what was in the cache before.',
      value: `up to ${duration(spared)} of ${duration(cost)} an hour: ${count(stats.loads ?? 0)} loads of ${duration(mean)}, ${count(gone)} entries evicted or expired`,
      reason: 'Each entry that was dropped and is asked for again costs a load: room or time to live is cheaper.',
      command: null,
    };
  },
} satisfies ProcessCacheRule;
