import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { LRUCache as LRUCache10 } from 'lru-cache-10';
import { describe, expect, it } from 'vitest';
import { untrack } from '../../src/caches/attach.ts';
import { track } from '../../src/caches/track.ts';
import { factNames, factsOf, freshName } from './support.ts';

/** Time that only moves when told, for both of a pair. */
class ManualClock {
  time = 1000;
  now = (): number => this.time;
}

type Op =
  | { op: 'get' | 'has' | 'peek' | 'delete'; key: string }
  | { op: 'set'; key: string; value: number | undefined; size: number; ttl: number | undefined }
  | { op: 'memo'; key: string; forceRefresh: boolean }
  | { op: 'clear' | 'pop' | 'purgeStale' }
  | { op: 'wait'; ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const operation: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('get' as const, 'has' as const, 'peek' as const), key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), key }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('set' as const),
      key,
      value: fc.option(fc.nat(3), { nil: undefined, freq: 12 }),
      size: fc.integer({ min: 1, max: 7 }),
      ttl: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined, freq: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('memo' as const), key, forceRefresh: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom('clear' as const, 'pop' as const, 'purgeStale' as const) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
);

interface Settings {
  max: number;
  ttl: number;
  sized: boolean;
  allowStale: boolean;
  noDeleteOnStaleGet: boolean;
  noDisposeOnSet: boolean;
}

const settings: fc.Arbitrary<Settings> = fc.record({
  max: fc.constantFrom(1, 3, 5, 100),
  ttl: fc.constantFrom(0, 20),
  sized: fc.boolean(),
  allowStale: fc.boolean(),
  noDeleteOnStaleGet: fc.boolean(),
  noDisposeOnSet: fc.boolean(),
});

/** What lru-cache itself says of each entry that left. */
class Oracle {
  evict = 0;
  expire = 0;
  delete = 0;
}

type Any = LRUCache<string, number>;

function make(given: Settings, clock: ManualClock, oracle: Oracle, Class: typeof LRUCache): Any {
  return new Class<string, number>({
    max: given.max,
    ...(given.ttl > 0 ? { ttl: given.ttl } : {}),
    ttlResolution: 0,
    allowStale: given.allowStale,
    noDeleteOnStaleGet: given.noDeleteOnStaleGet,
    noDisposeOnSet: given.noDisposeOnSet,
    ...(given.sized ? { maxSize: 12, maxEntrySize: 6, sizeCalculation: (value: number) => value + 1 } : {}),
    memoMethod: (name: string) => (name === 'h' ? (undefined as unknown as number) : name.length + 1),
    dispose(_value, _key, reason) {
      if (reason === 'evict' || reason === 'expire' || reason === 'delete') oracle[reason]++;
    },
    perf: clock,
  });
}

function run(cache: Any, op: Op, clock: ManualClock, sized: boolean): unknown {
  switch (op.op) {
    case 'set': {
      const options = { ...(sized ? { size: op.size } : {}), ...(op.ttl === undefined ? {} : { ttl: op.ttl }) };
      const plain = Object.keys(options).length === 0;
      return (plain ? cache.set(op.key, op.value) : cache.set(op.key, op.value, options)) === cache;
    }
    case 'memo':
      return op.forceRefresh ? cache.memo(op.key, { forceRefresh: true }) : cache.memo(op.key);
    case 'wait':
      // Never exactly a time to live: what lru-cache calls 0 left is then only "not there".
      clock.time += op.ms + 0.0137;
      return undefined;
    case 'clear':
      return cache.clear();
    case 'pop':
      return cache.pop();
    case 'purgeStale':
      return cache.purgeStale();
    default:
      return cache[op.op](op.key);
  }
}

/** Hits and misses as a program would count them by hand. */
class Model {
  hits = 0;
  misses = 0;
  stale = 0;
  sets = 0;

  see(cache: Any, op: Op, sized: boolean): void {
    if (op.op === 'set') {
      if (op.value !== undefined && !(sized && op.size > 6)) this.sets++;
      return;
    }
    if (op.op !== 'get' && op.op !== 'peek' && op.op !== 'has' && op.op !== 'memo') return;
    const left = cache.getRemainingTTL(op.key);
    const isStale = left < 0;
    const there = left !== 0 && (!isStale || (cache.allowStale && op.op !== 'has'));
    if (op.op === 'has') {
      this.misses += there ? 0 : 1;
      return;
    }
    if (!there || (op.op === 'memo' && op.forceRefresh)) {
      this.misses++;
      // Of a size that nothing has: memo cannot set one larger than an entry may be.
      if (op.op === 'memo' && op.key !== 'h') this.sets++;
      return;
    }
    this.hits++;
    if (isStale) this.stale++;
  }
}

/** The clock of version 10 is the real one: it is tested without times to live. */
const withoutTimes = (op: Op): boolean => op.op !== 'wait';

describe.each([
  ['11', LRUCache, true],
  ['10', LRUCache10 as unknown as typeof LRUCache, false],
])('lru-cache %s', (_, Class, hasClock) => {
  it('is counted exactly and behaves as an untracked one', () => {
    fc.assert(
      fc.property(settings, fc.array(operation, { maxLength: 120 }), (drawn, drawnOps) => {
        const given = hasClock ? drawn : { ...drawn, ttl: 0 };
        const ops = hasClock ? drawnOps : drawnOps.filter(withoutTimes).map((op) => ({ ...op, ttl: undefined }) as Op);
        const clock = new ManualClock();
        const oracle = new Oracle();
        const twinOracle = new Oracle();
        const cache = make(given, clock, oracle, Class);
        const twin = make(given, clock, twinOracle, Class);
        const name = freshName();
        expect(track(cache, { name })).toBe(cache);
        const model = new Model();
        for (const op of ops) {
          model.see(twin, op, given.sized);
          const expected = run(twin, op, new ManualClock(), given.sized);
          expect(run(cache, op, clock, given.sized)).toEqual(expected);
        }
        expect([...cache.entries()]).toEqual([...twin.entries()]);
        expect(oracle).toEqual(twinOracle);
        const { stats } = factsOf(name);
        expect(stats).toMatchObject({
          hits: model.hits,
          misses: model.misses,
          stale_hits: model.stale,
          sets: model.sets,
        });
        expect(stats.entries).toBe(twin.size);
        // lru-cache calls a pop an eviction; for us the program removed it.
        const popped = oracle.evict + oracle.delete;
        expect((stats.evictions ?? 0) + (stats.deletes ?? 0)).toBe(popped);
        if (!ops.some(({ op }) => op === 'pop')) expect(stats.evictions).toBe(oracle.evict);
        expect(stats.expirations).toBe(oracle.expire);
        expect(untrack(cache)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('tells what was fetched, found, shared, refreshed and failed', async () => {
    const pending: { key: string; resolve: (value: number | undefined) => void; reject: (error: Error) => void }[] = [];
    const cache = track(
      new Class<string, number>({
        max: 2,
        fetchMethod: (name) => new Promise((resolve, reject) => pending.push({ key: name, resolve, reject })),
      }),
      { name: freshName() },
    );
    const name = factNames().at(-1) as string;
    const [first, second] = [cache.fetch('a'), cache.fetch('a')];
    pending.shift()?.resolve(1);
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    expect(await cache.fetch('a')).toBe(1);
    expect(factsOf(name)).toMatchObject({
      stats: { hits: 1, misses: 2, loads: 1, load_failures: 0, sets: 1, entries: 1, evictions: 0 },
      coalesced_loads: 1,
    });
    const failing = cache.fetch('b');
    pending.shift()?.reject(new Error('down'));
    await expect(failing).rejects.toThrow('down');
    const nothing = cache.fetch('c');
    pending.shift()?.resolve(undefined);
    expect(await nothing).toBeUndefined();
    expect(factsOf(name)).toMatchObject({
      stats: { misses: 4, loads: 3, load_failures: 1, sets: 1, entries: 1, evictions: 0, expirations: 0 },
      errors: 0,
    });
    cache.set('d', 4);
    cache.set('e', 5);
    expect(factsOf(name).stats).toMatchObject({ evictions: 1, entries: 2 });
    const replaced = cache.fetch('f');
    cache.set('f', 6);
    pending.shift()?.resolve(7);
    await replaced.catch(() => undefined);
    expect(factsOf(name).stats).toMatchObject({ evictions: 2, entries: 2 });
  });

  if (hasClock) {
    it('tells what was served past its time while it was fetched anew', async () => {
      const clock = new ManualClock();
      const name = freshName();
      let value = 0;
      const fetchMethod = async (): Promise<number> => ++value;
      const options = { max: 2, ttl: 10, ttlResolution: 0, perf: clock, allowStale: true, fetchMethod };
      const cache = track(new Class<string, number>(options), { name });
      expect(await cache.fetch('a')).toBe(1);
      clock.time += 11;
      expect(await cache.fetch('a')).toBe(1);
      await new Promise(setImmediate);
      expect(await cache.forceFetch('a')).toBe(2);
      expect(factsOf(name)).toMatchObject({
        stats: { hits: 2, stale_hits: 1, misses: 1, loads: 1, expirations: 0, evictions: 0, entries: 1 },
        detail: { background_refreshes: 1 },
      });
    });
  }

  it('restores a dump, and counts what it restored', () => {
    const name = freshName();
    const cache = track(new Class<string, number>({ max: 10 }), { name });
    cache.set('a', 1).set('b', 2);
    cache.load(cache.dump());
    expect(factsOf(name).stats).toMatchObject({ sets: 4, deletes: 2, entries: 2, evictions: 0, expirations: 0 });
  });

  it('sees what a timer purged', async () => {
    const name = freshName();
    const cache = track(new Class<string, number>({ max: 10, ttl: 5, ttlAutopurge: true }), { name });
    cache.set('a', 1).set('b', 2);
    await expect.poll(() => factsOf(name).stats.expirations).toBe(2);
    expect(factsOf(name)).toMatchObject({ stats: { entries: 0 }, config: { ttl_autopurge: true, ttl_seconds: 0.005 } });
  });

  it('leaves the status and the options of the caller theirs', () => {
    const cache = track(new Class<string, number>({ max: 10 }), { name: freshName() });
    const status: LRUCache.Status<string, number> = {};
    cache.set('a', 1, { status });
    expect(status.set).toBe('add');
    cache.get('a', { status });
    expect(status.get).toBe('hit');
    const name = freshName();
    const other = track(new Class<string, number>({ max: 10 }), { name });
    const reused = { status: {} };
    void other.fetch('a', reused);
    other.get('a', reused);
    expect(factsOf(name).stats).toMatchObject({ misses: 2 });
  });

  it('is not told apart from an untracked one', () => {
    const cache = track(new Class<string, number>({ max: 10 }), { name: freshName() });
    expect(Object.keys(cache)).toEqual(Object.keys(new Class<string, number>({ max: 10 })));
    expect(cache).toBeInstanceOf(Class);
    const own = Class.prototype.get;
    expect(cache.get).not.toBe(own);
    untrack(cache);
    expect(cache.get).toBe(own);
    expect(Object.getOwnPropertyNames(cache)).toEqual(
      Object.getOwnPropertyNames(new Class<string, number>({ max: 10 })),
    );
  });
});
