import type { ServerCacheRule } from '../cache-rule.ts';
import { policy, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

export default {
  id: 'redis.lfu.decay-off',
  about: 'redis',
  help: 'The policy is LFU, and counters of use never go down.',
  source: `${redisDocs.eviction}#lfu-eviction`,
  check(facts) {
    if (!policy(facts).endsWith('-lfu') || facts.config['lfu-decay-time'] !== '0') return undefined;
    return {
      severity: 'warning',
      summary: 'Keys that were popular once stay for ever.',
      value: `${policy(facts)} with lfu-decay-time = 0`,
      reason: 'Counters of use never go down, so new keys are evicted before they can be used.',
      command: redisCli(facts, 'CONFIG', 'SET', 'lfu-decay-time', '1'),
    };
  },
} satisfies ServerCacheRule;
