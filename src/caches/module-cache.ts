/** What `require` and the compile cache of this process hold. */
import type { ProcessCache } from '../core/cache.ts';

/** The module caches of this thread: `require`, and `compile-cache` on Node.js >= 22. */
export function moduleCaches(): ProcessCache[] {
  return [];
}
