import { bytes, count } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { maxmemory, partIn, redisDocs, suggestedMaxmemory } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';
import { figure, gained, gainedOf, inWindow } from '../server-window.ts';

export default {
  id: 'redis.memory.over-limit',
  about: 'redis',
  help: 'It uses more than its limit, or refuses writes because of it.',
  source: `${redisDocs.info} (current_eviction_exceeded_time, errorstats)`,
  check(facts) {
    const limit = maxmemory(facts) ?? 0;
    // The server shows an error when it has happened once.
    const refused = gainedOf(facts, ({ info }) => partIn(info.errorstat_OOM, 'count') ?? 0) ?? 0;
    const exceeded = gained(facts, 'total_eviction_exceeded_time') ?? 0;
    const now = figure(facts, 'current_eviction_exceeded_time') ?? 0;
    if (limit === 0 || (refused === 0 && exceeded === 0 && now === 0)) return undefined;
    const used = bytes(figure(facts, 'used_memory') ?? 0);
    const told =
      refused > 0
        ? `${count(refused)} writes refused${inWindow(facts)}`
        : `over the limit for ${count(Math.max(now, exceeded))} ms`;
    return {
      severity: refused > 0 ? 'critical' : 'warning',
      summary: refused > 0 ? 'It refuses writes: memory is full.' : 'It cannot evict as fast as it is filled.',
      value: `${told}, ${used} of ${bytes(limit)}`,
      reason: 'Programs get OOM errors, or wait while it looks for keys to evict.',
      command: redisCli(facts, 'CONFIG', 'SET', 'maxmemory', suggestedMaxmemory(facts)),
    };
  },
} satisfies ServerCacheRule;
