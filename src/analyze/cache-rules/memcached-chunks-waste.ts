import { numberIn } from '../../core/decimal.ts';
import { bytes, percent } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { slabClasses } from '../server-window.ts';

/** With the default factor of 1.25 chunks are a tenth larger than items, on average. */
const SHARE = 0.2;
const WORTH_BYTES = 10 * 2 ** 20;

export default {
  id: 'memcached.chunks.waste',
  about: 'memcached',
  help: 'Chunks are much larger than the items in them.',
  source: `${memcachedDocs.protocol}, "Slab statistics" (mem_requested); ${memcachedDocs.manual} -f, -n`,
  check(facts) {
    let taken = 0;
    let needed = 0;
    for (const { after } of slabClasses(facts)) {
      const [used, size, requested] = [after.used_chunks, after.chunk_size, after.mem_requested].map(numberIn);
      // Large items are cut into chunks of another class, which does not count what they need.
      if (used === undefined || size === undefined || requested === undefined || requested > used * size) continue;
      taken += used * size;
      needed += requested;
    }
    const waste = taken - needed;
    if (waste < WORTH_BYTES || waste < SHARE * taken) return undefined;
    const factor = numberIn(facts.config.growth_factor) ?? 1.25;
    return {
      severity: 'info',
      summary: 'Chunks are much larger than the items in them.',
      value: `${bytes(waste)} of ${bytes(taken)} (${percent(waste / taken)}), growth_factor = ${factor}`,
      reason: 'Sizes of chunks grow by a factor (-f) from the smallest (-n, 48 bytes): a smaller one fits better.',
      command: `memcached -f ${factor > 1.1 ? 1.08 : 1.04}`,
    };
  },
} satisfies ServerCacheRule;
