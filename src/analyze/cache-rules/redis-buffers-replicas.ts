import { bytes, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { WORTH_BYTES, isTelling, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.buffers.replicas',
  about: 'redis',
  help: 'Replicas take more than 10 MiB for their buffers.',
  source: redisDocs.doctor,
  check(facts) {
    const [all, replicas] = [figure(facts, 'mem_clients_slaves') ?? 0, figure(facts, 'connected_slaves') ?? 0];
    if (!isTelling(facts) || replicas === 0 || all <= WORTH_BYTES) return undefined;
    return {
      severity: 'warning',
      summary: 'Buffers of replicas take much memory.',
      value: `${bytes(all)} for ${several(replicas, 'replica')}`,
      reason: 'A replica does not keep up: it is slow, or the network is.',
      command: redisCli(facts, 'INFO', 'replication'),
    };
  },
} satisfies ServerCacheRule;
