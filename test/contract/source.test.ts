/** The sources in memory keep the contract of all sources. */
import { describe } from 'vitest';
import { bitsOf, isStaleAt } from '../../src/core/stale.ts';
import { seriesFilter } from '../../src/query/matchers.ts';
import { createMemorySource, type MemorySeries } from '../../src/query/memory-source.ts';
import { Ring } from '../../src/store/ring.ts';
import { sourceContract } from './source.ts';

/** A ring reads series together: each of these is read on its own, and a marker is a read without it. */
function ringOf(held: readonly MemorySeries[]): Ring {
  const ring = new Ring({ filter: seriesFilter });
  for (const [i, { labels, timestamps_ms, values }] of held.entries()) {
    const { __name__: name, ...rest } = labels;
    const bits = bitsOf(new Float64Array(values));
    for (let at = 0; at < values.length; at++) {
      const rows = isStaleAt(bits, at) ? [] : [{ name, labels: rest, value: values[at] }];
      ring.addRows(String(i), timestamps_ms[at], rows);
    }
  }
  return ring;
}

describe('memory', () => sourceContract({ make: async (held) => createMemorySource(held), markers: true }));
describe('ring', () => sourceContract({ make: async (held) => ringOf(held), markers: true }));
