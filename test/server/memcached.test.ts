import path from 'node:path';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CacheServer } from '../../src/collect/server/cache-server.ts';
import { openMemcached } from '../../src/collect/server/memcached.ts';
import { serverConfig, serverStats } from '../../src/collect/server/server-stats.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { failureOf } from '../support/failure.ts';
import { fakeServer } from '../support/fake-server.ts';
import type { RunningMemcached } from '../support/memcached.ts';
import { setCommand, startMemcached } from '../support/memcached.ts';

let memcached: RunningMemcached;

beforeAll(async () => void (memcached = await startMemcached('-m 32')));
afterAll(async () => await memcached.stop());

async function using<T>(work: (server: CacheServer) => Promise<T>, address = memcached.address): Promise<T> {
  const server = await openMemcached(address);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

async function store(commands: readonly string[], into = memcached): Promise<void> {
  await into.run(`${commands.join('')}version\r\n`, '1.6.18\r\n');
}

describe('a look at a real Memcached', () => {
  it('gives counters, settings and host', async () => {
    await using(async (server) => {
      expect(server).toMatchObject({ kind: 'memcached', name: memcached.address, notes: [] });
      const before = await server.sample();
      await store([setCommand('a', 'xxx'), 'get a\r\n', 'get no\r\n', 'delete a\r\n']);
      const after = await server.sample();
      const config = await server.config();
      const facts = { kind: server.kind, name: server.name, before, after, config, host: server.host() };
      expect(serverStats(facts)).toMatchObject({
        hits: 1,
        misses: 1,
        sets: 1,
        deletes: 1,
        entries: 0,
        capacity: 33_554_432,
      });
      expect(serverConfig(facts)).toMatchObject({
        version: '1.6.18',
        maxbytes: 33_554_432,
        growth_factor: 1.25,
        evictions: 'on',
      });
      expect(after.more.slabs).toMatchObject({ '1:chunk_size': '96', active_slabs: '1' });
      expect(after.more.items).toEqual({});
      expect(facts.host?.memory_bytes).toBeGreaterThan(1e8);
    });
  });

  it('works over a Unix socket', async () => {
    const socketPath = path.join(temporaryDirectory(), 'm.sock');
    const relay = await fakeServer((socket) => {
      const to = net.connect(memcached.port, '127.0.0.1');
      to.on('error', () => undefined);
      socket.pipe(to).pipe(socket);
      socket.on('close', () => to.destroy());
    }, socketPath);
    await using(async (server) => expect((await server.sample()).info.version).toBe('1.6.18'), `unix:${socketPath}`);
    await relay.stop();
  });
});

describe('items', () => {
  it('are sampled by prefix, over all sizes', async () => {
    await store(['flush_all\r\n']);
    const users = Array.from({ length: 200 }, (_, i) => setCommand(`user:${i}`, 'x'.repeat(1000)));
    const sessions = Array.from({ length: 100 }, (_, i) => setCommand(`session:${i}`, 'x', 1000));
    await store([...users, ...sessions, setCommand('plain', 'x')]);
    const all = await using(async (server) => await server.sampleKeys(10_000));
    expect(all.map(({ prefix, sampled }) => [prefix, sampled])).toEqual([
      ['user', 200],
      ['session', 100],
      ['(none)', 1],
    ]);
    expect(all[0]).toMatchObject({ without_ttl_ratio: 1, ttl_p50_seconds: null });
    expect(all[0].memory_bytes_estimate).toBeGreaterThan(200_000);
    expect(all[1].without_ttl_ratio).toBe(0);
    expect(all[1].ttl_p50_seconds).toBeGreaterThan(990);
    const some = await using(async (server) => await server.sampleKeys(60));
    expect(some.reduce((sum, { sampled }) => sum + sampled, 0)).toBe(60);
    // The chance to find none of one third of all keys is 2 in 10^11.
    expect(some.map(({ prefix }) => prefix)).toEqual(expect.arrayContaining(['user', 'session']));
  });

  it('are cleared by prefix, those with bytes that are no words too', async () => {
    await store(['flush_all\r\n']);
    const binary = Buffer.from([0x61, 0x3a, 0x20, 0x00, 0xff, 0x0d, 0x0a]);
    await store([setCommand('a:1', 'x'), setCommand('a:%41', 'x'), setCommand('aa', 'x'), setCommand('a*', 'x')]);
    await memcached.run(`ms ${binary.toString('base64')} 1 b\r\nx\r\nmn\r\n`, 'MN\r\n');
    await using(async (server) => {
      expect(await server.clear({ prefix: 'a:' }, true)).toEqual({
        name: memcached.address,
        pid: null,
        entries_before: 3,
        entries_after: null,
        bytes_freed: null,
      });
      const cleared = await server.clear({ prefix: 'a:' }, false);
      expect(cleared).toMatchObject({ entries_before: 3, entries_after: 0 });
      expect(cleared.bytes_freed).toBeGreaterThan(150);
      expect(await server.clear({ prefix: 'a*' }, false)).toMatchObject({ entries_before: 1, entries_after: 0 });
    });
    expect(await memcached.run('get aa a:1 a*\r\n', 'END\r\n')).toBe('VALUE aa 0 1\r\nx\r\nEND\r\n');
  });

  it('are cleared all at once, and the memory is measured', async () => {
    await store(['flush_all\r\n']);
    await using(async (server) => await server.clear({ all: true }, false));
    await store(Array.from({ length: 3000 }, (_, i) => setCommand(`k${i}`, 'x'.repeat(500))));
    await using(async (server) => {
      expect(await server.clear({ all: true }, true)).toMatchObject({ entries_before: 3000, entries_after: null });
      const cleared = await server.clear({ all: true }, false);
      expect(cleared).toMatchObject({ entries_before: 3000, entries_after: 0 });
      expect(cleared.bytes_freed).toBeGreaterThan(1_500_000);
    });
    expect(await memcached.run('get k1\r\n', 'END\r\n')).toBe('END\r\n');
  });
});

describe('a Memcached that keeps things to itself', () => {
  it('with -X lists no keys: no sample, no clearing by prefix, but as a whole', async () => {
    const closed = await startMemcached('-X');
    await store([setCommand('a:1', 'x')], closed);
    await using(async (server) => {
      const refused = await failureOf(server.clear({ prefix: 'a:' }, false));
      expect(refused).toMatchObject({ code: 'SERVER_KEYS_HIDDEN', exitCode: 7 });
      expect(refused.message).toContain('without that keys cannot be cleared by prefix');
      expect(await failureOf(server.sampleKeys(10))).toMatchObject({ code: 'SERVER_KEYS_HIDDEN' });
      expect(await server.clear({ all: true }, false)).toMatchObject({ entries_before: 1, entries_after: 0 });
    }, closed.address);
    await closed.stop();
  });

  it('with -F is not emptied as a whole', async () => {
    const fixed = await startMemcached('-F');
    const refused = await using(async (server) => await failureOf(server.clear({ all: true }, false)), fixed.address);
    await fixed.stop();
    expect(refused).toMatchObject({ code: 'SERVER_REFUSED', exitCode: 4 });
    expect(refused.remedy).toContain('-F');
  });

  it('without crawler does not tell what is left', async () => {
    const simple = await startMemcached('-o no_lru_crawler');
    await store([setCommand('a:1', 'x')], simple);
    await using(async (server) => {
      expect(await failureOf(server.sampleKeys(10))).toMatchObject({ code: 'SERVER_KEYS_HIDDEN' });
      expect(await server.clear({ all: true }, false)).toMatchObject({
        entries_before: 1,
        entries_after: null,
        bytes_freed: null,
      });
    }, simple.address);
    await simple.stop();
  });
});
