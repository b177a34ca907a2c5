import type { ServerCacheRule } from '../cache-rule.ts';
import { keyspace, redisDocs } from '../redis-facts.ts';

export default {
  id: 'redis.databases.several',
  about: 'redis',
  help: 'More than one logical database has keys.',
  source: `${redisDocs.insight} (avoidLogicalDatabases)`,
  check(facts) {
    const { databases } = keyspace(facts);
    if (databases <= 1) return undefined;
    return {
      severity: 'info',
      summary: 'Several logical databases share one server.',
      value: `${databases} databases with keys`,
      reason:
        'They share memory, limit, policy and statistics: none of them can be sized or judged by itself, and a cluster has only one.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
