import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { numberOf } from '../process-facts.ts';

const MANY = 1000;
const SHARE = 0.25;
const commands: Readonly<Record<string, string>> = {
  'lru-cache': 'setInterval(() => cache.purgeStale(), 60_000).unref()',
  'node-cache': 'new NodeCache({ checkperiod: 60 })',
  cacheable: 'new CacheableMemory({ checkInterval: 60_000 })',
};

export default {
  id: 'cache.ttl.unpurged',
  about: 'process',
  help: 'Entries past their time to live stay in memory.',
  source:
    'lru-cache README, "ttlAutopurge" and "purgeStale"; node-cache README, "checkperiod"; the share of 25 %: our own choice',
  check({ kind, stats, config, detail }) {
    const ratio = numberOf(detail.expired_ratio);
    const { entries } = stats;
    if (ratio === null || entries === null || entries < MANY || ratio < SHARE) return undefined;
    if (config.ttl_autopurge === true) return undefined;
    return {
      severity: 'info',
      summary: 'Entries past their time to live stay in memory.',
      value: `about ${percent(ratio)} of ${count(entries)} entries, from a sample of keys`,
      reason:
        'An expired entry is dropped only when it is looked up or pushed out: until then it takes the place of a live one.',
      command: commands[kind] ?? null,
    };
  },
} satisfies ProcessCacheRule;
