import { Cacheable, CacheableMemory } from 'cacheable';
import { createCache } from 'cache-manager';
import fc from 'fast-check';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { track } from '../../src/caches/track.ts';
import { factsOf, freshName } from './support.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '\ud800', 'x'.repeat(5000), 'user:1');
const keys = fc.array(key, { minLength: 1, maxLength: 4 });
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('get' as const, 'has' as const, 'delete' as const), key }),
  fc.record({ op: fc.constantFrom('getMany' as const, 'deleteMany' as const, 'setMany' as const), keys }),
  fc.record({ op: fc.constant('set' as const), key, value: fc.constantFrom<unknown>(1, 'x', { a: 1 }) }),
  fc.record({ op: fc.constant('clear' as const) }),
);
type Op = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** One face for the caches, to drive them alike. */
interface Face {
  get(key: string): unknown;
  has?(key: string): unknown;
  set(key: string, value: unknown): unknown;
  delete(key: string): unknown;
  clear(): unknown;
  getMany(keys: string[]): unknown;
  setMany(keys: string[]): unknown;
  deleteMany(keys: string[]): unknown;
}

async function apply(face: Face, op: Op): Promise<unknown> {
  if ('keys' in op) return face[op.op](op.keys);
  if (op.op === 'clear') return face.clear();
  if (op.op === 'set') return face.set(op.key, op.value);
  return op.op === 'has' ? face.has?.(op.key) : face[op.op](op.key);
}

const entriesFor = (names: string[]): { key: string; value: number }[] =>
  names.map((each) => ({ key: each, value: 1 }));

function keyvFace(cache: Keyv): Face {
  return {
    get: (on) => cache.get(on),
    has: (on) => cache.has(on),
    set: (on, value) => cache.set(on, value),
    delete: (on) => cache.delete(on),
    clear: () => cache.clear(),
    getMany: (on) => cache.get(on),
    setMany: (on) => cache.setMany(entriesFor(on)),
    deleteMany: (on) => cache.delete(on),
  };
}

function cacheableFace(cache: Cacheable | CacheableMemory): Face {
  return {
    get: (on) => cache.get(on),
    has: (on) => cache.has(on),
    set: (on, value) => cache.set(on, value),
    delete: (on) => cache.delete(on),
    clear: () => cache.clear(),
    getMany: (on) => cache.getMany(on),
    setMany: (on) => cache.setMany(entriesFor(on)),
    deleteMany: (on) => cache.deleteMany(on),
  };
}

function managerFace(cache: ReturnType<typeof createCache>): Face {
  return {
    get: (on) => cache.get(on),
    set: (on, value) => cache.set(on, value),
    delete: (on) => cache.del(on),
    clear: () => cache.clear(),
    getMany: (on) => cache.mget(on),
    setMany: (on) => cache.mset(entriesFor(on)),
    deleteMany: (on) => cache.mdel(on),
  };
}

const kinds: [string, () => { cache: object; face: Face }][] = [
  ['keyv', () => face(new Keyv(), keyvFace)],
  ['cacheable', () => face(new Cacheable(), cacheableFace)],
  ['cacheable', () => face(new CacheableMemory(), cacheableFace)],
  ['cache-manager', () => face(createCache(), managerFace)],
];

function face<C extends object>(cache: C, make: (cache: C) => Face): { cache: C; face: Face } {
  return { cache, face: make(cache) };
}

describe.each(kinds)('%s', (kind, make) => {
  it('is counted as a program would, and behaves as an untracked one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (ops) => {
        const [tracked, twin, name] = [make(), make(), freshName()];
        track(tracked.cache, { name });
        const model = new Set<string>();
        const expected = { hits: 0, misses: 0, sets: 0 };
        let deletes = 0;
        for (const op of ops) {
          const answer = await apply(twin.face, op);
          expect(await apply(tracked.face, op)).toEqual(answer);
          const touched = 'keys' in op ? op.keys : 'key' in op ? [op.key] : [];
          for (const each of touched) {
            if (op.op.startsWith('get')) expected[model.has(each) ? 'hits' : 'misses']++;
            if (op.op === 'has' && twin.face.has !== undefined && !model.has(each)) expected.misses++;
            if (op.op.startsWith('set')) {
              expected.sets++;
              model.add(each);
            }
            if (op.op.startsWith('delete') && model.delete(each)) deletes++;
          }
          if (op.op === 'clear') {
            deletes += model.size;
            model.clear();
          }
        }
        const facts = factsOf(name);
        expect(facts.kind).toBe(kind);
        expect(facts.stats).toMatchObject({ ...expected, entries: model.size });
        // keyv says only whether all of several keys were there.
        if (kind !== 'keyv' || !ops.some(({ op }) => op === 'deleteMany')) expect(facts.stats.deletes).toBe(deletes);
        expect(facts.errors).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('empties, by prefix and whole, through the registry', async () => {
    const { cacheRegistry } = await import('../../src/caches/registry.ts');
    const [{ cache, face: driver }, name] = [make(), freshName()];
    track(cache, { name });
    for (const each of ['user:1', 'user:2', 'order:1']) await driver.set(each, 1);
    const ask = (prefix: string | undefined, dry: boolean) =>
      cacheRegistry().clear({ type: 'function', name, ...(prefix === undefined ? {} : { prefix }), dry });
    expect((await ask('user:', true)).caches).toMatchObject([{ name, entries_before: 3, entries_after: null }]);
    expect((await ask('user:', false)).caches).toMatchObject([{ name, entries_before: 3, entries_after: 1 }]);
    expect((await ask('nobody:', false)).caches).toEqual([]);
    expect(await driver.get('order:1')).toBe(1);
    expect((await ask(undefined, false)).caches).toMatchObject([{ entries_before: 1, entries_after: 0 }]);
    expect(await driver.get('order:1')).toBeUndefined();
  });
});

describe('keyv', () => {
  it('tells what expired from what was deleted', async () => {
    const name = freshName();
    const cache = track(new Keyv({ ttl: 5 }), { name });
    await cache.set('a', 1);
    await cache.set('b', 1);
    await cache.delete('b');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await cache.get('a')).toBeUndefined();
    expect(factsOf(name).stats).toMatchObject({ expirations: 1, deletes: 1, misses: 1, hits: 0 });
  });

  it('passes on the errors of its store', async () => {
    const store = new Map();
    const name = freshName();
    const cache = track(new Keyv({ store, throwOnErrors: true }), { name });
    store.get = () => {
      throw new Error('down');
    };
    await expect(cache.get('a')).rejects.toThrow('down');
    expect(factsOf(name)).toMatchObject({ errors: 1, stats: { hits: 0, misses: 0 } });
  });
});

describe('cache-manager', () => {
  it('tells loads, those that waited, and failures of wrap()', async () => {
    const name = freshName();
    const cache = track(createCache(), { name });
    const slow = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return 7;
    };
    expect(await Promise.all([cache.wrap('a', slow), cache.wrap('a', slow), cache.wrap('a', slow)])).toEqual([7, 7, 7]);
    expect(await cache.wrap('a', slow)).toBe(7);
    await expect(cache.wrap('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const facts = factsOf(name);
    expect(facts).toMatchObject({
      stats: { hits: 1, misses: 4, loads: 2, load_failures: 1, sets: 1 },
      coalesced_loads: 2,
      errors: 0,
    });
    expect(facts.stats.load_seconds).toBeGreaterThan(0.008);
  });
});

describe('cacheable', () => {
  it('times what getOrSet() loads', async () => {
    for (const cache of [new Cacheable(), new CacheableMemory()]) {
      const name = freshName();
      track(cache, { name });
      const load = () => 5;
      expect(await cache.getOrSet('a', load as never)).toBe(5);
      expect(await cache.getOrSet('a', load as never)).toBe(5);
      expect(factsOf(name).stats).toMatchObject({ hits: 1, misses: 1, sets: 1, loads: 1, load_failures: 0 });
    }
  });

  it('tells what a bounded one in memory dropped', () => {
    const name = freshName();
    const cache = track(new CacheableMemory({ lruSize: 2, ttl: '1h' }), { name });
    for (const each of ['a', 'b', 'c', 'c', 'd']) cache.set(each, 1);
    expect(factsOf(name)).toMatchObject({
      stats: { evictions: 2, deletes: 0, sets: 5, entries: 2, capacity: 2 },
      config: { ttl_seconds: 3600, clones: true },
    });
  });
});
