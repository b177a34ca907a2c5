import { several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs, twiceTheLimit } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';
import { gained, gainedInClasses, inWindow } from '../server-window.ts';

export default {
  id: 'memcached.stores.refused',
  about: 'memcached',
  help: 'Items are not stored because there is no memory for them.',
  source: `${memcachedDocs.protocol}, "Item statistics" (outofmemory), "General-purpose statistics" (store_no_memory)`,
  check(facts) {
    const refused = Math.max(gainedInClasses(facts, 'outofmemory'), gained(facts, 'store_no_memory') ?? 0);
    if (refused === 0) return undefined;
    return {
      severity: 'critical',
      summary: 'Items are not stored: there is no memory for them.',
      value: `${several(refused, 'store')} refused${inWindow(facts)}, evictions = ${facts.config.evictions ?? 'unknown'}`,
      reason: 'Programs get SERVER_ERROR out of memory, and what they wanted to keep is computed again.',
      command: memcachedSay(facts, `cache_memlimit ${twiceTheLimit(facts)}`),
    };
  },
} satisfies ServerCacheRule;
