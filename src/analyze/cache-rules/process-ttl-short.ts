import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration, hitRatio, numberOf } from '../process-facts.ts';

const LOW = 0.8;
const MANY = 1000;
const SHARE = 0.5;

export default {
  id: 'cache.ttl.short',
  about: 'process',
  help: 'Entries expire before they are hit.',
  source:
    'Redis docs, eviction, "Using the INFO command": a low hit ratio, few evictions and many expired keys; a ratio of 80 %: our own choice',
  check(cache) {
    const { stats, config } = cache;
    const { expirations, evictions, misses } = stats;
    const ratio = hitRatio(cache);
    const ttl = numberOf(config.ttl_seconds);
    if (ratio === null || ratio >= LOW || ttl === null || expirations === null || expirations < MANY) return undefined;
    if (expirations < SHARE * (misses ?? 0) || (evictions ?? 0) > expirations / 5) return undefined;
    return {
      severity: 'info',
      summary: 'Entries expire before they are hit.',
      value: `hit ratio ${percent(ratio)}, ${count(expirations)} expired for ${count(misses ?? 0)} misses at a time to live of ${duration(ttl)}`,
      reason:
        'Most misses ask for what was there and had to go. A longer time serves older values: allowed is what the data allows.',
      command: `ttl: ${Math.round(ttl * 2000)}`,
    };
  },
} satisfies ProcessCacheRule;
