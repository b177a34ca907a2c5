import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { ENOUGH_KEYS, keyspace, persistence, redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

/** When as good as all keys expire it holds nothing that has to be kept. */
const ALL = 0.95;

export default {
  id: 'redis.persistence.on-cache',
  about: 'redis',
  help: 'What holds nothing but keys that expire is written to disk.',
  source: `${redisDocs.admin}#memory; ${redisDocs.latency}#latency-generated-by-fork`,
  check(facts) {
    const kept = persistence(facts);
    const { keys, expires } = keyspace(facts);
    if (kept === undefined || kept === 'none' || keys < ENOUGH_KEYS || expires < ALL * keys) return undefined;
    const fork = figure(facts, 'latest_fork_usec') ?? 0;
    const setting = kept === 'aof' ? 'appendonly' : 'save';
    return {
      severity: 'info',
      summary: 'A pure cache is written to disk.',
      value: `${setting} = ${facts.config[setting]}, ${count(expires)} of ${count(keys)} keys expire${fork > 0 ? `, the last fork took ${count(fork / 1000)} ms` : ''}`,
      reason: 'A save may need twice the memory, and everything waits while it forks: 9 to 424 ms for each GB.',
      command: redisCli(facts, 'CONFIG', 'SET', setting, kept === 'aof' ? 'no' : ''),
    };
  },
} satisfies ServerCacheRule;
