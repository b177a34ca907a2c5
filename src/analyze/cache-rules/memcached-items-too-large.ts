import { numberIn } from '../../core/decimal.ts';
import { bytes, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { gained, inWindow } from '../server-window.ts';

const DEFAULT_ITEM_BYTES = 2 ** 20;

export default {
  id: 'memcached.items.too-large',
  about: 'memcached',
  help: 'Items are not stored because they are too large.',
  source: `${memcachedDocs.protocol}, "General-purpose statistics" (store_too_large); ${memcachedDocs.manual} -I`,
  check(facts) {
    const refused = gained(facts, 'store_too_large') ?? 0;
    if (refused === 0) return undefined;
    const most = numberIn(facts.config.item_size_max) ?? DEFAULT_ITEM_BYTES;
    return {
      severity: 'warning',
      summary: 'Items are not stored because they are too large.',
      value: `${several(refused, 'store')} refused${inWindow(facts)}, item_size_max = ${bytes(most)}`,
      reason:
        'What is not stored is computed every time. Compress or split it; the limit can be raised, at the price of memory.',
      command: `memcached -I ${Math.round((2 * most) / 2 ** 20)}m`,
    };
  },
} satisfies ServerCacheRule;
