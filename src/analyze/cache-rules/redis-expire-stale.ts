import { numberIn } from '../../core/decimal.ts';
import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { keyspace, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure, gained, inWindow } from '../server-window.ts';

/** What the server itself puts up with at the default effort (`active-expire-effort` in redis.conf). */
const TOLERATED_PERCENT = 10;
const ENOUGH_EXPIRING = 1000;
const MOST_EFFORT = 10;

export default {
  id: 'redis.expire.stale',
  about: 'redis',
  help: 'Keys that have expired still take memory.',
  source: `${redisDocs.info} (expired_stale_perc, expired_time_cap_reached_count); redis.conf, active-expire-effort`,
  check(facts) {
    const stale = figure(facts, 'expired_stale_perc') ?? 0;
    const capped = gained(facts, 'expired_time_cap_reached_count') ?? 0;
    if (keyspace(facts).expires < ENOUGH_EXPIRING || stale <= TOLERATED_PERCENT) return undefined;
    const effort = numberIn(facts.config['active-expire-effort']) ?? 1;
    return {
      severity: capped > 0 ? 'warning' : 'info',
      summary: 'Keys that have expired still take memory.',
      value: `about ${count(stale)} % of the keys that expire are dead${capped > 0 ? `, and the search for them ran out of time ${count(capped)} times${inWindow(facts)}` : ''}`,
      reason:
        'Dead keys go when they are looked up, or when the search comes by; more effort frees their memory sooner, for some CPU time.',
      command:
        effort < MOST_EFFORT
          ? redisCli(facts, 'CONFIG', 'SET', 'active-expire-effort', String(Math.min(MOST_EFFORT, effort + 3)))
          : null,
    };
  },
} satisfies ServerCacheRule;
