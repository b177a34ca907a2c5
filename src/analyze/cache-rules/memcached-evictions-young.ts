import { numberIn } from '../../core/decimal.ts';
import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs, twiceTheLimit } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';
import { gainedInClass, inWindow, slabClasses } from '../server-window.ts';

/** What was used less than a minute ago is likely to be used again. */
const YOUNG_SECONDS = 60;
/** A single eviction may be an accident. */
const ENOUGH_EVICTIONS = 10;

export default {
  id: 'memcached.evictions.young',
  about: 'memcached',
  help: 'Items are evicted seconds after they were used.',
  source: `${memcachedDocs.protocol}, "Item statistics" (evicted_time)`,
  check(facts) {
    const young = slabClasses(facts).flatMap((each) => {
      const seconds = numberIn(each.after.evicted_time);
      const evicted = gainedInClass(facts, each, 'evicted') ?? 0;
      return seconds !== undefined && seconds < YOUNG_SECONDS && evicted >= ENOUGH_EVICTIONS
        ? [{ ...each, seconds, evicted }]
        : [];
    });
    if (young.length === 0) return undefined;
    const evicted = young.reduce((sum, each) => sum + each.evicted, 0);
    const classes = young.map(({ id, seconds }) => `${id} (${count(seconds)} s)`);
    return {
      severity: 'warning',
      summary: 'It evicts what is in use: it is too small.',
      value: `${several(evicted, 'eviction')}${inWindow(facts)}, last used before: class ${classes.join(', ')}`,
      reason: 'The item evicted last had been used seconds before, so it will be asked for again.',
      command: memcachedSay(facts, `cache_memlimit ${twiceTheLimit(facts)}`),
    };
  },
} satisfies ServerCacheRule;
