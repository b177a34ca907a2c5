import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';

export default {
  id: 'memcached.automove.always',
  about: 'memcached',
  help: 'A page is moved at every eviction.',
  source: `${memcachedDocs.protocol}, "Slabs Automove"`,
  check(facts) {
    if (facts.config.slab_automove !== '2') return undefined;
    return {
      severity: 'warning',
      summary: 'A page is moved at every eviction.',
      value: 'slab_automove = 2',
      reason:
        'It is meant to put an imbalance right quickly, and not to run for long: pages move back and forth, with their items lost.',
      command: memcachedSay(facts, 'slabs automove 1'),
    };
  },
} satisfies ServerCacheRule;
