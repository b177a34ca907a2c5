import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { isLarge, isPastPeak, isTelling, redisDocs, usesJemalloc } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.fragmentation.total',
  about: 'redis',
  help: 'Resident memory is much more than what is used, and no single cause stands out.',
  source: redisDocs.doctor,
  check(facts) {
    if (!isTelling(facts) || isPastPeak(facts)) return undefined;
    if (!isLarge(facts, 'mem_fragmentation_ratio', 'mem_fragmentation_bytes', 1.4)) return undefined;
    // Rules of their own say which part of it is large.
    const parts = [
      ['allocator_frag_ratio', 'allocator_frag_bytes'],
      ['allocator_rss_ratio', 'allocator_rss_bytes'],
      ['rss_overhead_ratio', 'rss_overhead_bytes'],
    ];
    if (parts.some(([ratio, size]) => isLarge(facts, ratio, size, 1.1))) return undefined;
    const jemalloc = usesJemalloc(facts);
    return {
      severity: 'warning',
      summary: 'It takes much more memory of its machine than it uses.',
      value: `mem_fragmentation_ratio = ${figure(facts, 'mem_fragmentation_ratio')}, ${bytes(figure(facts, 'mem_fragmentation_bytes') ?? 0)} more`,
      reason: jemalloc
        ? 'Free memory lies scattered between keys; jemalloc gives back what it can when asked.'
        : 'Free memory lies scattered between keys; with jemalloc there would be less of it.',
      command: jemalloc ? redisCli(facts, 'MEMORY', 'PURGE') : null,
    };
  },
} satisfies ServerCacheRule;
