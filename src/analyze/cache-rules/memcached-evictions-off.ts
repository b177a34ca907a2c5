import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';

export default {
  id: 'memcached.evictions.off',
  about: 'memcached',
  help: 'It was started with -M: it gives errors instead of evicting items.',
  source: `${memcachedDocs.manual} -M`,
  check({ config }) {
    if (config.evictions !== 'off') return undefined;
    return {
      severity: 'warning',
      summary: 'Once it is full it refuses items instead of evicting others.',
      value: 'evictions = off',
      reason: 'A cache should drop what is used least: start it without -M.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
