/** Counters by group of keys: bounded in number and in length, and never a whole key. */
import type { CacheGroup } from '../core/cache.ts';

/** Groups of one cache; later prefixes fall into `(other)`. */
const MAX_GROUPS = 50;
const MAX_PREFIX_LENGTH = 64;
const OTHER = '(other)';

/** Says which group a key belongs to; a constant part of the key, such as `user:` of `user:1234`. */
export type PrefixOf = (key: unknown) => string;

/** The counters of the groups of one cache. */
export class PrefixGroups {
  readonly #prefixOf: PrefixOf;
  readonly #groups = new Map<string, CacheGroup>();
  /** Calls of `prefixOf` that threw or gave no text. */
  errors = 0;

  constructor(prefixOf: PrefixOf) {
    this.#prefixOf = prefixOf;
  }

  /** The group of a key. Never throws. */
  of(key: unknown): CacheGroup {
    const prefix = this.#prefix(key);
    return this.#groups.get(prefix) ?? this.#begin(prefix);
  }

  /** All groups, `(other)` last. */
  list(): CacheGroup[] {
    const groups = [...this.#groups.values()].map((group) => ({ ...group }));
    return groups.sort((a, b) => Number(a.prefix === OTHER) - Number(b.prefix === OTHER));
  }

  #prefix(key: unknown): string {
    try {
      const prefix: unknown = this.#prefixOf(key);
      // A group that is a key of its own is what groups are there to avoid.
      if (typeof prefix === 'string' && prefix !== key) return prefix.slice(0, MAX_PREFIX_LENGTH);
      if (typeof prefix !== 'string') this.errors++;
    } catch {
      this.errors++;
    }
    return OTHER;
  }

  #begin(prefix: string): CacheGroup {
    if (prefix !== OTHER && this.#groups.size - Number(this.#groups.has(OTHER)) >= MAX_GROUPS) {
      return this.#groups.get(OTHER) ?? this.#begin(OTHER);
    }
    const group = { prefix, hits: 0, misses: 0, sets: 0 };
    this.#groups.set(prefix, group);
    return group;
  }
}
