import { bytes, count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { keyspace, redisDocs } from '../redis-facts.ts';
import { figure } from '../server-window.ts';

const MANY = 1_000_000;

export default {
  id: 'redis.keys.many',
  about: 'redis',
  help: 'There are so many keys that their names and overhead matter.',
  source: `${redisDocs.insight} (useSmallerKeys); ${redisDocs.memory}#using-hashes-to-abstract-a-very-memory-efficient-plain-key-value-store-on-top-of-redis`,
  check(facts) {
    const { keys } = keyspace(facts);
    const overhead = figure(facts, 'used_memory_overhead');
    if (keys <= MANY) return undefined;
    return {
      severity: 'info',
      summary: 'With so many keys their names and overhead take much of the memory.',
      value: `${count(keys)} keys${overhead === undefined ? '' : `, ${bytes(overhead)} of overhead`}`,
      reason: 'Shorter names, and small values put together in hashes, take a fraction of it.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
