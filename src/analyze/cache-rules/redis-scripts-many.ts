import { count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure } from '../server-window.ts';

const MANY = 1000;

export default {
  id: 'redis.scripts.many',
  about: 'redis',
  help: 'More than 1000 Lua scripts are kept.',
  source: redisDocs.doctor,
  check(facts) {
    const scripts = figure(facts, 'number_of_cached_scripts') ?? 0;
    if (scripts <= MANY) return undefined;
    return {
      severity: 'warning',
      summary: 'It keeps a great many Lua scripts.',
      value: `${count(scripts)} scripts`,
      reason:
        'A program puts values into the text of its scripts, so that each is another one: they belong into KEYS and ARGV.',
      command: redisCli(facts, 'SCRIPT', 'FLUSH'),
    };
  },
} satisfies ServerCacheRule;
