/** The probes of caches, functions and modules in real programs, and the pick-up of every lru-cache. */
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram } from '../support/agent-probes.ts';
import { otherNode } from '../support/node-versions.ts';
import { bundled, type Bundle } from './bundled.ts';

const require = createRequire(import.meta.url);
const lruCache = JSON.stringify(require.resolve('lru-cache'));
let preload: string;
let caches: Bundle;
beforeAll(async () => {
  preload = await probePreload(['caches', 'functions', 'modules']);
  caches = await bundled(undefined, 'cjs');
});
afterAll(() => caches.remove());

const run = (text: string, env: Record<string, string> = {}, node = process.execPath): Promise<Series[]> =>
  runProgram<Series>(preload, `const { track, memoize, measure } = require(${JSON.stringify(caches.file)}); ${text}`, {
    env,
    node,
  });

describe('the probe of caches', () => {
  it('gives the series of tracked caches and their groups', async () => {
    const [series] = await run(`
      const cache = track(new Map(), { name: 'users', prefixOf: (key) => key.split(':')[0] });
      cache.get('user:1'); cache.set('user:1', 1); cache.get('user:1'); cache.delete('user:1');
      const square = memoize((n) => n * n, { name: 'square', max: 10 });
      square(2); square(2);
      out(read());
    `);
    const of = (cache: string) => `{cache="${cache}",type="function"}`;
    expect(series).toMatchObject({
      failures: 0,
      [`codoperf_cache_hits_total${of('users')}`]: 1,
      [`codoperf_cache_misses_total${of('users')}`]: 1,
      [`codoperf_cache_sets_total${of('users')}`]: 1,
      [`codoperf_cache_deletes_total${of('users')}`]: 1,
      [`codoperf_cache_entries${of('users')}`]: 0,
      'codoperf_cache_group_hits_total{cache="users",group="user",type="function"}': 1,
      [`codoperf_cache_hits_total${of('square')}`]: 1,
      [`codoperf_cache_loads_total${of('square')}`]: 1,
      [`codoperf_cache_capacity${of('square')}`]: 10,
    });
    expect(Object.keys(series)).not.toContain(`codoperf_cache_capacity${of('users')}`);
    expect(Object.keys(series).filter((key) => key.includes('untracked'))).toEqual([]);
  });

  it('counts loads in vain, loads waited for, and what has() found', async () => {
    const [series] = await run(`
      const cache = track(new Map(), { name: 'racy' });
      for (let i = 0; i < 5; i++) cache.get('a');
      cache.set('a', 1); cache.has('a');
      const slow = memoize(async () => new Promise((done) => setTimeout(done, 20)), { name: 'slow' });
      await Promise.all([slow('a'), slow('a'), slow('a')]);
      out(read());
    `);
    expect(series).toMatchObject({
      'codoperf_cache_loads_total{cache="racy",type="function"}': 1,
      'codoperf_cache_concurrent_loads_total{cache="racy",type="function"}': 4,
      'codoperf_cache_found_total{cache="racy",type="function"}': 1,
      'codoperf_cache_concurrent_loads_total{cache="slow",type="function"}': 0,
      'codoperf_cache_coalesced_loads_total{cache="slow",type="function"}': 2,
    });
  });

  it('says how many caches it does not count', async () => {
    const [series] = await run(`
      process.removeAllListeners('warning'); process.emitWarning = () => {};
      const kept = []; for (let i = 0; i < 1005; i++) kept.push(track(new Map(), { name: 'many' }));
      out(read()); kept.length;
    `);
    expect(series.codoperf_cache_untracked_total).toBe(5);
    expect(Object.keys(series).filter((key) => key.startsWith('codoperf_cache_hits_total'))).toHaveLength(1000);
  });
});

describe('the pick-up of every lru-cache', () => {
  const program = `
    const { LRUCache } = require(${lruCache});
    const one = new LRUCache({ max: 2 });
    const two = new LRUCache({ max: 2, fetchMethod: async (key) => key });
    const named = track(new LRUCache({ max: 2 }), { name: 'named' });
    one.get('first'); named.get('first');
    await two.fetch('first');
    for (const key of ['a', 'b', 'c']) { one.get(key); one.set(key, 1); one.get(key); named.get(key); }
    await two.fetch('x'); await two.fetch('x');
  `;

  it('counts all of them once, without code', async () => {
    const [series, after] = await run(`${program} out(read()); stop(); out(read());`, { CODOPERF_LRU_AUTO: '1' });
    const of = (name: string, figure: string) => series[`codoperf_cache_${figure}{cache="${name}",type="function"}`];
    expect(series.failures).toBe(0);
    expect([of('lru-cache#1', 'hits_total'), of('lru-cache#1', 'misses_total')]).toEqual([3, 3]);
    expect([of('lru-cache#1', 'evictions_total'), of('lru-cache#1', 'entries')]).toEqual([1, 2]);
    expect([of('lru-cache#2', 'hits_total'), of('lru-cache#2', 'loads_total')]).toEqual([1, 1]);
    expect([of('named', 'misses_total'), of('named', 'hits_total')]).toEqual([4, 0]);
    expect(Object.keys(series).filter((key) => key.startsWith('codoperf_cache_hits_total'))).toHaveLength(3);
    expect(Object.keys(after).filter((key) => key.startsWith('codoperf_cache_hits_total'))).toHaveLength(1);
  });

  it('is off unless asked for', async () => {
    const [series] = await run(`${program} out(read());`);
    expect(Object.keys(series).filter((key) => key.startsWith('codoperf_cache_hits_total'))).toHaveLength(1);
  });

  it('tells where a cache was seen', async () => {
    const [facts] = await runProgram<{ detail: object }[]>(
      preload,
      `const { LRUCache } = require(${lruCache});
       const cache = new LRUCache({ max: 2 });
       (function useIt() { cache.get('a'); })();
       out([...globalThis[Symbol.for('codoperf.caches@1')].caches].map((each) => each.facts()));`,
      { env: { CODOPERF_LRU_AUTO: '1' } },
    );
    expect(facts[0].detail).toMatchObject({ seen_at: expect.stringMatching(/^useIt \(\[eval\]:\d+:\d+\)$/) });
  });

  it('does not keep the process alive, and ends to listen after a while', async () => {
    const [listening] = await runProgram<boolean[]>(
      preload,
      `const { channel } = require('node:diagnostics_channel');
       const on = () => channel('lru-cache:metrics').hasSubscribers;
       const first = on();
       await sleep(11_000);
       out([first, on()]);`,
      { env: { CODOPERF_LRU_AUTO: '1' } },
    );
    expect(listening).toEqual([true, false]);
  });
});

describe('the probe of functions', () => {
  it('gives calls, errors, durations, CPU time and heap', async () => {
    const [series] = await run(`
      const work = measure('work', (fails) => { busy(5); if (fails) throw new Error('no'); });
      work(false); try { work(true); } catch (error) { out(read()); }
    `);
    const of = (figure: string) => series[`codoperf_function_${figure}{function="work"}`];
    expect([of('calls_total'), of('errors_total')]).toEqual([2, 1]);
    expect(of('duration_seconds_total')).toBeGreaterThan(0.009);
    expect(of('max_duration_seconds')).toBeGreaterThan(0.0049);
    expect(of('cpu_seconds_total')).toBeGreaterThan(0);
    expect(of('heap_bytes_total')).toBeGreaterThanOrEqual(0);
  });
});

describe('the probe of modules', () => {
  const text = `
    require('node:fs'); require(${JSON.stringify(fileURLToPath(new URL('../fixtures/caches/slow.cjs', import.meta.url)))});
    await import('node:zlib');
    out(read());
  `;

  it('counts and times what was loaded, on Node.js 22 and 24', async () => {
    for (const version of ['22.23.3', '24.9.0'] as const) {
      const [series] = await run(text, {}, otherNode(version));
      expect(series['codoperf_module_loads_total{kind="import"}']).toBe(1);
      expect(series['codoperf_module_load_seconds_total{kind="require"}']).toBeGreaterThan(0.029);
      // The bundle of codoperf/caches and the slow one.
      expect(series['codoperf_module_loads_total{kind="require"}']).toBe(2);
    }
  });

  it('gives none on Node.js 20', async () => {
    const [series] = await run(text);
    const there = Object.keys(series).some((key) => key.startsWith('codoperf_module'));
    expect(there).toBe(!process.versions.node.startsWith('20.'));
  });
});
