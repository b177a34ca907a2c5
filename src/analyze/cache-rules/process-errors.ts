import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { lookups } from '../process-facts.ts';

const MANY = 10;
const SHARE = 0.001;

export default {
  id: 'cache.errors',
  about: 'process',
  help: 'Methods of a cache throw or reject.',
  source:
    'node-cache README, error ECACHEFULL; keyv README, throwOnErrors; one of 1000 operations, and 10: our own choice',
  check(cache) {
    const { kind, errors, stats } = cache;
    const operations = lookups(cache) + (stats.sets ?? 0) + errors;
    if (errors < MANY || errors < SHARE * operations) return undefined;
    const full = kind === 'node-cache' && stats.capacity !== null && (stats.entries ?? 0) >= stats.capacity;
    return {
      severity: 'warning',
      summary: full ? 'The cache is full and refuses what comes.' : "The cache's methods throw.",
      value: `${count(errors)} of ${count(operations)} operations (${percent(errors / operations)})`,
      reason: full
        ? '`node-cache` drops nothing to make room: beyond maxKeys every set throws.'
        : 'A cache that fails turns into the error of whoever asked it, unless the caller goes on without.',
      command: full ? `new LRUCache({ max: ${stats.capacity} })` : null,
    };
  },
} satisfies ProcessCacheRule;
