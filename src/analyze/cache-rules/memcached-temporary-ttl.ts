import { numberIn } from '../../core/decimal.ts';
import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';

const DEFAULT_SECONDS = 61;
/** The queue is for what lives for moments; ten minutes are no moment. */
const LONG_SECONDS = 600;

export default {
  id: 'memcached.temporary-ttl',
  about: 'memcached',
  help: 'Items with a long time to live are kept from being evicted.',
  source: `${memcachedDocs.lru}, "TEMP_LRU"`,
  check(facts) {
    const seconds = numberIn(facts.config.temporary_ttl);
    if (facts.config.temp_lru !== 'yes' || seconds === undefined || seconds <= LONG_SECONDS) return undefined;
    return {
      severity: 'warning',
      summary: 'Items with a long time to live are kept from being evicted.',
      value: `temporary_ttl = ${count(seconds)} s`,
      reason: 'Items with less to live go to a queue from which nothing is evicted: memory can be exhausted by them.',
      command: memcachedSay(facts, `lru temp_ttl ${DEFAULT_SECONDS}`),
    };
  },
} satisfies ServerCacheRule;
