/** Rules on real servers that are made to suffer. */
import { afterEach, expect, it } from 'vitest';
import { adviceOnServer } from '../../src/analyze/cache-advice.ts';
import type { CacheServer } from '../../src/collect/server/cache-server.ts';
import { openMemcached } from '../../src/collect/server/memcached.ts';
import { openRedis } from '../../src/collect/server/redis.ts';
import type { CacheAdvice } from '../../src/core/cache.ts';
import { setCommand, startMemcached } from '../support/memcached.ts';
import { startRedis } from '../support/redis.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** What the rules say of what happens between two looks, by rule. */
async function adviceAround(server: CacheServer, work: () => Promise<unknown>): Promise<Map<string, CacheAdvice>> {
  const before = await server.sample();
  await work();
  const after = await server.sample();
  const config = await server.config();
  const facts = { kind: server.kind, name: server.name, before, after, config, host: server.host() };
  await server.close();
  return new Map(adviceOnServer(facts).map((each) => [each.rule_id, each]));
}

async function redis(args: string) {
  const running = await startRedis(args);
  stops.push(running.stop);
  return running;
}

async function memcached(args: string) {
  const running = await startMemcached(args);
  stops.push(running.stop);
  return running;
}

const gets = (n: number, of: (i: number) => string): string[][] => Array.from({ length: n }, (_, i) => ['GET', of(i)]);
const sets = (n: number, bytes: number): string[][] =>
  Array.from({ length: n }, (_, i) => ['SET', `k:${i}`, 'x'.repeat(bytes)]);

it('a Redis as it comes has no limit', async () => {
  const server = await redis('');
  const advice = await adviceAround(await openRedis(`${server.url}/0`), async () => undefined);
  expect(advice.get('redis.maxmemory.unset')?.command).toBe(`redis-cli -u ${server.url}/0 CONFIG SET maxmemory 128mb`);
  expect(advice.get('redis.latency-monitor.off')?.severity).toBe('info');
  expect([...advice.keys()]).not.toContain('redis.fragmentation.total');
  expect(server.port).toBeGreaterThan(0);
});

it('a full Redis without evictions refuses writes, and the command ends it', async () => {
  const server = await redis('--maxmemory 4mb --maxmemory-policy noeviction');
  const work = async (): Promise<unknown> => await Promise.allSettled([server.run(...sets(600, 10_000))]);
  const advice = await adviceAround(await openRedis(server.url), work);
  expect(advice.get('redis.memory.over-limit')).toMatchObject({ severity: 'critical' });
  expect(advice.get('redis.memory.over-limit')?.value).toMatch(/^\d+ writes refused in [\d.]+ s, /);
  const none = advice.get('redis.eviction.none');
  expect(none?.severity).toBe('critical');
  const command = (none?.command ?? '').split(' ');
  expect(command.slice(0, 3)).toEqual(['redis-cli', '-u', server.url]);
  await server.run(command.slice(3));
  const after = await adviceAround(await openRedis(server.url), async () => await server.run(['SET', 'a', 'b']));
  expect([...after.keys()].filter((id) => /over-limit|eviction.none/.test(id))).toEqual([]);
});

it('a Redis that is too small misses what it evicted', async () => {
  const server = await redis('--maxmemory 4mb --maxmemory-policy allkeys-lru');
  const work = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) await server.run(...sets(600, 10_000), ...gets(600, (i) => `k:${i}`));
  };
  const advice = await adviceAround(await openRedis(server.url), work);
  expect(advice.get('redis.hits.evicted')).toMatchObject({ severity: 'warning' });
  expect(advice.has('redis.hits.low')).toBe(false);
});

it('a Redis asked for what was never there, with KEYS, slowly', async () => {
  const server = await redis('--maxmemory 100mb --slowlog-log-slower-than 0');
  const work = async (): Promise<unknown> => await server.run(...gets(1200, (i) => `no:${i}`), ['KEYS', '*']);
  const advice = await adviceAround(await openRedis(server.url), work);
  expect(advice.get('redis.hits.low')?.value).toMatch(/^hit ratio 0 %: 1,200 misses/);
  expect(advice.get('redis.keys-command')).toMatchObject({ severity: 'warning' });
  expect(advice.get('redis.slowlog.growing')).toMatchObject({ severity: 'warning' });
});

it('counters that were reset between the looks give no advice about the window', async () => {
  const server = await redis('--maxmemory 100mb');
  await server.run(...gets(3000, (i) => `no:${i}`));
  const work = async (): Promise<unknown> => await server.run(['CONFIG', 'RESETSTAT'], ...gets(1500, (i) => `no:${i}`));
  const advice = await adviceAround(await openRedis(server.url), work);
  expect([...advice.keys()].filter((id) => id.startsWith('redis.hits'))).toEqual([]);
});

it('a Memcached at its default size evicts', async () => {
  const server = await memcached('');
  const value = 'x'.repeat(900_000);
  const work = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await server.run(setCommand(`k${i}`, value), 'STORED\r\n');
  };
  const advice = await adviceAround(await openMemcached(server.address), work);
  expect(advice.get('memcached.limit.default')).toMatchObject({ severity: 'warning' });
  expect(advice.get('memcached.evictions.young')).toMatchObject({ severity: 'warning' });
});

it('a Memcached with its memory in the wrong class, and the command that ends it', async () => {
  const server = await memcached('-m 8 -o slab_automove=0');
  const small = Array.from({ length: 60_000 }, (_, i) => `set s${i} 0 0 20 noreply\r\n${'x'.repeat(20)}\r\n`);
  await server.run(`${small.join('')}version\r\n`, '1.6.18\r\n');
  await server.run('flush_all\r\nlru_crawler crawl all\r\n', 'OK\r\nOK\r\n');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const large = Array.from({ length: 2000 }, (_, i) => setCommand(`l${i}`, 'x'.repeat(4000)));
  const work = async (): Promise<unknown> => await server.run(`${large.join('')}version\r\n`, '1.6.18\r\n');
  const advice = await adviceAround(await openMemcached(server.address), work);
  const imbalance = advice.get('memcached.slabs.imbalance');
  expect(imbalance?.value).toMatch(/evictions in class \d+ in [\d.]+ s, free pages: \d+ in class 1/);
  expect(imbalance?.command).toBe(`printf 'slabs automove 1\\r\\nquit\\r\\n' | nc 127.0.0.1 ${server.port}`);
  await server.run('slabs automove 1\r\n', 'OK\r\n');
  const after = await adviceAround(await openMemcached(server.address), work);
  expect(after.has('memcached.slabs.imbalance')).toBe(false);
});

it('a Memcached started with -M refuses items', async () => {
  const server = await memcached('-m 8 -M');
  const large = Array.from({ length: 300 }, (_, i) => setCommand(`l${i}`, 'x'.repeat(100_000)));
  const work = async (): Promise<unknown> => await server.run(`${large.join('')}version\r\n`, '1.6.18\r\n');
  const advice = await adviceAround(await openMemcached(server.address), work);
  expect(advice.get('memcached.evictions.off')).toMatchObject({ severity: 'warning' });
  expect(advice.get('memcached.stores.refused')).toMatchObject({ severity: 'critical' });
});
