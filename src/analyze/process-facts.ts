/** What the rules about caches in a process ask of the facts. */
import type { ConfigValue, ProcessCache } from '../core/cache.ts';

const SECONDS_PER_HOUR = 3600;

/** Below so many lookups a ratio says little. */
const ENOUGH_LOOKUPS = 1000;

/** Lookups that were counted as hit or miss; 0 when not known. */
export function lookups({ stats }: ProcessCache): number {
  return (stats.hits ?? 0) + (stats.misses ?? 0);
}

/** Share of lookups that gave a value, 0 to 1; `null` below 1000 of them. */
export function hitRatio(cache: ProcessCache): number | null {
  const all = lookups(cache);
  return all < ENOUGH_LOOKUPS ? null : (cache.stats.hits ?? 0) / all;
}

/** Mean duration of a load, seconds; `null` below 100 loads. */
export function meanLoadSeconds({ stats: { loads, load_seconds } }: ProcessCache): number | null {
  return loads === null || load_seconds === null || loads < 100 ? null : load_seconds / loads;
}

/** Time in loads for each hour, seconds; `null` when watched for less than a minute. */
export function loadSecondsPerHour({ stats, observed_seconds }: ProcessCache): number | null {
  if (stats.load_seconds === null || observed_seconds < 60) return null;
  return (stats.load_seconds / observed_seconds) * SECONDS_PER_HOUR;
}

/** A figure of the configuration or of the details; `null` when it is something else. */
export function numberOf(value: ConfigValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** `1.5 µs`, `20 ms`, `3 s`, `2 min`; two digits are enough for a sentence. */
export function duration(seconds: number): string {
  const steps = [
    [1e-6, 1e9, 'ns'],
    [1e-3, 1e6, 'µs'],
    [1, 1e3, 'ms'],
    [120, 1, 's'],
    [Number.POSITIVE_INFINITY, 1 / 60, 'min'],
  ] as const;
  const [, factor, unit] = steps.find(([below]) => seconds < below) ?? steps[4];
  return `${Number((seconds * factor).toPrecision(2))} ${unit}`;
}

/** How a bound of so many entries is set for a kind of cache. */
export function boundCode(kind: string, max: number): string {
  if (kind === 'memoize') return `memoize(fn, { name: '…', max: ${max} })`;
  if (kind === 'cacheable') return `new CacheableMemory({ lruSize: ${max} })`;
  if (kind === 'keyv' || kind === 'cache-manager') {
    return `new Keyv({ store: new KeyvCacheableMemory({ lruSize: ${max} }) })`;
  }
  return `new LRUCache({ max: ${max} })`;
}

/** The next size in 1, 2, 5 steps that is at least `value`. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10);
}
