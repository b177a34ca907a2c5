import { numberIn } from '../../core/decimal.ts';
import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { gainedOf, inWindow } from '../server-window.ts';

export default {
  id: 'redis.slowlog.growing',
  about: 'redis',
  help: 'Slow commands were run between the looks.',
  source: `${redisDocs.latency}#latency-generated-by-slow-commands`,
  check(facts) {
    // The log keeps 128 entries, so its length soon stands still; their numbers go on.
    const slow = gainedOf(facts, ({ more }) => numberIn(more.slowlog?.last_id));
    if (slow === undefined || slow === 0) return undefined;
    const threshold = numberIn(facts.config['slowlog-log-slower-than']) ?? 10_000;
    const last = numberIn(facts.after.more.slowlog?.last_usec) ?? 0;
    return {
      severity: 'warning',
      summary: 'Slow commands hold up every other client.',
      value: `${several(slow, 'command')} above ${count(threshold / 1000)} ms${inWindow(facts)}, the last took ${count(last / 1000)} ms`,
      reason: 'Redis runs one command at a time.',
      command: redisCli(facts, 'SLOWLOG', 'GET', '10'),
    };
  },
} satisfies ServerCacheRule;
