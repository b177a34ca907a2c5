import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { keyspace, maxmemory, persistence, policy, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

/** From here on the next writes will be refused. */
const ALMOST_FULL = 0.95;

export default {
  id: 'redis.eviction.none',
  about: 'redis',
  help: 'The policy is `noeviction`, the default, on what is used as a cache.',
  source: `${redisDocs.eviction}#eviction-policies`,
  check(facts) {
    const limit = maxmemory(facts);
    if (policy(facts) !== 'noeviction' || limit === undefined) return undefined;
    const { keys, expires } = keyspace(facts);
    // An append-only file and keys that stay are a database: it must not lose any.
    if (persistence(facts) === 'aof' && expires < keys / 10) return undefined;
    const used = figure(facts, 'used_memory') ?? 0;
    const full = limit > 0 && used >= ALMOST_FULL * limit;
    return {
      severity: full ? 'critical' : limit > 0 ? 'warning' : 'info',
      summary: full ? 'It is full and refuses writes.' : 'Once it is full it refuses writes instead of evicting keys.',
      value: `maxmemory-policy = noeviction, ${bytes(used)} of ${limit > 0 ? bytes(limit) : 'no limit'}`,
      reason: 'A cache should drop what is used least; allkeys-lru is a good choice when nothing speaks for another.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'),
    };
  },
} satisfies ServerCacheRule;
