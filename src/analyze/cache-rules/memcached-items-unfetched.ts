import { count, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { gained, inWindow } from '../server-window.ts';

const ENOUGH_STORED = 1000;
const HALF = 0.5;

export default {
  id: 'memcached.items.unfetched',
  about: 'memcached',
  help: 'Most of what is stored goes without having been fetched once.',
  source: `${memcachedDocs.protocol}, "Item statistics" (evicted_unfetched, expired_unfetched)`,
  check(facts) {
    const stored = gained(facts, 'total_items') ?? 0;
    const unfetched = (gained(facts, 'evicted_unfetched') ?? 0) + (gained(facts, 'expired_unfetched') ?? 0);
    if (stored < ENOUGH_STORED || unfetched < HALF * stored) return undefined;
    return {
      severity: 'info',
      summary: 'Most items are never fetched.',
      value: `${count(unfetched)} items went unfetched for ${count(stored)} stored (${percent(unfetched / stored)})${inWindow(facts)}`,
      reason:
        'Storing them costs time and pushes others out: do not store what is not asked for twice, or keep it longer.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
