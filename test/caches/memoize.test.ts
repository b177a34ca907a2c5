import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { defaultKey } from '../../src/caches/memo-key.ts';
import { memoize } from '../../src/caches/memoize.ts';
import { cacheRegistry } from '../../src/caches/registry.ts';
import { factsOf, freshName } from './support.ts';

describe('memoize', () => {
  it('calls once for equal arguments, and passes `this` on', () => {
    const name = freshName();
    const fn = vi.fn(function scaled(this: { by: number }, { a, b }: { a: number; b: number }) {
      return (a + b) * this.by;
    });
    const memoized = memoize(fn, { name });
    expect(memoized.call({ by: 10 }, { a: 1, b: 2 })).toBe(30);
    expect(memoized.call({ by: 10 }, { b: 2, a: 1 })).toBe(30);
    expect(fn).toHaveBeenCalledTimes(1);
    expect(factsOf(name)).toMatchObject({
      kind: 'memoize',
      stats: { hits: 1, misses: 1, sets: 1, loads: 1, load_failures: 0, entries: 1, capacity: 1000, evictions: 0 },
      config: { max: 1000, ttl_seconds: null },
    });
  });

  it('keeps undefined and null, too', () => {
    const fn = vi.fn((give: 'nothing' | 'null') => (give === 'null' ? null : undefined));
    const memoized = memoize(fn, { name: freshName() });
    for (let i = 0; i < 3; i++) {
      expect(memoized('nothing')).toBeUndefined();
      expect(memoized('null')).toBeNull();
    }
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('lets one of a thousand callers load, and keeps no failure', async () => {
    const name = freshName();
    let calls = 0;
    const memoized = memoize(
      async (id: number) => {
        calls++;
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (calls === 1) throw new Error('down');
        return `user ${id}`;
      },
      { name },
    );
    const failed = await Promise.allSettled(Array.from({ length: 1000 }, () => memoized(7)));
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
    expect(await Promise.all(Array.from({ length: 1000 }, () => memoized(7)))).toEqual(Array(1000).fill('user 7'));
    expect(calls).toBe(2);
    expect(await memoized(7)).toBe('user 7');
    const facts = factsOf(name);
    expect(facts).toMatchObject({
      stats: { hits: 1, misses: 2000, loads: 2, load_failures: 1, entries: 1 },
      coalesced_loads: 1998,
      concurrent_loads: 0,
    });
    expect(facts.stats.load_seconds).toBeGreaterThan(0.016);
  });

  it('reports a rejection that nobody handles, as the function itself would', async () => {
    const seen: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => seen.push(reason));
    const boom = new Error('boom');
    void memoize(() => Promise.reject(boom), { name: freshName() })();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
    expect(seen).toEqual([boom]);
  });

  it('does not keep what was forgotten while it was loaded', async () => {
    const name = freshName();
    let value = 0;
    const memoized = memoize(async () => ++value, { name });
    const first = memoized();
    memoized.clear();
    expect(await first).toBe(1);
    expect(factsOf(name).stats.entries).toBe(0);
    const second = memoized();
    expect(memoized.delete()).toBe(true);
    expect(await second).toBe(2);
    expect(await memoized()).toBe(3);
    expect(await memoized()).toBe(3);
    expect(memoized.delete()).toBe(true);
    expect(memoized.delete()).toBe(false);
  });

  it('passes on what is thrown, keeps it not, and loads again', () => {
    const name = freshName();
    const fn = vi.fn(() => {
      throw new Error('no');
    });
    const memoized = memoize(fn, { name });
    expect(memoized).toThrow('no');
    expect(memoized).toThrow('no');
    expect(fn).toHaveBeenCalledTimes(2);
    expect(factsOf(name).stats).toMatchObject({ loads: 2, load_failures: 2, misses: 2, entries: 0 });
  });

  it('drops the least recently used, and what is past its time', async () => {
    const name = freshName();
    const memoized = memoize((id: number) => id * 2, { name, max: 2, ttl: 20 });
    for (const id of [1, 2, 1, 3, 1]) memoized(id);
    expect(factsOf(name).stats).toMatchObject({ hits: 2, misses: 3, evictions: 1, entries: 2 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(memoized(1)).toBe(2);
    expect(factsOf(name)).toMatchObject({ stats: { expirations: 1, misses: 4 }, config: { ttl_seconds: 0.02 } });
  });

  it('does not cache what it cannot key, and says how often', () => {
    const name = freshName();
    const fn = vi.fn((value: unknown) => typeof value);
    const memoized = memoize(fn, { name });
    for (const odd of [() => 1, Symbol('s'), new Map(), new URL('file:///'), Promise.resolve(), Buffer.from('a')]) {
      memoized(odd);
      memoized(odd);
    }
    expect(fn).toHaveBeenCalledTimes(12);
    expect(factsOf(name)).toMatchObject({ stats: { misses: 0, entries: 0 }, detail: { unkeyed_calls: 12 } });
  });

  it('takes keys of the program, and none where it gives none', () => {
    const name = freshName();
    const fn = vi.fn((user: { id: string; at: Date }) => user.id.length);
    const memoized = memoize(fn, { name, key: ({ id }) => (id === '' ? undefined : id) });
    memoized({ id: 'ab', at: new Date(1) });
    memoized({ id: 'ab', at: new Date(2) });
    memoized({ id: '', at: new Date(2) });
    memoized({ id: '', at: new Date(2) });
    expect(fn).toHaveBeenCalledTimes(3);
    const failing = memoize(fn, {
      name: freshName(),
      key: () => {
        throw new Error('no key');
      },
    });
    expect(() => failing({ id: '', at: new Date() })).toThrow('no key');
  });

  it('is emptied by name only', async () => {
    const name = freshName();
    const memoized = memoize((id: string) => id, { name });
    memoized('user:1');
    const clear = (more: object) => cacheRegistry().clear({ type: 'function', name, dry: false, ...more });
    expect((await clear({ prefix: 'user:' })).refused).toEqual([
      `${name}: its keys are the arguments of a function: clear it by name`,
    ]);
    expect((await clear({ dry: true })).caches).toMatchObject([{ entries_before: 1, entries_after: null }]);
    expect((await clear({})).caches).toMatchObject([{ entries_before: 1, entries_after: 0 }]);
    expect(factsOf(name).stats.deletes).toBe(1);
  });

  it.each([
    [{ name: '' }, 'memoize() needs a name'],
    [{ name: 'x', max: 0 }, 'max is a whole number from 1'],
    [{ name: 'x', max: Number.POSITIVE_INFINITY }, 'max is a whole number from 1'],
    [{ name: 'x', max: 2 ** 24 + 1 }, 'max is a whole number from 1'],
    [{ name: 'x', ttl: 0.5 }, 'ttl is a whole number'],
    [{ name: 'x', ttl: -1 }, 'ttl is a whole number'],
  ])('refuses %j', (options, message) => {
    expect(() => memoize(() => 1, options)).toThrow(message);
  });
});

describe('the default key', () => {
  const plain: fc.Arbitrary<unknown> = fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withObjectString: true,
    withUnicodeString: true,
    maxDepth: 3,
  } as fc.ObjectConstraints);

  it('is the same for equal arguments and differs for others', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 3 }), fc.array(plain, { maxLength: 3 }), (a, b) => {
        const [keyA, keyB] = [defaultKey(a), defaultKey(b)];
        expect(defaultKey(structuredClone(a))).toEqual(keyA);
        if (keyA !== undefined && keyA === keyB) expect(a).toEqual(b);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [['1'], [1]],
    [['\u0000"a"'], ['a']],
    [['\u0000"a","b"'], ['a', 'b']],
    [[[1, 2]], [1, 2]],
    [[undefined], []],
    [[null], ['null']],
    [[1n], [1]],
    [[{ a: undefined }], [{}]],
    [
      ['a', 'b,c'],
      ['a,b', 'c'],
    ],
    [[new Date(0)], ['1970-01-01T00:00:00.000Z']],
    [['\ud800'], ['\udfff']],
  ])('tells arguments apart, pair %#', (a, b) => {
    expect(defaultKey(a)).not.toBe(defaultKey(b));
    expect(defaultKey(a)).toBeDefined();
  });

  it('gives up on cycles and depth, and is quick on long texts', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(defaultKey([cycle])).toBeUndefined();
    const long = 'x'.repeat(1e6);
    expect(defaultKey([long])).toBe(long);
  });
});
