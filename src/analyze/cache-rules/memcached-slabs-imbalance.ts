import { numberIn } from '../../core/decimal.ts';
import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';
import { gainedInClass, inWindow, slabClasses } from '../server-window.ts';

/** Free pages from which the automatic mover takes one away. */
const FREE_PAGES = 2;

export default {
  id: 'memcached.slabs.imbalance',
  about: 'memcached',
  help: 'One slab class evicts items while another one has free pages, and pages are not moved.',
  source: `${memcachedDocs.protocol}, "Slabs Automove"`,
  check(facts) {
    if (facts.config.slab_automove !== '0') return undefined;
    const classes = slabClasses(facts);
    const evicting = classes.filter((each) => (gainedInClass(facts, each, 'evicted') ?? 0) > 0);
    const idle = classes.filter(({ after }) => {
      const [free, page] = [numberIn(after.free_chunks), numberIn(after.chunks_per_page)];
      return free !== undefined && page !== undefined && free > FREE_PAGES * page;
    });
    if (evicting.length === 0 || idle.length === 0) return undefined;
    const evicted = evicting.reduce((sum, each) => sum + (gainedInClass(facts, each, 'evicted') ?? 0), 0);
    const free = idle.map(
      ({ id, after }) =>
        `${count(Math.floor(Number(after.free_chunks) / Number(after.chunks_per_page)))} in class ${id}`,
    );
    return {
      severity: 'warning',
      summary: 'Items of one size are evicted while memory for others is free.',
      value: `${several(evicted, 'eviction')} in class ${evicting.map(({ id }) => id).join(', ')}${inWindow(facts)}, free pages: ${free.join(', ')}`,
      reason:
        'Memory that was once given to a size of items stays with it unless pages are moved (-o slab_reassign,slab_automove=1).',
      command: memcachedSay(facts, 'slabs automove 1'),
    };
  },
} satisfies ServerCacheRule;
