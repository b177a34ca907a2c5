import { percent, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs, twiceTheLimit } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';
import { gained, gainedInClasses, inWindow } from '../server-window.ts';

const ENOUGH_EVICTIONS = 100;
/** Some hot items go with a cache that is full; a tenth of all evictions is no accident. */
const SHARE = 0.1;

export default {
  id: 'memcached.evictions.active',
  about: 'memcached',
  help: 'Items that are used often are evicted.',
  source: `${memcachedDocs.protocol}, "Item statistics" (evicted_active)`,
  check(facts) {
    const evictions = gained(facts, 'evictions') ?? 0;
    const active = Math.max(gained(facts, 'evicted_active') ?? 0, gainedInClasses(facts, 'evicted_active'));
    if (evictions < ENOUGH_EVICTIONS || active < SHARE * evictions) return undefined;
    return {
      severity: 'warning',
      summary: 'Items that are used often are evicted.',
      value: `${several(active, 'active item')} evicted${inWindow(facts)}, ${percent(active / evictions)} of all`,
      reason: 'They were used in the last moments and went all the same: there is no room for the working set.',
      command: memcachedSay(facts, `cache_memlimit ${twiceTheLimit(facts)}`),
    };
  },
} satisfies ServerCacheRule;
