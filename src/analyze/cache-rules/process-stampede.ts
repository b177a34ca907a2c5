import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration, meanLoadSeconds } from '../process-facts.ts';

const MANY = 100;
const SHARE = 0.05;
const commands: Readonly<Record<string, string>> = {
  'lru-cache': 'new LRUCache({ max, fetchMethod: load }) and await cache.fetch(key)',
  'cache-manager': 'await cache.wrap(key, load)',
  cacheable: 'await cache.getOrSet(key, load)',
};

export default {
  id: 'cache.stampede',
  about: 'process',
  help: 'A value is loaded while it is being loaded.',
  source: 'lru-cache README, "fetch"; cacheable README, "Cache Stampede"; 5 % of loads, and 100: our own choice',
  check(cache) {
    const { kind, concurrent_loads: doubled, stats } = cache;
    const all = stats.loads ?? 0;
    if (doubled === null || doubled < MANY || doubled < SHARE * (all + doubled)) return undefined;
    const mean = meanLoadSeconds(cache);
    const wasted = mean === null ? '' : `, ${duration(mean * doubled)} in vain`;
    return {
      severity: 'warning',
      summary: 'A value is loaded while it is being loaded.',
      value: `${count(doubled)} of ${count(all + doubled)} loads (${percent(doubled / (all + doubled))})${wasted}`,
      reason:
        'When a value in demand goes, every caller loads it at once: the backend gets the load that the cache is there to spare it.',
      command: commands[kind] ?? "memoize(load, { name: '…', max: 1000 }) of codoperf/caches",
    };
  },
} satisfies ProcessCacheRule;
