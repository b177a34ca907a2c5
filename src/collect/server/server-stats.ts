/** A cache server in the terms that every cache has here: counters, size, bound, settings that matter. */
import type { CacheStats, ConfigValue, ServerFacts } from '../../core/cache.ts';
import { unknownStats } from '../../core/cache.ts';
import { numberIn } from '../../core/decimal.ts';
import { parseParts } from './texts.ts';

type Known = Readonly<Record<string, string>>;

const redisSettings = [
  'maxmemory',
  'maxmemory-policy',
  'maxmemory-samples',
  'maxclients',
  'save',
  'appendonly',
  'appendfsync',
  'activedefrag',
  'active-expire-effort',
  'lazyfree-lazy-eviction',
  'lfu-decay-time',
  'latency-monitor-threshold',
  'slowlog-log-slower-than',
  'databases',
];
/** What INFO repeats of the configuration, for those who may not read it. */
const redisInfoSettings = ['maxmemory', 'maxmemory_policy', 'maxclients'];
const memcachedSettings = [
  'maxbytes',
  'maxconns',
  'evictions',
  'growth_factor',
  'chunk_size',
  'item_size_max',
  'slab_reassign',
  'slab_automove',
  'lru_crawler',
  'lru_segmented',
  'temp_lru',
  'temporary_ttl',
  'cas_enabled',
  'num_threads',
];

/** Counters since its start and gauges of the second look; weight and capacity are bytes. */
export function serverStats({ kind, after: { info } }: ServerFacts): CacheStats {
  return { ...unknownStats(), ...(kind === 'redis' ? redisStats(info) : memcachedStats(info)) };
}

function redisStats(info: Known): Partial<CacheStats> {
  const databases = Object.entries(info).filter(([name]) => /^db\d+$/.test(name));
  const keys = databases.map(([, text]) => numberIn(parseParts(text).keys) ?? 0);
  // INFO lists no database when none has a key; then it still knows the memory.
  const entries = info.used_memory === undefined ? null : keys.reduce((sum, each) => sum + each, 0);
  return {
    hits: known(info.keyspace_hits),
    misses: known(info.keyspace_misses),
    evictions: known(info.evicted_keys),
    expirations: known(info.expired_keys),
    entries,
    weight: known(info.used_memory),
    // 0 is no bound.
    capacity: known(info.maxmemory) || null,
  };
}

function memcachedStats(info: Known): Partial<CacheStats> {
  return {
    hits: known(info.get_hits),
    misses: known(info.get_misses),
    sets: known(info.cmd_set),
    evictions: known(info.evictions),
    deletes: known(info.delete_hits),
    entries: known(info.curr_items),
    weight: known(info.bytes),
    capacity: known(info.limit_maxbytes),
  };
}

function known(text: string | undefined): number | null {
  return numberIn(text) ?? null;
}

/** Settings that matter for advice, with `_` for `-`, and what server it is. */
export function serverConfig({ kind, config, after: { info } }: ServerFacts): Record<string, ConfigValue> {
  const settings: Record<string, ConfigValue> = {
    version: info.valkey_version ?? info.redis_version ?? info.version ?? null,
  };
  if (kind === 'redis') {
    settings.role = info.role ?? null;
    take(settings, info, redisInfoSettings);
  }
  take(settings, config, kind === 'redis' ? redisSettings : memcachedSettings);
  return { ...settings, weight_unit: 'bytes', capacity_unit: 'bytes' };
}

function take(into: Record<string, ConfigValue>, from: Known, names: readonly string[]): void {
  for (const name of names) {
    const text = from[name];
    if (text !== undefined) into[name.replaceAll('-', '_')] = numberIn(text) ?? text;
  }
}
