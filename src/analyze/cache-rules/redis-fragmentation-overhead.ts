import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { isLarge, isTelling, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.fragmentation.overhead',
  about: 'redis',
  help: 'Much resident memory is outside of the allocator: scripts, modules, stacks.',
  source: redisDocs.doctor,
  check(facts) {
    if (!isTelling(facts) || !isLarge(facts, 'rss_overhead_ratio', 'rss_overhead_bytes', 1.1)) return undefined;
    return {
      severity: 'info',
      summary: 'Much of its memory is not used for data.',
      value: `rss_overhead_ratio = ${figure(facts, 'rss_overhead_ratio')}, ${bytes(figure(facts, 'rss_overhead_bytes') ?? 0)}`,
      reason: 'Lua scripts, modules or stacks of threads take it.',
      command: redisCli(facts, 'MEMORY', 'DOCTOR'),
    };
  },
} satisfies ServerCacheRule;
