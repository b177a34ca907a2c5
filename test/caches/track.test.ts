import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { LRUCache } from 'lru-cache';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cacheRegistry, MAX_CACHES } from '../../src/caches/registry.ts';
import { untrack } from '../../src/caches/attach.ts';
import { track } from '../../src/caches/track.ts';
import { bundled, type Bundle } from './bundled.ts';
import { factNames, factsOf, freshName } from './support.ts';

describe('track', () => {
  it('gives back the same cache, once', () => {
    const name = freshName();
    const cache = new Map<string, number>();
    expect(track(cache, { name })).toBe(cache);
    const { get } = cache;
    expect(track(cache, { name: 'another' })).toBe(cache);
    expect(cache.get).toBe(get);
    expect(factNames()).not.toContain('another');
    expect(untrack(cache)).toBe(true);
    expect(untrack(cache)).toBe(false);
    expect(factNames()).not.toContain(name);
    expect(Object.getOwnPropertyNames(cache)).toEqual([]);
    expect(Object.getOwnPropertySymbols(cache)).toEqual([]);
  });

  it('keeps what somebody put over its methods', () => {
    const cache = track(new Map<string, number>(), { name: freshName() });
    const { get } = cache;
    const patched = (key: string): number | undefined => get.call(cache, key);
    cache.get = patched;
    untrack(cache);
    expect(cache.get).toBe(patched);
    expect(cache.get('a')).toBeUndefined();
  });

  it('numbers names that are taken', () => {
    const name = freshName();
    const caches = [1, 2, 3].map(() => track(new Map(), { name }));
    expect(factNames().filter((each) => each.startsWith(name))).toEqual([name, `${name}#2`, `${name}#3`]);
    for (const cache of caches) untrack(cache);
  });

  it('refuses what it cannot track, and says why', () => {
    expect(() => track(new Map(), {} as never)).toThrow('track() needs a name');
    expect(() => track(new Map(), { name: '' })).toThrow('track() needs a name');
    for (const odd of [null, 1, 'cache', {}, new Set(), { get: () => 1 }]) {
      expect(() => track(odd as object, { name: freshName() })).toThrow('knows no cache like this one');
    }
    const name = freshName();
    expect(() => track(Object.freeze(new Map()), { name })).toThrow('it is frozen');
    expect(factNames()).not.toContain(name);
  });

  it('lets the errors of a cache through and counts them', () => {
    const name = freshName();
    const boom = new Error('boom');
    const fail = (): never => {
      throw boom;
    };
    const cache = track({ get: fail, set: fail, has: fail, delete: fail, clear: fail, size: 3 }, { name });
    for (const method of ['get', 'set', 'has', 'delete', 'clear'] as const) expect(() => cache[method]()).toThrow(boom);
    expect(factsOf(name)).toMatchObject({ errors: 5, stats: { hits: 0, misses: 0, sets: 0, deletes: 0 } });
  });

  it('tells a cache whose size throws from the others', () => {
    const [bad, good] = [freshName(), freshName()];
    let broken = false;
    const cache = {
      get: () => 1,
      set: () => 1,
      get size(): number {
        if (broken) throw new Error('no size');
        return 1;
      },
    };
    track(cache, { name: bad });
    track(new Map(), { name: good });
    broken = true;
    expect(factNames()).toContain(good);
    expect(factNames()).not.toContain(bad);
    broken = false;
    expect(factNames()).toContain(bad);
  });

  it('clears what throws only as far as it goes, and says so', async () => {
    const name = freshName();
    const cache = {
      get: () => 1,
      set: () => 1,
      size: 3,
      clear: (): never => {
        throw new Error('locked');
      },
    };
    track(cache, { name });
    const outcome = await cacheRegistry().clear({ type: 'function', name, dry: false });
    expect(outcome).toEqual({ caches: [], refused: [`${name}: it threw: locked`] });
  });

  it('counts a cache of a million entries, cheaply', async () => {
    const name = freshName();
    const cache = new Map<string, number>();
    for (let i = 0; i < 1e6; i++) cache.set(`user:${i}`, i);
    track(cache, { name });
    const started = process.cpuUsage();
    for (let i = 0; i < 100; i++) factsOf(name);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(0.5);
    expect(factsOf(name)).toMatchObject({ stats: { entries: 1e6 }, detail: { entries_at_start: 1e6 } });
    const { caches } = await cacheRegistry().clear({ type: 'function', name, prefix: 'user:99999', dry: false });
    expect(caches).toMatchObject([{ entries_before: 1e6, entries_after: 1e6 - 11 }]);
    await cacheRegistry().clear({ type: 'function', name, dry: false });
    expect(cache.size).toBe(0);
    expect(factsOf(name).stats.deletes).toBe(1e6);
  });
});

describe('prefix groups', () => {
  it('counts by group, and keeps no whole key', () => {
    const name = freshName();
    const cache = track(new LRUCache<string, number>({ max: 10 }), { name, prefixOf: (key) => key.split(':')[0] });
    cache.set('user:1', 1);
    cache.get('user:1');
    cache.get('user:2');
    cache.get('order:1');
    cache.get('secret-token');
    expect(factsOf(name).groups).toEqual([
      { prefix: 'user', hits: 1, misses: 1, sets: 1 },
      { prefix: 'order', hits: 0, misses: 1, sets: 0 },
      { prefix: '(other)', hits: 0, misses: 1, sets: 0 },
    ]);
  });

  it('is bounded in number and length', () => {
    const name = freshName();
    const cache = track(new Map<string, number>(), { name, prefixOf: (key) => key.slice(0, -1) });
    for (let i = 0; i < 200; i++) cache.get(`${'p'.repeat(100)}${i}-`);
    for (let i = 0; i < 200; i++) cache.get(`group${i}-`);
    const { groups } = factsOf(name);
    expect(groups).toHaveLength(51);
    expect(groups.at(-1)).toMatchObject({ prefix: '(other)', misses: 200 - 49 });
    expect(Math.max(...groups.map(({ prefix }) => prefix.length))).toBe(64);
  });

  it('counts a prefixOf that throws or gives no text, and lets the cache work', () => {
    const name = freshName();
    const prefixOf = (key: string): string => {
      if (key === 'a') throw new Error('no prefix');
      return 1 as unknown as string;
    };
    const cache = track(new Map<string, number>(), { name, prefixOf });
    cache.set('a', 1);
    expect(cache.get('a')).toBe(1);
    expect(cache.get('b')).toBeUndefined();
    expect(factsOf(name)).toMatchObject({
      groups: [{ prefix: '(other)', hits: 1, misses: 1, sets: 1 }],
      detail: { prefix_errors: 3 },
      errors: 0,
    });
  });
});

describe('loads seen from outside', () => {
  it('times from a miss to its set, and sees the same key loaded twice', async () => {
    const name = freshName();
    const cache = track(new Map<string, number>(), { name });
    const load = async (key: string): Promise<void> => {
      if (cache.get(key) !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
      cache.set(key, 1);
    };
    await Promise.all([load('a'), load('a'), load('a'), load('b')]);
    const facts = factsOf(name);
    expect(facts).toMatchObject({ stats: { loads: 2, load_failures: 0 }, concurrent_loads: 2 });
    expect(facts.stats.load_seconds).toBeGreaterThan(0.016);
  });

  it('says nothing of loads that are stored as promises', () => {
    const name = freshName();
    const cache = track(new Map<string, Promise<number>>(), { name });
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', Promise.resolve(1));
    expect(factsOf(name).stats).toMatchObject({ loads: null, load_seconds: null, sets: 1 });
  });

  it('estimates them when there are many', () => {
    const name = freshName();
    const cache = track(new Map<number, number>(), { name });
    for (let i = 0; i < 20_000; i++) if (cache.get(i) === undefined) cache.set(i, i);
    const facts = factsOf(name);
    expect(facts.detail.loads_sampled).toBe(true);
    expect(Math.abs((facts.stats.loads ?? 0) - 20_000)).toBeLessThan(40);
  });
});

describe('the registry', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await bundled();
  });
  afterAll(() => bundle.remove());

  it('holds a bounded number of caches, counts the others and says it once', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const before = cacheRegistry().overflow;
    const room = MAX_CACHES - cacheRegistry().caches().length;
    const caches = Array.from({ length: room + 5 }, () => new Map());
    for (const cache of caches) track(cache, { name: 'many' });
    expect(cacheRegistry().overflow - before).toBe(5);
    expect(warned).toHaveBeenCalledTimes(1);
    for (const cache of caches) untrack(cache);
    warned.mockRestore();
  });

  it('lets go of a cache that the program dropped, whatever its keys and values are', () => {
    const script = `
      import { track } from ${JSON.stringify(bundle.url)};
      import { LRUCache } from ${JSON.stringify(import.meta.resolve('lru-cache'))};
      function use(cache) {
        track(cache, { name: 'gone', prefixOf: () => 'p' });
        for (let i = 0; i < 2000; i++) {
          const key = { cache };
          cache.get(key);
          if (i % 2) cache.set(key, { cache });
          cache.has(key);
        }
        return new WeakRef(cache);
      }
      const refs = [new Map(), new LRUCache({ max: 100, ttl: 1000 })].map(use);
      // Timers of lru-cache hold it for a moment.
      for (let i = 0; i < 100 && refs.some((ref) => ref.deref() !== undefined); i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        gc();
      }
      const { caches } = globalThis[Symbol.for('codoperf.caches@1')];
      const facts = [...caches].map((entry) => entry.facts());
      console.log(JSON.stringify([refs.map((ref) => ref.deref() === undefined), facts]));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([
      [true, true],
      [null, null],
    ]);
  });

  it('is one for all copies of codoperf in a thread', () => {
    const script = `
      const first = await import(${JSON.stringify(bundle.url)});
      const second = await import(${JSON.stringify(`${bundle.url}?copy`)});
      const cache = first.track(new Map(), { name: 'shared' });
      second.track(cache, { name: 'again' });
      second.track(new Map(), { name: 'shared' });
      first.measure('work', () => 1)();
      second.measure('work', () => 2)();
      cache.get('a');
      const { caches, functions } = globalThis[Symbol.for('codoperf.caches@1')];
      console.log(JSON.stringify([
        first.track === second.track,
        [...caches].map((entry) => [entry.name, entry.facts().stats.misses]),
        [...functions.values()].map((entry) => entry.facts().name),
      ]));
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual([
      false,
      [
        ['shared', 1],
        ['shared#2', 0],
      ],
      ['work', 'work#2'],
    ]);
  });
});
