import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { ENOUGH_KEYS, keyspace, policy, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

/** Below it there is next to nothing to evict. */
const FEW = 0.1;

export default {
  id: 'redis.eviction.volatile-without-expiry',
  about: 'redis',
  help: 'The policy evicts only keys that expire, and hardly any does.',
  source: `${redisDocs.eviction}#eviction-policies`,
  check(facts) {
    const { keys, expires } = keyspace(facts);
    if (!policy(facts).startsWith('volatile-') || keys < ENOUGH_KEYS || expires >= FEW * keys) return undefined;
    return {
      severity: 'warning',
      summary: 'There is next to nothing that it may evict.',
      value: `${policy(facts)}, and ${count(expires)} of ${count(keys)} keys expire`,
      reason:
        'The volatile-* policies behave like noeviction when no key has a time to live: writes fail once it is full.',
      command: redisCli(
        facts,
        'CONFIG',
        'SET',
        'maxmemory-policy',
        policy(facts).replace('volatile-', 'allkeys-').replace('-ttl', '-lru'),
      ),
    };
  },
} satisfies ServerCacheRule;
