/**
 * The one model of what `cache-info` found. JSON is this object; text and series are views of it. Keys of the
 * schema are always there; `null` means that the value is not known, or that the thing was not asked for.
 */
import type { CacheAdvice, CacheGroup, CacheStats, CacheType, ClearedCache, ConfigValue } from '../core/cache.ts';
import type { Finding } from './finding.ts';
import type { HostFacts, Overhead } from './monitor-report.ts';

/** How a process answered; the names are those of the client, `attached` is one that was brought in for this look. */
export interface ReportedProcess {
  pid: number;
  name: string;
  command: string | null;
  node: string | null;
  state: 'answered' | 'silent' | 'refused' | 'vanished' | 'hostile' | 'denied';
  /** Why it did not answer; `null` when it did. */
  reason: string | null;
  /** Worker threads that did not answer. */
  silent_threads: number[];
}

/** The stats of a cache, with what follows from them. */
export interface ReportedCacheStats extends CacheStats {
  /** Hits of all lookups in the window. */
  hit_ratio: number | null;
  lookups_per_second: number | null;
  evictions_per_second: number | null;
  /** What the ratio and the rates are of: between two looks, or since the cache was tracked. */
  window_seconds: number | null;
  /** Mean time of a load since the cache was tracked. */
  load_mean_seconds: number | null;
  /** Mean time of a hit, from samples. */
  hit_mean_seconds: number | null;
}

/** Keys of one server that begin alike, from a sample. */
export interface ReportedKeyGroup {
  prefix: string;
  sampled: number;
  /** Extrapolated to all keys of the database. */
  keys_estimate: number | null;
  memory_bytes_estimate: number | null;
  without_ttl_ratio: number | null;
  ttl_p50_seconds: number | null;
  ttl_p95_seconds: number | null;
}

/** One cache. */
export interface ReportedCache {
  type: CacheType;
  name: string;
  kind: string;
  /** `null` for a server that another machine may run. */
  pid: number | null;
  /** 0 for the main thread; `null` for a server. */
  thread: number | null;
  /** `null` with `--no-show-stats`. */
  stats: ReportedCacheStats | null;
  config: Record<string, ConfigValue>;
  /** Counters by prefix, where the program groups its keys. */
  groups: CacheGroup[];
  /** Keys of a server by prefix, when they were sampled. */
  key_groups: ReportedKeyGroup[] | null;
  detail: Record<string, ConfigValue>;
  /** What could not be read, and why. */
  notes: string[];
  advice: CacheAdvice[];
}

/** One function wrapped by `measure()`. */
export interface ReportedFunction {
  name: string;
  pid: number;
  thread: number;
  calls: number;
  errors: number;
  duration_seconds: number;
  mean_seconds: number | null;
  max_seconds: number;
  cpu_seconds: number | null;
  heap_bytes: number | null;
}

/** A Node.js process that runs without the agent. */
export interface UnwatchedProcess {
  pid: number;
  name: string;
}

/** What was cleared, or would be. */
export interface ReportedClear extends ClearedCache {
  type: CacheType;
}

/** The result of `cache-info`. */
export interface CacheReport {
  schema: 'codoperf/cache-info@1';
  version: string;
  cache_type: CacheType | 'all';
  host: HostFacts;
  window: {
    start: string;
    end: string;
    duration_seconds: number;
    interval_seconds: number;
    /** Looks that make up the window: 1, or 2 when a server's counters were compared. */
    samples: number;
    missed: number;
    interrupted: boolean;
  };
  processes: ReportedProcess[];
  unwatched: UnwatchedProcess[];
  caches: ReportedCache[];
  functions: ReportedFunction[];
  /** `null` unless `--clear-cache` was given. */
  cleared: ReportedClear[] | null;
  /** What a dry run would clear; `null` unless it was one. */
  would_clear: ReportedClear[] | null;
  /** What could not be told or done, and how to get further. */
  notes: string[];
  findings: Finding[];
  overhead: Overhead;
}

/** Stats with what follows from them: rates over the difference to `before`, or over the whole life without it. */
export function reportedStats(
  stats: CacheStats,
  before: CacheStats | null,
  seconds: number | null,
  hitSeconds: number | null,
): ReportedCacheStats {
  const gained = (name: keyof CacheStats): number | null => {
    const now = stats[name];
    const then = before === null ? 0 : before[name];
    return now === null || then === null || now < then ? null : now - then;
  };
  const hits = gained('hits');
  const misses = gained('misses');
  const lookups = hits === null || misses === null ? null : hits + misses;
  const evictions = gained('evictions');
  const perSecond = (count: number | null): number | null =>
    count === null || seconds === null || seconds <= 0 ? null : count / seconds;
  return {
    ...stats,
    hit_ratio: lookups === null || lookups === 0 ? null : (hits as number) / lookups,
    lookups_per_second: perSecond(lookups),
    evictions_per_second: perSecond(evictions),
    window_seconds: seconds,
    load_mean_seconds: ratio(stats.load_seconds, stats.loads),
    hit_mean_seconds: hitSeconds,
  };
}

function ratio(total: number | null, count: number | null): number | null {
  return total === null || count === null || count === 0 ? null : total / count;
}

/** The advice of all caches as findings: what is only `info` stays with its cache. */
export function findingsOf(caches: readonly ReportedCache[]): Finding[] {
  return caches.flatMap((cache) =>
    cache.advice
      .filter(({ severity }) => severity !== 'info')
      .map(({ rule_id, severity, summary, value, command, reason }) => ({
        rule_id,
        severity,
        resource: 'caches',
        subject: subjectOf(cache),
        summary: `${subjectOf(cache)}: ${summary}`,
        evidence: [{ stat: value, value: null, unit: '', limit: null }],
        recommendation: command ?? reason,
      })),
  );
}

/** How a cache is called in a sentence: `users in 1234`, `redis://127.0.0.1:6379/0`. */
export function subjectOf({
  name,
  pid,
  thread,
  type,
}: Pick<ReportedCache, 'name' | 'pid' | 'thread' | 'type'>): string {
  if (type === 'server' || pid === null) return name;
  return `${name} in ${pid}${thread === null || thread === 0 ? '' : ` (thread ${thread})`}`;
}
