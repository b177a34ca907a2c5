/** What a clear of caches is asked for, and what it answers. */
import type { ClearedCache } from '../core/cache.ts';

/** How a clear of one cache went. */
export type ClearResult =
  | { readonly entries_before: number | null; readonly entries_after: number | null }
  | { readonly refused: string }
  /** Nothing in it has the prefix. */
  | undefined;

/** What to clear: a cache by name (`*`: every one), what begins with a prefix, or both. */
export interface ClearRequest {
  readonly type: 'function' | 'module';
  readonly name?: string;
  readonly prefix?: string;
  /** Tells what would be cleared, and clears nothing. */
  readonly dry: boolean;
}

/** What was cleared or, in a dry run, would be; and what was asked for and not done, in words. */
export interface ClearOutcome {
  readonly caches: ClearedCache[];
  readonly refused: string[];
}
