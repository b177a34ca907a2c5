import { count, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { missCause, poorHits, redisDocs, suggestedMaxmemory } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { gained, inWindow } from '../server-window.ts';

export default {
  id: 'redis.hits.evicted',
  about: 'redis',
  help: 'Few lookups find their key, and many keys are evicted.',
  source: `${redisDocs.eviction}#using-the-info-command`,
  check(facts) {
    const poor = poorHits(facts);
    if (poor === undefined || missCause(facts, poor.misses) !== 'evicted') return undefined;
    return {
      severity: 'warning',
      summary: 'It is too small for its keys, or its policy evicts the wrong ones.',
      value: `hit ratio ${percent(poor.ratio)}, ${count(gained(facts, 'evicted_keys') ?? 0)} keys evicted for ${count(poor.misses)} misses${inWindow(facts)}`,
      reason: 'What is evicted and asked for again is computed again.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory', suggestedMaxmemory(facts)),
    };
  },
} satisfies ServerCacheRule;
