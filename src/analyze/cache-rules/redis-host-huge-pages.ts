import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';

export default {
  id: 'redis.host.huge-pages',
  about: 'redis',
  help: 'Its machine uses transparent huge pages for every process.',
  source: `${redisDocs.latency}#latency-induced-by-transparent-huge-pages; redis/redis src/syscheck.c`,
  check({ host, config }) {
    // Since 6.2 it takes itself out of them, unless told not to (`disable-thp no`).
    if (host?.transparent_hugepages !== 'always' || config['disable-thp'] === 'yes') return undefined;
    return {
      severity: 'warning',
      summary: 'Transparent huge pages are on for every process.',
      value: 'transparent_hugepage/enabled = always',
      reason: 'After a fork every write copies 2 MiB instead of 4 KiB: memory and latency go up while it saves.',
      command: 'echo never > /sys/kernel/mm/transparent_hugepage/enabled',
    };
  },
} satisfies ServerCacheRule;
