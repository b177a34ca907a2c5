import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { ENOUGH_KEYS, keyspace, policy, redisDocs } from '../redis-facts.ts';

/** Shares of keys that expire between which both sorts are there on purpose. */
const LEAST = 0.1;
const MOST = 0.9;

export default {
  id: 'redis.eviction.mixed-keys',
  about: 'redis',
  help: 'Keys of a cache and keys that stay share a server whose policy is `volatile-*`.',
  source: `${redisDocs.eviction}#eviction-policies`,
  check(facts) {
    const { keys, expires } = keyspace(facts);
    const share = expires / keys;
    if (!policy(facts).startsWith('volatile-') || keys < ENOUGH_KEYS || share < LEAST || share > MOST) return undefined;
    return {
      severity: 'info',
      summary: 'It is a cache and a store at a time.',
      value: `${policy(facts)}, and ${count(expires)} of ${count(keys)} keys expire`,
      reason:
        'Keys that stay take memory from the cache, and a time to live costs memory for every key; two servers, one with allkeys-*, do both better.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
