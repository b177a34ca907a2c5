import { bytes, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { maxmemory, memoryThere, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

/** "If you have 10 GB of free memory, set it to 8 or 9". */
const ROOM = 0.9;
const MIB = 2 ** 20;

export default {
  id: 'redis.maxmemory.above-memory',
  about: 'redis',
  help: 'Its limit is close to, or above, the memory that there is.',
  source: `${redisDocs.admin}#memory`,
  check(facts) {
    const limit = maxmemory(facts);
    const there = memoryThere(facts);
    if (limit === undefined || there === undefined || limit <= ROOM * there.bytes) return undefined;
    return {
      severity: limit > there.bytes ? 'critical' : 'warning',
      summary: 'The kernel would end it before its limit is reached.',
      value: `maxmemory = ${bytes(limit)}, ${percent(limit / there.bytes)} of ${there.of} (${bytes(there.bytes)})`,
      reason: 'Fragmentation, buffers of clients and the copies made while it saves come on top of the limit.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory', `${Math.floor((0.8 * there.bytes) / MIB)}mb`),
    };
  },
} satisfies ServerCacheRule;
