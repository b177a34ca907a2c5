import { TTLCache } from '@isaacs/ttlcache';
import fc from 'fast-check';
import { LRUMap } from 'mnemonist';
import QuickLRU from 'quick-lru';
import { describe, expect, it } from 'vitest';
import { untrack } from '../../src/caches/attach.ts';
import { track } from '../../src/caches/track.ts';
import { factsOf, freshName } from './support.ts';

interface MapLike {
  get(key: unknown): unknown;
  set(key: unknown, value: unknown): unknown;
  has(key: unknown): boolean;
  delete?(key: unknown): unknown;
  clear(): void;
  readonly size: number;
}

const MAX = 4;
/** Any text, half surrogates and long ones too, numbers, and objects. */
const objects = [{}, [], () => 1, Symbol('key'), null, undefined, Number.NaN];
const key: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud800', '\u0000', 'x'.repeat(100_000), '__proto__', 'constructor') },
  { weight: 2, arbitrary: fc.constantFrom(...objects) },
);
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('get' as const, 'has' as const), key }),
  fc.record({ op: fc.constant('set' as const), key, value: fc.constantFrom(1, 'x', undefined, null, 0) }),
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constantFrom('clear' as const, 'size' as const), key }),
);

function apply(cache: MapLike, { op, key: on, ...rest }: { op: string; key: unknown; value?: unknown }): unknown {
  if (op === 'set') return cache.set(on, rest.value) === cache;
  if (op === 'get') return cache.get(on);
  if (op === 'has') return cache.has(on);
  if (op === 'delete') return cache.delete?.(on);
  return op === 'clear' ? cache.clear() : cache.size;
}

describe.each([
  ['Map', () => new Map<unknown, unknown>() as MapLike, 'none'],
  ['quick-lru', () => new QuickLRU<unknown, unknown>({ maxSize: MAX }) as MapLike, 'unknown'],
  ['ttlcache', () => new TTLCache<unknown>({ max: MAX, ttl: 1e6 }) as MapLike, 'exact'],
  ['mnemonist', () => new LRUMap<unknown, unknown>(MAX) as MapLike, 'exact'],
])('%s', (_, make, evictions) => {
  it('is counted as a program would and behaves as an untracked one', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (ops) => {
        const [cache, twin, name] = [make(), make(), freshName()];
        track(cache, { name });
        const expected = { hits: 0, misses: 0, sets: 0, deletes: 0 };
        let added = 0;
        for (const op of ops) {
          const [had, size] = [twin.has(op.key), twin.size];
          const answer = apply(twin, op);
          expect(apply(cache, op)).toEqual(answer);
          if (op.op === 'set') {
            expected.sets++;
            added += had ? 0 : 1;
          } else if (op.op === 'get') expected[had ? 'hits' : 'misses']++;
          else if (op.op === 'has') expected.misses += had ? 0 : 1;
          else if (op.op === 'delete') expected.deletes += twin.delete !== undefined && had ? 1 : 0;
          else if (op.op === 'clear') expected.deletes += size;
        }
        const { stats } = factsOf(name);
        expect(stats).toMatchObject({ ...expected, entries: twin.size });
        const gone = { none: 0, unknown: null, exact: added - expected.deletes - twin.size }[evictions];
        expect(stats.evictions).toBe(gone);
        untrack(cache);
        if (cache instanceof TTLCache) cache.clear();
        if (twin instanceof TTLCache) twin.clear();
      }),
      { numRuns: 300 },
    );
  });
});

it('sees what a ttlcache let go by its timer', async () => {
  const name = freshName();
  const cache = track(new TTLCache<string, number>({ ttl: 5 }), { name });
  cache.set('a', 1);
  cache.set('b', 2);
  await expect.poll(() => factsOf(name).stats.expirations).toBe(2);
  expect(factsOf(name)).toMatchObject({ stats: { entries: 0, deletes: 0 }, config: { ttl_seconds: 0.005 } });
});

it('tracks a WeakMap, whose entries nobody can count', () => {
  const name = freshName();
  const cache = track(new WeakMap<object, number>(), { name });
  const target = {};
  expect(cache.get(target)).toBeUndefined();
  cache.set(target, 1);
  expect(cache.get(target)).toBe(1);
  expect(factsOf(name)).toMatchObject({ stats: { hits: 1, misses: 1, sets: 1, entries: null, capacity: null } });
});
