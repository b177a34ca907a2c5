import { bytes, count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { isTelling, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

const LARGE_BYTES = 200 * 1024;

export default {
  id: 'redis.buffers.clients',
  about: 'redis',
  help: 'Clients take more than 200 KiB each for their buffers.',
  source: redisDocs.doctor,
  check(facts) {
    const [all, clients] = [figure(facts, 'mem_clients_normal') ?? 0, figure(facts, 'connected_clients') ?? 0];
    if (!isTelling(facts) || clients === 0 || all / clients <= LARGE_BYTES) return undefined;
    return {
      severity: 'warning',
      summary: 'Buffers of clients take much memory.',
      value: `${bytes(all)} for ${count(clients)} clients`,
      reason:
        'They do not read their answers in time, or ask for very large ones; CLIENT LIST shows whose `omem` is high.',
      command: redisCli(facts, 'CLIENT', 'LIST'),
    };
  },
} satisfies ServerCacheRule;
