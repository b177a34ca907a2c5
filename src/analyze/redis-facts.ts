/** What several rules about Redis ask of the facts. */
import type { ServerFacts, ServerSample } from '../core/cache.ts';
import { numberIn } from '../core/decimal.ts';
import { figure, gained } from './server-window.ts';

const oss = 'https://redis.io/docs/latest/operate/oss_and_stack/management';

/** Where the rules come from. */
export const redisDocs = {
  eviction: 'https://redis.io/docs/latest/develop/reference/eviction/',
  info: 'https://redis.io/docs/latest/commands/info/',
  admin: `${oss}/admin/`,
  latency: `${oss}/optimization/latency/`,
  memory: `${oss}/optimization/memory-optimization/`,
  doctor: 'redis/redis src/object.c, getMemoryDoctorReport (MEMORY DOCTOR)',
  config: 'https://github.com/redis/redis/blob/unstable/redis.conf',
  insight: 'redis/RedisInsight redisinsight/api/src/constants/recommendations.ts',
} as const;

const MIB = 2 ** 20;
/** MEMORY DOCTOR says nothing about less, and neither do ratios. */
const TELLING_BYTES = 5 * MIB;
/** An absolute amount below which no ratio of memory is worth a word (MEMORY DOCTOR, "10MB"). */
export const WORTH_BYTES = 10 * MIB;
/** Keys below which shares of keys tell nothing. */
export const ENOUGH_KEYS = 100;
/** Lookups below which a ratio of hits tells nothing. */
const ENOUGH_LOOKUPS = 1000;
/** What a cache should reach: below, every fifth request and more does the work it was meant to save. */
const TARGET_RATIO = 0.8;

/** A setting; INFO repeats the two that matter most for those who may not read the configuration. */
function setting({ config, after: { info } }: ServerFacts, name: string): string | undefined {
  const repeated: Readonly<Record<string, string | undefined>> = {
    maxmemory: info.maxmemory,
    'maxmemory-policy': info.maxmemory_policy,
  };
  return config[name] ?? repeated[name];
}

/** Bytes that it may use; 0 is no limit. */
export function maxmemory(facts: ServerFacts): number | undefined {
  return numberIn(setting(facts, 'maxmemory'));
}

/** Its eviction policy: `allkeys-lru`, `noeviction`, … */
export function policy(facts: ServerFacts): string {
  return setting(facts, 'maxmemory-policy') ?? '';
}

/** Keys of all databases, how many of them expire, and how many databases have any. */
export function keyspace({ after: { info } }: ServerFacts): { keys: number; expires: number; databases: number } {
  const sum = { keys: 0, expires: 0, databases: 0 };
  for (const [field, text] of Object.entries(info)) {
    const [, keys, expires] = /^db\d+$/.test(field) ? (/^keys=(\d+),expires=(\d+)/.exec(text) ?? []) : [];
    if (keys === undefined) continue;
    sum.keys += Number(keys);
    sum.expires += Number(expires);
    if (keys !== '0') sum.databases++;
  }
  return sum;
}

/** Whether enough is stored for figures about memory to mean something. */
export function isTelling(facts: ServerFacts): boolean {
  return (figure(facts, 'used_memory') ?? 0) > TELLING_BYTES;
}

/**
 * Whether it held much more than now: then resident memory is what the peak needed, and its ratio to what is used now
 * says nothing about fragmentation. https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/#memory-allocation
 */
export function isPastPeak(facts: ServerFacts): boolean {
  const [used, peak] = [figure(facts, 'used_memory'), figure(facts, 'used_memory_peak')];
  return used !== undefined && peak !== undefined && peak > 1.5 * used;
}

/** Whether a ratio of memory and the bytes behind it are both large. */
export function isLarge(facts: ServerFacts, ratio: string, bytes: string, above: number): boolean {
  return (figure(facts, ratio) ?? 0) > above && (figure(facts, bytes) ?? 0) > WORTH_BYTES;
}

/** Whether its allocator is one that can be asked to give memory back. */
export function usesJemalloc({ after: { info } }: ServerFacts): boolean {
  return (info.mem_allocator ?? '').startsWith('jemalloc');
}

/** Lookups between the looks when they were enough to judge and too few of them hit; `undefined` otherwise. */
export function poorHits(facts: ServerFacts): { hits: number; misses: number; ratio: number } | undefined {
  const [hits, misses] = [gained(facts, 'keyspace_hits'), gained(facts, 'keyspace_misses')];
  if (hits === undefined || misses === undefined || hits + misses < ENOUGH_LOOKUPS) return undefined;
  const ratio = hits / (hits + misses);
  return ratio < TARGET_RATIO ? { hits, misses, ratio } : undefined;
}

/** Why lookups miss, by what was removed for each miss: `evicted`, `expired`, or neither. */
export function missCause(facts: ServerFacts, misses: number): 'evicted' | 'expired' | undefined {
  // One removal for ten misses explains some of them; fewer do not.
  const explains = (field: string): boolean => (gained(facts, field) ?? 0) >= Math.max(1, misses / 10);
  if (explains('evicted_keys')) return 'evicted';
  return explains('expired_keys') ? 'expired' : undefined;
}

/** A counter of one command in a sample: `calls`, `rejected_calls`. */
export function commandCounter({ info }: ServerSample, command: string, name: string): number | undefined {
  return partIn(info[`cmdstat_${command}`], name);
}

/** A number of a text such as `calls=1,usec=5`. */
export function partIn(text: string | undefined, name: string): number | undefined {
  return numberIn(new RegExp(`(?:^|,)${name}=([\\d.]+)`).exec(text ?? '')?.[1]);
}

/** The least of what limits its memory: RAM of its machine, or its cgroup's limit where that is known. */
export function memoryThere(facts: ServerFacts): { bytes: number; of: string } | undefined {
  const ram = facts.host?.memory_bytes ?? figure(facts, 'total_system_memory');
  const limit = facts.host?.cgroup_limit_bytes ?? undefined;
  if (limit !== undefined && (ram === undefined || limit < ram)) return { bytes: limit, of: "its cgroup's limit" };
  return ram === undefined ? undefined : { bytes: ram, of: "the machine's memory" };
}

/** A limit to begin with, as `CONFIG SET maxmemory` takes it: room above the peak, and not all that there is. */
export function suggestedMaxmemory(facts: ServerFacts): string {
  const step = 64 * MIB;
  const wanted = Math.max(2 * step, Math.ceil((1.5 * (figure(facts, 'used_memory_peak') ?? 0)) / step) * step);
  const most = Math.floor((0.8 * (memoryThere(facts)?.bytes ?? Number.POSITIVE_INFINITY)) / MIB) * MIB;
  const mib = Math.min(wanted, most) / MIB;
  return mib % 1024 === 0 ? `${mib / 1024}gb` : `${mib}mb`;
}

/** Whether it writes to disk: snapshots, or the append-only file. */
export function persistence({ config }: ServerFacts): 'aof' | 'rdb' | 'none' | undefined {
  if (config.appendonly === undefined && config.save === undefined) return undefined;
  if (config.appendonly === 'yes') return 'aof';
  return (config.save ?? '') === '' ? 'none' : 'rdb';
}
