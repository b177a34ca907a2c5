import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

export default {
  id: 'redis.appendfsync.always',
  about: 'redis',
  help: 'Every write waits for the disk.',
  source: `${redisDocs.latency}#latency-due-to-aof-and-disk-io`,
  check(facts) {
    if (facts.config.appendonly !== 'yes' || facts.config.appendfsync !== 'always') return undefined;
    return {
      severity: 'warning',
      summary: 'Every write waits for the disk.',
      value: 'appendfsync = always',
      reason: 'With everysec at most one second of writes is lost, at a fraction of the latency.',
      command: redisCli(facts, 'CONFIG', 'SET', 'appendfsync', 'everysec'),
    };
  },
} satisfies ServerCacheRule;
