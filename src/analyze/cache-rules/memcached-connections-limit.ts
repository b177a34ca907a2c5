import { numberIn } from '../../core/decimal.ts';
import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { figure, gained, inWindow } from '../server-window.ts';

const ALMOST = 0.9;

export default {
  id: 'memcached.connections.limit',
  about: 'memcached',
  help: 'It is at its limit of connections, or close to it.',
  source: `${memcachedDocs.maintenance} (listen_disabled_num); ${memcachedDocs.manual} -c`,
  check(facts) {
    const disabled = gained(facts, 'listen_disabled_num') ?? 0;
    const rejected = gained(facts, 'rejected_connections') ?? 0;
    const open = figure(facts, 'curr_connections') ?? 0;
    const limit = numberIn(facts.config.maxconns) ?? figure(facts, 'max_connections');
    const turnedAway = disabled + rejected;
    if (turnedAway === 0 && (limit === undefined || open < ALMOST * limit)) return undefined;
    return {
      severity: turnedAway > 0 ? 'critical' : 'warning',
      summary: turnedAway > 0 ? 'It turns connections away.' : 'It will soon turn connections away.',
      value: `${count(open)} connections${limit === undefined ? '' : ` of ${count(limit)}`}${turnedAway > 0 ? `, limit reached ${several(turnedAway, 'time')}${inWindow(facts)}` : ''}`,
      reason:
        'Programs wait, or take it for dead. Connections should be kept and shared; if they are, raise the limit (-c).',
      command: limit === undefined ? null : `memcached -c ${2 * limit}`,
    };
  },
} satisfies ServerCacheRule;
