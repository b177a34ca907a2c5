/**
 * What is known about one cache, whoever keeps it: a `Map` in a Node.js process, its module cache, a Redis
 * or a Memcached. Collected in the process or over the server's own protocol, judged by `analyze/cache-rules`,
 * shown by `cache-info`. A figure that is not known is `null`, never 0.
 */

/** The kinds of `--cache-type`. */
export const cacheTypes = ['function', 'module', 'server'] as const;
/** `function`: in the heap of a process; `module`: what `require` and `import` keep; `server`: Redis and Memcached. */
export type CacheType = (typeof cacheTypes)[number];

/** Counters since the cache was tracked (or the server started), and gauges of this moment. */
export interface CacheStats {
  hits: number | null;
  misses: number | null;
  /** Hits that gave a value past its time to live. */
  stale_hits: number | null;
  sets: number | null;
  /** Entries dropped to make room. */
  evictions: number | null;
  /** Entries dropped because their time to live was over. */
  expirations: number | null;
  /** Entries that the program removed. */
  deletes: number | null;
  /** Times a missing value was computed or fetched. */
  loads: number | null;
  load_failures: number | null;
  /** Time spent in loads. */
  load_seconds: number | null;
  /** Entries now. */
  entries: number | null;
  /** Size now in the cache's own unit (`weight_unit`). */
  weight: number | null;
  /** The most it may hold, in the unit of `capacity_unit`; `null` when it has no bound. */
  capacity: number | null;
}

/** Names of the counters among the stats, in the order of the screen. */
export const cacheCounters = [
  'hits',
  'misses',
  'stale_hits',
  'sets',
  'evictions',
  'expirations',
  'deletes',
  'loads',
  'load_failures',
  'load_seconds',
] as const satisfies readonly (keyof CacheStats)[];

/** All stats unknown. */
export function unknownStats(): CacheStats {
  return {
    hits: null,
    misses: null,
    stale_hits: null,
    sets: null,
    evictions: null,
    expirations: null,
    deletes: null,
    loads: null,
    load_failures: null,
    load_seconds: null,
    entries: null,
    weight: null,
    capacity: null,
  };
}

/** A value of a configuration: what JSON can hold. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** Counters of the keys of one group (`prefixOf`); the last group takes what has no place of its own. */
export interface CacheGroup {
  /** What `prefixOf` gave, bounded in length; `(other)` for the overflow. */
  prefix: string;
  hits: number;
  misses: number;
  sets: number;
}

/** One cache inside a process. */
export interface ProcessCache {
  readonly type: 'function' | 'module';
  /** Given by the program; unique within its thread. */
  readonly name: string;
  /** What implements it: `lru-cache`, `map`, `keyv`, `cacheable`, `node-cache`, `cache-manager`, `memoize`, `require`, `compile-cache`. */
  readonly kind: string;
  /** 0 for the main thread. */
  readonly thread: number;
  readonly stats: CacheStats;
  /** Settings that matter for advice: `max`, `ttl_seconds`, `ttl_autopurge`, `clones`, … */
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly groups: readonly CacheGroup[];
  /** Seconds since the first counted operation could happen. */
  readonly observed_seconds: number;
  /** Typical (median) duration of a hit, from samples; `null` when none was taken. */
  readonly hit_seconds: number | null;
  /** Loads that ran while another one for the same key was under way, and those that waited for it instead. */
  readonly concurrent_loads: number | null;
  readonly coalesced_loads: number | null;
  /** Calls of the cache's own methods that threw. */
  readonly errors: number;
  /** Kind-specific figures for people and rules: modules by size, stale directories, … */
  readonly detail: Readonly<Record<string, ConfigValue>>;
}

/** A function wrapped by `measure()`. */
export interface MeasuredFunction {
  readonly name: string;
  readonly thread: number;
  readonly calls: number;
  readonly errors: number;
  /** Wall time of all calls; of promises, until they settle. */
  readonly duration_seconds: number;
  readonly max_seconds: number;
  /** CPU time of the synchronous part, extrapolated from samples; `null` when none was taken. */
  readonly cpu_seconds: number | null;
  /** Growth of the used heap over the synchronous part, extrapolated from samples that no collection disturbed. */
  readonly heap_bytes: number | null;
}

/** What a clear did to one cache. */
export interface ClearedCache {
  readonly name: string;
  readonly pid: number | null;
  readonly entries_before: number | null;
  readonly entries_after: number | null;
  /** Measured, not guessed; `null` when it cannot be known. */
  readonly bytes_freed: number | null;
}

/** Facts about the host that a server runs on, when it is this one. */
export interface ServerHost {
  readonly memory_bytes: number | null;
  readonly swap_bytes: number | null;
  /** Smallest memory limit of the cgroups of the server's process. */
  readonly cgroup_limit_bytes: number | null;
  /** `always`, `madvise` or `never`. */
  readonly transparent_hugepages: string | null;
  readonly overcommit_memory: number | null;
}

/** What a cache server said at one moment: its own names and texts. */
export interface ServerSample {
  /** CLOCK_MONOTONIC seconds of the moment. */
  readonly at: number;
  /** Redis: the fields of `INFO`; Memcached: `stats`. */
  readonly info: Readonly<Record<string, string>>;
  /** Further answers by name (`items`, `slabs`, `commandstats`, `slowlog_len`, …), as maps of texts. */
  readonly more: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Everything the rules of a server may look at. */
export interface ServerFacts {
  readonly kind: 'redis' | 'memcached';
  /** As the user wrote it, without the password: `redis://host:6379/0`, `host:11211`. */
  readonly name: string;
  readonly before: ServerSample;
  readonly after: ServerSample;
  /** Redis: `CONFIG GET *`; Memcached: `stats settings`. Empty when denied. */
  readonly config: Readonly<Record<string, string>>;
  /** Only when the server runs on this machine. */
  readonly host: ServerHost | null;
}

/** What one rule says about one cache. */
export interface CacheAdvice {
  readonly rule_id: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** What is wrong, in one sentence. */
  readonly summary: string;
  /** The value that shows it, with its unit or name. */
  readonly value: string;
  /** Why it matters. */
  readonly reason: string;
  /** Where the threshold or the rule comes from. */
  readonly source: string;
  /** The exact command or setting; `null` when there is none. */
  readonly command: string | null;
}
