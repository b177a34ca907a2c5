import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { maxmemory, redisDocs, suggestedMaxmemory } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.maxmemory.unset',
  about: 'redis',
  help: 'No limit of memory is set.',
  source: `${redisDocs.eviction}#maxmemory`,
  check(facts) {
    // A 32-bit server has a limit of 3 GB of its own.
    if (maxmemory(facts) !== 0 || figure(facts, 'arch_bits') === 32) return undefined;
    return {
      severity: 'warning',
      summary: 'It may take all memory of its machine.',
      value: `maxmemory = 0, ${bytes(figure(facts, 'used_memory') ?? 0)} in use`,
      reason: 'Without a limit nothing is ever evicted, and the kernel ends a process when memory runs out.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory', suggestedMaxmemory(facts)),
    };
  },
} satisfies ServerCacheRule;
