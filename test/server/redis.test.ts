import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CacheServer } from '../../src/collect/server/cache-server.ts';
import { openRedis } from '../../src/collect/server/redis.ts';
import { serverConfig, serverStats } from '../../src/collect/server/server-stats.ts';
import type { RunningRedis } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';

let redis: RunningRedis;

beforeAll(async () => {
  redis = await startRedis(
    '--maxmemory 100mb --maxmemory-policy allkeys-lru --requirepass sesame --unixsocket redis.sock',
    {
      login: ':sesame@',
    },
  );
});
afterAll(async () => await redis.stop());

async function using<T>(work: (server: CacheServer) => Promise<T>, database = 0): Promise<T> {
  const server = await openRedis(`redis://:sesame@127.0.0.1:${redis.port}/${database}`);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

describe('a look at a real Redis', () => {
  it('gives counters, configuration and host, and no password', async () => {
    await redis.run(
      ['FLUSHALL'],
      ['CONFIG', 'RESETSTAT'],
      ['SET', 'a', '1'],
      ['GET', 'a'],
      ['GET', 'a'],
      ['GET', 'no'],
    );
    await using(async (server) => {
      expect(server).toMatchObject({ kind: 'redis', name: `redis://127.0.0.1:${redis.port}/0` });
      const before = await server.sample();
      await redis.run(['GET', 'a'], ['SET', 'b', '1', 'PX', '100000']);
      const after = await server.sample();
      expect(after.at).toBeGreaterThan(before.at);
      const config = await server.config();
      expect(config).toMatchObject({ maxmemory: '104857600', 'maxmemory-policy': 'allkeys-lru', requirepass: '(set)' });
      expect(JSON.stringify([before, after, config, server])).not.toContain('sesame');
      const facts = { kind: server.kind, name: server.name, before, after, config, host: server.host() };
      expect(serverStats(facts)).toMatchObject({ hits: 3, misses: 1, entries: 2, capacity: 104_857_600, sets: null });
      expect(serverStats({ ...facts, after: before })).toMatchObject({ hits: 2, entries: 1 });
      expect(serverConfig(facts)).toMatchObject({
        version: '7.0.15',
        role: 'master',
        maxmemory: 104_857_600,
        maxmemory_policy: 'allkeys-lru',
        weight_unit: 'bytes',
      });
      expect(after.more).toMatchObject({ slowlog: { length: '0', last_id: '0' }, acl: { flags: 'on' } });
      expect(after.more.histogram.get).toMatch(/^calls=4,\d+=/);
      expect(facts.host?.memory_bytes).toBeGreaterThan(1e8);
      expect(['always', 'madvise', 'never', null]).toContain(facts.host?.transparent_hugepages);
      expect(server.notes).toEqual([]);
    });
  });

  it('talks over a Unix socket, with a login and a database', async () => {
    await redis.run(['FLUSHALL'], ['SELECT', '3'], ['SET', 'only', 'here']);
    const address = `redis+unix://default:sesame@${redis.directory}/redis.sock?db=3`;
    const server = await openRedis(address);
    expect(server.name).toBe(`redis+unix://default@${redis.directory}/redis.sock?db=3`);
    expect(await server.clear({ all: true }, true)).toMatchObject({ entries_before: 1, entries_after: null });
    expect(server.host()).not.toBeNull();
    await server.close();
  });

  it('tells that an empty server has no entries', async () => {
    await redis.run(['FLUSHALL']);
    const stats = await using(async (server) => {
      const after = await server.sample();
      return serverStats({ kind: 'redis', name: '', before: after, after, config: {}, host: null });
    });
    expect(stats.entries).toBe(0);
  });
});

describe('keys', () => {
  it('are sampled by prefix, with their times to live and memory', async () => {
    const sets = Array.from({ length: 300 }, (_, i) => ['SET', `user:${i}`, 'x'.repeat(1000)]);
    const sessions = Array.from({ length: 100 }, (_, i) => ['SET', `session:${i}`, 'x', 'EX', String(100 + i)]);
    await redis.run(['FLUSHALL'], ...sets, ...sessions, ['SET', 'plain', 'x']);
    const groups = await using(async (server) => await server.sampleKeys(10_000));
    expect(groups.map(({ prefix, sampled }) => [prefix, sampled])).toEqual([
      ['user', 300],
      ['session', 100],
      ['(none)', 1],
    ]);
    expect(groups[0]).toMatchObject({ keys_estimate: 300, without_ttl_ratio: 1, ttl_p50_seconds: null });
    expect(groups[0].memory_bytes_estimate).toBeGreaterThan(300_000);
    expect(groups[1].without_ttl_ratio).toBe(0);
    expect(groups[1].ttl_p50_seconds).toBeGreaterThan(140);
    expect(groups[1].ttl_p95_seconds).toBeLessThan(200);
    const some = await using(async (server) => await server.sampleKeys(100));
    expect(some.reduce((sum, { sampled }) => sum + sampled, 0)).toBe(100);
    expect(some.reduce((sum, { keys_estimate }) => sum + (keys_estimate ?? 0), 0)).toBeCloseTo(401, -1);
  });

  it('are cleared by prefix: every character stands for itself, keys may hold any byte', async () => {
    const bytes = Buffer.from([0x61, 0x2a, 0xff, 0x00, 0x0d, 0x0a]).toString('latin1');
    await redis.run(
      ['FLUSHALL'],
      ['SET', 'a*1', 'x'],
      ['SET', 'ab1', 'x'],
      ['SET', 'a?[x]\\', 'x'],
      ['SET', bytes, 'x'],
    );
    await using(async (server) => {
      const memory = { entries_after: null, bytes_freed: null };
      expect(await server.clear({ prefix: 'a*' }, true)).toEqual({
        name: server.name,
        pid: null,
        entries_before: 2,
        ...memory,
      });
      expect(await redis.run(['DBSIZE'])).toEqual([4]);
      const cleared = await server.clear({ prefix: 'a*' }, false);
      expect(cleared).toMatchObject({ entries_before: 2, entries_after: 0 });
      expect(await server.clear({ prefix: 'a?[x]\\' }, false)).toMatchObject({ entries_before: 1, entries_after: 0 });
      expect(await redis.run(['KEYS', '*'])).toEqual([['ab1']]);
      expect(await server.clear({ prefix: 'nothing' }, false)).toMatchObject({ entries_before: 0, entries_after: 0 });
    });
  });

  it('of one database are cleared without the others, and the memory is measured', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => ['SET', `k${i}`, 'x'.repeat(2000)]);
    await redis.run(['FLUSHALL'], ['SET', 'stays', 'x'], ['SELECT', '1'], ...many);
    await using(async (server) => {
      const cleared = await server.clear({ all: true }, false);
      expect(cleared).toMatchObject({ entries_before: 2000, entries_after: 0 });
      expect(cleared.bytes_freed).toBeGreaterThan(4_000_000);
    }, 1);
    expect(await redis.run(['GET', 'stays'])).toEqual(['x']);
  });

  it('in more than one page of SCAN are all found', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => ['SET', `page:${i}`, 'x']);
    await redis.run(['FLUSHALL'], ...many, ['SET', 'other', 'x']);
    await using(async (server) => {
      expect(await server.clear({ prefix: 'page:' }, false)).toMatchObject({ entries_before: 2500, entries_after: 0 });
    });
    expect(await redis.run(['KEYS', '*'])).toEqual([['other']]);
  });
});
