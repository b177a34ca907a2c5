import { count, several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { commandCounter, keyspace, redisDocs } from '../redis-facts.ts';
import { gainedOf, inWindow } from '../server-window.ts';

export default {
  id: 'redis.keys-command',
  about: 'redis',
  help: 'Programs call KEYS, which looks at every key while everybody waits.',
  source: `${redisDocs.latency}#latency-generated-by-slow-commands`,
  check(facts) {
    const all = commandCounter(facts.after, 'keys', 'calls') ?? 0;
    if (all === 0) return undefined;
    const now = gainedOf(facts, (sample) => commandCounter(sample, 'keys', 'calls') ?? 0) ?? 0;
    return {
      severity: now > 0 ? 'warning' : 'info',
      summary: 'Programs call KEYS.',
      value: `${now > 0 ? `${several(now, 'call')}${inWindow(facts)}` : `${several(all, 'call')} since its statistics began`}, ${count(keyspace(facts).keys)} keys`,
      reason: 'KEYS looks at every key and holds up every other client; SCAN does the same in small steps.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
