/** What several rules about Memcached ask of the facts. */
import type { ServerFacts } from '../core/cache.ts';
import { figure } from './server-window.ts';

/** Where the rules come from. */
export const memcachedDocs = {
  protocol: 'https://github.com/memcached/memcached/blob/master/doc/protocol.txt',
  manual: 'memcached(1)',
  maintenance: 'https://docs.memcached.org/serverguide/maintenance/ (wiki ServerMaint)',
  lru: 'https://github.com/memcached/memcached/blob/master/doc/new_lru.txt',
} as const;

/** Its default limit (`-m`): 64 MiB. */
export const DEFAULT_LIMIT_BYTES = 64 * 2 ** 20;

/** Twice its limit now, in MiB, as `-m` and `cache_memlimit` take it. */
export function twiceTheLimit(facts: ServerFacts): number {
  return Math.round((2 * (figure(facts, 'limit_maxbytes') ?? DEFAULT_LIMIT_BYTES)) / 2 ** 20);
}
