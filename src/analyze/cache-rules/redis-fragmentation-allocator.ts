import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { isLarge, isTelling, redisDocs, usesJemalloc } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.fragmentation.allocator',
  about: 'redis',
  help: 'The allocator holds much memory in pages that are only partly used.',
  source: `${redisDocs.doctor}; redis.conf, activedefrag`,
  check(facts) {
    if (!isTelling(facts) || !isLarge(facts, 'allocator_frag_ratio', 'allocator_frag_bytes', 1.1)) return undefined;
    if (facts.config.activedefrag === 'yes') return undefined;
    const jemalloc = usesJemalloc(facts);
    return {
      severity: 'warning',
      summary: 'Much of its memory is in pages that are only partly used.',
      value: `allocator_frag_ratio = ${figure(facts, 'allocator_frag_ratio')}, ${bytes(figure(facts, 'allocator_frag_bytes') ?? 0)}`,
      reason:
        'Keys of other sizes came and went. Redis can move values together while it runs (packages built with the system’s jemalloc, as Debian’s, refuse it: there a restart helps).',
      command: jemalloc ? redisCli(facts, 'CONFIG', 'SET', 'activedefrag', 'yes') : null,
    };
  },
} satisfies ServerCacheRule;
