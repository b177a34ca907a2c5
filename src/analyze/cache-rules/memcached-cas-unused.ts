import { bytes, count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { figure } from '../server-window.ts';

const BYTES_AN_ITEM = 8;
const WORTH_BYTES = 2 ** 20;

export default {
  id: 'memcached.cas.unused',
  about: 'memcached',
  help: 'Every item has a number for check-and-set, which nobody uses.',
  source: `${memcachedDocs.manual} -C`,
  check(facts) {
    const used = ['cas_hits', 'cas_misses', 'cas_badval'].some((field) => figure(facts, field) !== 0);
    const items = figure(facts, 'curr_items') ?? 0;
    if (used || facts.config.cas_enabled !== 'yes' || items * BYTES_AN_ITEM < WORTH_BYTES) return undefined;
    return {
      severity: 'info',
      summary: 'Every item has a number that nobody uses.',
      value: `no cas since its start, ${count(items)} items: ${bytes(items * BYTES_AN_ITEM)}`,
      reason: '-C saves 8 bytes an item, where no program uses cas (nor the numbers of `gets`).',
      command: 'memcached -C',
    };
  },
} satisfies ServerCacheRule;
