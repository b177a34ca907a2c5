import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { lookups, numberOf } from '../process-facts.ts';

const MANY = 100;
const SHARE = 0.05;

export default {
  id: 'cache.unkeyed',
  about: 'process',
  help: 'Calls of a memoized function have arguments that cannot be keyed.',
  source:
    'codoperf/caches, memoize(): functions, symbols, class instances and cycles have no key; 5 % of calls, and 100: our own choice',
  check(cache) {
    const unkeyed = numberOf(cache.detail.unkeyed_calls) ?? 0;
    const calls = lookups(cache) + unkeyed;
    if (unkeyed < MANY || unkeyed < SHARE * calls) return undefined;
    return {
      severity: 'warning',
      summary: 'Calls are not cached, because their arguments cannot be keyed.',
      value: `${count(unkeyed)} of ${count(calls)} calls (${percent(unkeyed / calls)})`,
      reason:
        'Two objects of a class, functions or symbols that look alike may differ, so that such calls go to the function each time.',
      command: "memoize(fn, { name: '…', key: (user) => user.id })",
    };
  },
} satisfies ProcessCacheRule;
