import { several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { DEFAULT_LIMIT_BYTES, memcachedDocs, twiceTheLimit } from '../memcached-facts.ts';
import { memcachedSay } from '../server-command.ts';
import { figure, gained, inWindow } from '../server-window.ts';

export default {
  id: 'memcached.limit.default',
  about: 'memcached',
  help: 'It evicts items at the default limit of 64 MiB.',
  source: `${memcachedDocs.manual} -m; memcached.c, settings_init`,
  check(facts) {
    const all = figure(facts, 'evictions') ?? 0;
    if (figure(facts, 'limit_maxbytes') !== DEFAULT_LIMIT_BYTES || all === 0) return undefined;
    const now = gained(facts, 'evictions') ?? 0;
    return {
      severity: now > 0 ? 'warning' : 'info',
      summary: 'It evicts items, and nobody chose its size.',
      value: `limit_maxbytes = 64 MiB, ${now > 0 ? `${several(now, 'eviction')}${inWindow(facts)}` : `${several(all, 'eviction')} since its statistics began`}`,
      reason:
        '64 MiB is the default and seldom what the machine has to give; with -m the limit lasts beyond a restart.',
      command: memcachedSay(facts, `cache_memlimit ${twiceTheLimit(facts)}`),
    };
  },
} satisfies ServerCacheRule;
