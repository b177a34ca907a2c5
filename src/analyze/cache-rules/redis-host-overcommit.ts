import type { ServerCacheRule } from '../cache-rule.ts';
import { persistence, redisDocs } from '../redis-facts.ts';
import { figure } from '../server-window.ts';

export default {
  id: 'redis.host.overcommit',
  about: 'redis',
  help: 'The kernel of its machine may refuse the fork that a save or a new replica needs.',
  source: `${redisDocs.admin}#linux; redis/redis src/syscheck.c`,
  check(facts) {
    const overcommit = facts.host?.overcommit_memory ?? null;
    if (overcommit === null || overcommit === 1) return undefined;
    const forks = persistence(facts) !== 'none' || (figure(facts, 'connected_slaves') ?? 0) > 0;
    return {
      severity: forks ? 'warning' : 'info',
      summary: forks ? 'Saves and replication may fail for lack of memory.' : 'A save would fail for lack of memory.',
      value: `vm.overcommit_memory = ${overcommit}`,
      reason: 'A fork shares its memory until it is written to, yet the kernel counts it twice unless this is 1.',
      command: 'sysctl -w vm.overcommit_memory=1',
    };
  },
} satisfies ServerCacheRule;
