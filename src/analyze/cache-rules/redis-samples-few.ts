import { numberIn } from '../../core/decimal.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { maxmemory, policy, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

const DEFAULT_SAMPLES = 5;

export default {
  id: 'redis.samples.few',
  about: 'redis',
  help: 'Evictions choose among fewer keys than the default.',
  source: `${redisDocs.eviction}#apx-lru`,
  check(facts) {
    const samples = numberIn(facts.config['maxmemory-samples']);
    if (samples === undefined || samples >= DEFAULT_SAMPLES) return undefined;
    if (!/-(lru|lfu|lrm|ttl)$/.test(policy(facts)) || maxmemory(facts) === 0) return undefined;
    return {
      severity: 'info',
      summary: 'Evictions are a bad guess at what is used least.',
      value: `maxmemory-samples = ${samples}`,
      reason: 'Of so few keys one that is in use is often the oldest; 5 is the default, 10 is close to true LRU.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory-samples', String(DEFAULT_SAMPLES)),
    };
  },
} satisfies ServerCacheRule;
