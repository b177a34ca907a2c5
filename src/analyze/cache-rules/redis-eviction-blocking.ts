import { bytes, count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { keyspace, maxmemory, policy } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

/** A mean above this proves that there are big keys; it is what RedisInsight calls a big string. */
const BIG_BYTES = 100_000;

export default {
  id: 'redis.eviction.blocking',
  about: 'redis',
  help: 'Keys are big, and evicting one holds up everything.',
  source: 'redis.conf, lazyfree-lazy-eviction; that it matters for big keys is our inference',
  check(facts) {
    const { keys } = keyspace(facts);
    const mean = (figure(facts, 'used_memory_dataset') ?? 0) / keys;
    if (keys === 0 || mean <= BIG_BYTES || facts.config['lazyfree-lazy-eviction'] !== 'no') return undefined;
    if (maxmemory(facts) === 0 || policy(facts) === 'noeviction') return undefined;
    return {
      severity: 'info',
      summary: 'Evicting a big key holds up everything.',
      value: `lazyfree-lazy-eviction = no, ${count(keys)} keys of ${bytes(mean)} each`,
      reason: 'Their memory is freed in the thread that runs the commands, unless a thread of its own may do it.',
      command: redisCli(facts, 'CONFIG', 'SET', 'lazyfree-lazy-eviction', 'yes'),
    };
  },
} satisfies ServerCacheRule;
