/** A cache that is a server of its own, as `cache-info` works with it: looked at, judged, emptied. */
import type { ClearedCache, ServerHost, ServerSample } from '../../core/cache.ts';

/** How a server is opened. */
export interface ServerOptions {
  /** For the connection, and for each answer. */
  readonly timeoutMs?: number;
}

/** Time for the connection and for each answer, unless told otherwise. */
export const DEFAULT_TIMEOUT_MS = 2000;

/** Keys that begin alike, from a sample. */
export interface KeyGroup {
  /** What stands before the first `:`; `(none)` for keys without one, `(other)` for what has no place of its own. */
  readonly prefix: string;
  readonly sampled: number;
  /** Extrapolated to all keys of the database. */
  readonly keys_estimate: number | null;
  /** Extrapolated likewise, from the memory of the sampled keys. */
  readonly memory_bytes_estimate: number | null;
  /** Share of the sampled keys that never expire. */
  readonly without_ttl_ratio: number | null;
  /** Of those that do; `null` when there is none. */
  readonly ttl_p50_seconds: number | null;
  readonly ttl_p95_seconds: number | null;
}

/** What to empty: everything (of the database in the URL, where there are several), or what begins with a text. */
export type ClearTarget = { readonly all: true } | { readonly prefix: string };

/** One open server. Its methods throw a `CodoperfError` that says what happened, and are called one at a time. */
export interface CacheServer {
  readonly kind: 'redis' | 'memcached';
  /** As the user wrote it, without the password. */
  readonly name: string;
  /** What could not be read, and why. */
  readonly notes: readonly string[];
  /** One look. */
  sample(): Promise<ServerSample>;
  /** The configuration without its secrets; empty, with a note, when it may not be read. */
  config(): Promise<Readonly<Record<string, string>>>;
  /** The machine that it runs on; `null` when that is not this one or cannot be told. */
  host(): ServerHost | null;
  /**
   * Groups at most `limit` keys, found at random, by prefix. Asking for a key counts as a lookup in Redis: take the
   * samples that are compared before.
   */
  sampleKeys(limit: number): Promise<KeyGroup[]>;
  /** Empties it or, with `dry`, says what that would remove. With a prefix the entries are those that begin with it. */
  clear(target: ClearTarget, dry: boolean): Promise<ClearedCache>;
  close(): Promise<void>;
}
