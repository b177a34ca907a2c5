import fc from 'fast-check';
import NodeCache from 'node-cache';
import { describe, expect, it } from 'vitest';
import { untrack } from '../../src/caches/attach.ts';
import { track } from '../../src/caches/track.ts';
import { factsOf, freshName } from './support.ts';

const key = fc.constantFrom<string | number>('a', 'b', 'c', 'd', 1, 2, '__proto__x', '\ud800', 'x'.repeat(70_000));
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('get' as const, 'has' as const, 'del' as const, 'take' as const), key }),
  fc.record({ op: fc.constantFrom('mget' as const, 'delMany' as const), keys: fc.array(key, { maxLength: 4 }) }),
  fc.record({ op: fc.constant('set' as const), key, value: fc.constantFrom<unknown>(1, 'x', null, 0, { a: 1 }) }),
  fc.record({ op: fc.constantFrom('flushAll' as const, 'mset' as const) }),
);
type Op = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function apply(cache: NodeCache, op: Op): unknown {
  try {
    if (op.op === 'mget') return cache.mget(op.keys);
    if (op.op === 'delMany') return cache.del(op.keys);
    if (op.op === 'set') return cache.set(op.key, op.value);
    if (op.op === 'flushAll') return cache.flushAll();
    if (op.op === 'mset')
      return cache.mset([
        { key: 'a', val: 1 },
        { key: 'z', val: 2 },
      ]);
    return 'key' in op ? cache[op.op](op.key) : undefined;
  } catch (error) {
    return `threw ${(error as Error).name}`;
  }
}

describe('node-cache', () => {
  it('is counted as it counts itself, and behaves as an untracked one', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), fc.boolean(), (ops, bounded) => {
        const options = { checkperiod: 0, ...(bounded ? { maxKeys: 3 } : {}) };
        const [cache, twin, name] = [new NodeCache(options), new NodeCache(options), freshName()];
        track(cache, { name });
        const expected = { hits: 0, misses: 0, sets: 0, deletes: 0, errors: 0 };
        for (const op of ops) {
          const { keys } = twin.getStats();
          const hadKey = op.op === 'has' && twin.has(op.key);
          twin.flushStats();
          // flushStats() forgets the number of keys, too, by which maxKeys is judged.
          twin.getStats().keys = keys;
          const events = { set: 0, del: 0 };
          twin.removeAllListeners();
          twin.on('set', () => events.set++).on('del', () => events.del++);
          const answer = apply(twin, op);
          expect(apply(cache, op)).toEqual(answer);
          const counted = twin.getStats();
          expected.hits += counted.hits;
          expected.misses += counted.misses + (op.op === 'has' && !hadKey ? 1 : 0);
          expected.sets += events.set;
          expected.deletes += op.op === 'flushAll' ? keys : events.del;
          if (answer === 'threw ECACHEFULL' && op.op === 'set') expected.errors++;
        }
        const { stats, errors } = factsOf(name);
        expect({ ...stats, errors }).toMatchObject({
          ...expected,
          entries: twin.keys().length,
          expirations: 0,
          evictions: 0,
        });
        cache.close();
        twin.close();
      }),
      { numRuns: 200 },
    );
  });

  it('tells expired entries from deleted ones, found by a lookup or by its own timer', async () => {
    const name = freshName();
    const cache = track(new NodeCache({ stdTTL: 0.02, checkperiod: 0.05 }), { name });
    cache.mset([
      { key: 'a', val: 1 },
      { key: 'b', val: 2 },
      { key: 'c', val: 3 },
    ]);
    cache.del('c');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(cache.get('a')).toBeUndefined();
    await expect.poll(() => factsOf(name).stats.expirations).toBe(2);
    expect(factsOf(name).stats).toMatchObject({ hits: 0, misses: 1, sets: 3, deletes: 1, entries: 0 });
    untrack(cache);
    expect(cache.listenerCount('expired')).toBe(0);
    cache.close();
  });

  it('tells stale hits where expired entries are kept', async () => {
    const name = freshName();
    const cache = track(new NodeCache({ stdTTL: 0.01, checkperiod: 0, deleteOnExpire: false }), { name });
    cache.set('a', 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(cache.get('a')).toBe(1);
    expect(factsOf(name).stats).toMatchObject({ hits: 1, stale_hits: 1, expirations: 0 });
    cache.close();
  });

  it('leaves a promise that is a value alone', () => {
    const cache = track(new NodeCache({ useClones: false }), { name: freshName() });
    const promise = Promise.resolve(1);
    cache.set('a', promise);
    expect(cache.get('a')).toBe(promise);
    cache.close();
  });
});
