import { count, percent } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { boundCode, duration, hitRatio, loadSecondsPerHour } from '../process-facts.ts';

const LOW = 0.8;
const MANY_EVICTIONS = 1000;
/** Misses of values that were there once, as far as evictions can tell. */
const SHARE = 0.5;

export default {
  id: 'cache.too-small',
  about: 'process',
  help: 'A cache evicts what it could be hit for.',
  source:
    'Redis docs, eviction, "Using the INFO command": a low hit ratio with many evictions; a ratio of 80 %: our own choice',
  check(cache) {
    const { kind, stats, config } = cache;
    const { evictions, misses, capacity, hits } = stats;
    const ratio = hitRatio(cache);
    if (ratio === null || ratio >= LOW || hits === 0 || evictions === null || evictions < MANY_EVICTIONS)
      return undefined;
    if (evictions < SHARE * (misses ?? 0) || capacity === null) return undefined;
    const cost = loadSecondsPerHour(cache);
    const loads = cost === null ? '' : `; loads take ${duration(cost)} an hour`;
    const inEntries = config.capacity_unit !== 'weight';
    return {
      severity: 'warning',
      summary: 'The cache evicts what it could be hit for.',
      value: `hit ratio ${percent(ratio)}, ${count(evictions)} evictions for ${count(misses ?? 0)} misses at ${count(capacity)}${loads}`,
      reason:
        'Most misses push another entry out, which is missed later. Double it and look again: where the ratio stays, the keys do not repeat.',
      command: inEntries
        ? boundCode(kind, capacity * 2)
        : `new LRUCache({ maxSize: ${capacity * 2}, sizeCalculation })`,
    };
  },
} satisfies ProcessCacheRule;
