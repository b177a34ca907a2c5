import { count, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { commandCounter, missCause, poorHits, redisDocs } from '../redis-facts.ts';
import { gainedOf, inWindow } from '../server-window.ts';

export default {
  id: 'redis.hits.low',
  about: 'redis',
  help: 'Few lookups find their key, and neither evictions nor expiries explain it.',
  source: `${redisDocs.eviction}#using-the-info-command`,
  check(facts) {
    const poor = poorHits(facts);
    if (poor === undefined || missCause(facts, poor.misses) !== undefined) return undefined;
    const exists = gainedOf(facts, (sample) => commandCounter(sample, 'exists', 'calls') ?? 0) ?? 0;
    const also = exists === 0 ? '' : `, ${count(exists)} calls of EXISTS among the lookups`;
    return {
      severity: 'info',
      summary: 'Most of the work that it was meant to save is done all the same.',
      value: `hit ratio ${percent(poor.ratio)}: ${count(poor.misses)} misses${inWindow(facts)}${also}`,
      reason:
        'Programs ask for keys that nobody stored, or that were deleted: EXISTS and reads of keys that are not meant to be there count as misses too.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
