import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration, hitRatio, meanLoadSeconds } from '../process-facts.ts';

export default {
  id: 'cache.loads.cheap',
  about: 'process',
  help: 'A hit takes longer than to compute the value.',
  source:
    'own measurement: a hit costs 0.08 to 0.6 µs in lru-cache, 9 to 14 µs in cacheable and bentocache; the comparison is of this cache',
  check(cache) {
    const mean = meanLoadSeconds(cache);
    const ratio = hitRatio(cache);
    const { hit_seconds } = cache;
    if (mean === null || ratio === null || hit_seconds === null || hit_seconds <= 0 || mean > hit_seconds)
      return undefined;
    return {
      severity: 'warning',
      summary: 'A hit takes longer than to compute the value.',
      value: `${duration(hit_seconds)} a hit, ${duration(mean)} a load (${count(cache.stats.loads ?? 0)} loads), hit ratio ${percent(ratio)}`,
      reason:
        'The cache costs more than what it saves, in time and in memory: call the function, or take a cache with a faster hit.',
      command: null,
    };
  },
} satisfies ProcessCacheRule;
