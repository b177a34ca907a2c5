import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { hitRatio, lookups, numberOf } from '../process-facts.ts';

const USELESS = 0.01;
const MANY_SETS = 1000;

export default {
  id: 'cache.never-hit',
  about: 'process',
  help: 'A cache that is filled is never hit.',
  source: 'Caffeine, CacheStats.hitRate(); at least 1000 lookups and sets, and a share of 1 %: our own choice',
  check(cache) {
    const ratio = hitRatio(cache);
    const { stats, detail } = cache;
    if (ratio === null || ratio > USELESS || (stats.sets ?? 0) < MANY_SETS) return undefined;
    // A set of what was seen already is asked with has(), and never got from.
    if ((numberOf(detail.found_by_has) ?? 0) > USELESS * lookups(cache)) return undefined;
    return {
      severity: 'warning',
      summary: 'The cache is filled and never hit.',
      value: `${percent(ratio)} of ${count(lookups(cache))} lookups, ${count(stats.sets ?? 0)} sets`,
      reason:
        'It costs memory and time and saves neither: often the key holds something that never comes twice, such as a time or an object.',
      command: null,
    };
  },
} satisfies ProcessCacheRule;
