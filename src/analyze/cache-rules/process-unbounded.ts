import { count } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { boundCode, numberOf, roundUp } from '../process-facts.ts';

const MANY = 10_000;
/** What leaves, against what came: below it, the cache grows with time and not with use. */
const LEAVING = 0.1;

export default {
  id: 'cache.unbounded',
  about: 'process',
  help: 'A cache has no bound and grows.',
  source:
    'lru-cache README, option max ("unbounded memory consumption"); node-lru-cache #344, metabase PR #75967: unbounded caches that ended in out of memory; from 10,000 entries on: our own choice',
  check({ type, kind, stats, config, detail, observed_seconds }) {
    const { entries, capacity } = stats;
    if (type !== 'function' || capacity !== null || entries === null || entries < MANY) return undefined;
    const grown = entries - (numberOf(detail.entries_at_start) ?? 0);
    const left = (stats.evictions ?? 0) + (stats.expirations ?? 0) + (stats.deletes ?? 0);
    if (grown < MANY / 2 || left > LEAVING * (grown + left)) return undefined;
    const ttl = numberOf(config.ttl_seconds) === null ? 'no time to live' : 'a time to live';
    return {
      severity: 'warning',
      summary: 'The cache has no bound and grows.',
      value: `${count(entries)} entries, ${count(grown)} more in ${count(observed_seconds / 60)} min, ${count(left)} left; ${ttl}`,
      reason: 'Without a bound it ends when the heap does, and every collection has to walk through it until then.',
      command: boundCode(kind, roundUp(entries)),
    };
  },
} satisfies ProcessCacheRule;
