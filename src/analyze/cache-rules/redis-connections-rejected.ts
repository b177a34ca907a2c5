import { numberIn } from '../../core/decimal.ts';
import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure, gained, inWindow } from '../server-window.ts';

export default {
  id: 'redis.connections.rejected',
  about: 'redis',
  help: 'Clients were turned away because there were too many.',
  source: `${redisDocs.info} (rejected_connections)`,
  check(facts) {
    const all = figure(facts, 'rejected_connections') ?? 0;
    if (all === 0) return undefined;
    const now = gained(facts, 'rejected_connections') ?? 0;
    const limit = numberIn(facts.config.maxclients) ?? figure(facts, 'maxclients');
    const told =
      now > 0
        ? `${several(now, 'connection')} turned away${inWindow(facts)}`
        : `${several(all, 'connection')} turned away since its statistics began`;
    return {
      severity: now > 0 ? 'critical' : 'info',
      summary: now > 0 ? 'Clients are turned away.' : 'Clients were turned away.',
      value: `${told}, ${count(figure(facts, 'connected_clients') ?? 0)} connected${limit === undefined ? '' : `, maxclients = ${count(limit)}`}`,
      reason: 'Programs open more connections than it takes: more are seldom needed, but the limit can be raised.',
      command: limit === undefined ? null : redisCli(facts, 'CONFIG', 'SET', 'maxclients', String(2 * limit)),
    };
  },
} satisfies ServerCacheRule;
