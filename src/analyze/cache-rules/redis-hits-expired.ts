import { count, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { missCause, poorHits, redisDocs } from '../redis-facts.ts';
import { gained, inWindow } from '../server-window.ts';

export default {
  id: 'redis.hits.expired',
  about: 'redis',
  help: 'Few lookups find their key, few keys are evicted and many expire.',
  source: `${redisDocs.eviction}#using-the-info-command`,
  check(facts) {
    const poor = poorHits(facts);
    if (poor === undefined || missCause(facts, poor.misses) !== 'expired') return undefined;
    return {
      severity: 'warning',
      summary: 'Keys expire before they are asked for again.',
      value: `hit ratio ${percent(poor.ratio)}, ${count(gained(facts, 'expired_keys') ?? 0)} keys expired for ${count(poor.misses)} misses${inWindow(facts)}`,
      reason:
        'Their time to live is shorter than the time between two uses, or the wrong keys have one: make it longer in the programs.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
