import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { gained, inWindow } from '../server-window.ts';

/** Bursts of stores do it now and then. */
const SHARE = 0.01;
const ENOUGH_STORED = 1000;

export default {
  id: 'memcached.reclaims.direct',
  about: 'memcached',
  help: 'Requests wait while they look for memory themselves.',
  source: `${memcachedDocs.protocol}, "General-purpose statistics" (direct_reclaims)`,
  check(facts) {
    const direct = gained(facts, 'direct_reclaims') ?? 0;
    const stored = gained(facts, 'total_items') ?? 0;
    if (stored < ENOUGH_STORED || direct < SHARE * stored) return undefined;
    return {
      severity: 'info',
      summary: 'Requests look for memory themselves.',
      value: `${count(direct)} times for ${count(stored)} stores${inWindow(facts)}`,
      reason: 'The background thread does not keep up with the stores, so they wait for evictions.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
