import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';

export default {
  id: 'redis.host.no-swap',
  about: 'redis',
  help: 'Its machine has no swap.',
  source: `${redisDocs.admin}#linux`,
  check({ host }) {
    if (host?.swap_bytes !== 0) return undefined;
    return {
      severity: 'info',
      summary: 'Its machine has no swap.',
      value: `SwapTotal = 0, ${bytes(host.memory_bytes ?? 0)} of memory`,
      reason:
        'The documentation asks for as much swap as memory: latency is seen in time, a process that the kernel ended is not.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
