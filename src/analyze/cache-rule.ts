/**
 * What a rule about caches is: one file in `analyze/cache-rules/` whose default export looks at the facts of one cache
 * and says what is wrong with it, or nothing. What the facts cannot tell is no advice. The registry is generated.
 */
import type { CacheAdvice, ProcessCache, ServerFacts } from '../core/cache.ts';

interface RuleHead {
  /** Stable identifier: `redis.maxmemory.unset`, `memcached.evictions.young`, `cache.unbounded`. */
  readonly id: string;
  /** What it looks for, in one sentence, for the generated reference. */
  readonly help: string;
  /** Where the rule and its threshold come from. */
  readonly source: string;
}

/** What a rule found; the head of the rule completes it to an advice. */
export type CacheProblem = Omit<CacheAdvice, 'rule_id' | 'source'>;

/** A rule about caches in a process. */
export interface ProcessCacheRule extends RuleHead {
  readonly about: 'process';
  check(cache: ProcessCache): CacheProblem | undefined;
}

/** A rule about a server. */
export interface ServerCacheRule extends RuleHead {
  readonly about: 'redis' | 'memcached';
  check(facts: ServerFacts): CacheProblem | undefined;
}

/** The default export of a file in `analyze/cache-rules/`. */
export type CacheRule = ProcessCacheRule | ServerCacheRule;
