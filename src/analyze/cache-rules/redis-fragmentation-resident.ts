import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { isLarge, isTelling, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.fragmentation.resident',
  about: 'redis',
  help: 'The allocator keeps much memory that it could give back.',
  source: redisDocs.doctor,
  check(facts) {
    if (!isTelling(facts) || !isLarge(facts, 'allocator_rss_ratio', 'allocator_rss_bytes', 1.1)) return undefined;
    return {
      severity: 'info',
      summary: 'The allocator keeps memory that nothing uses.',
      value: `allocator_rss_ratio = ${figure(facts, 'allocator_rss_ratio')}, ${bytes(figure(facts, 'allocator_rss_bytes') ?? 0)}`,
      reason: 'It is what a peak left behind; other processes of the machine could use it.',
      command: redisCli(facts, 'MEMORY', 'PURGE'),
    };
  },
} satisfies ServerCacheRule;
