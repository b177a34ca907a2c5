import { several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure, gained, inWindow } from '../server-window.ts';

export default {
  id: 'redis.clients.evicted',
  about: 'redis',
  help: 'Clients were disconnected because their buffers took too much memory.',
  source: `${redisDocs.info} (evicted_clients)`,
  check(facts) {
    const all = figure(facts, 'evicted_clients') ?? 0;
    if (all === 0) return undefined;
    const now = gained(facts, 'evicted_clients') ?? 0;
    return {
      severity: now > 0 ? 'warning' : 'info',
      summary: 'Clients are disconnected for the memory of their buffers.',
      value: `${now > 0 ? `${several(now, 'client')}${inWindow(facts)}` : `${several(all, 'client')} since its statistics began`}, maxmemory-clients = ${facts.config['maxmemory-clients'] ?? 'unknown'}`,
      reason: 'They ask for much at a time and read slowly, or the limit is too low for what they do.',
      command: redisCli(facts, 'CLIENT', 'LIST'),
    };
  },
} satisfies ServerCacheRule;
