/** `cache-info` and servers: real Redis and Memcached, shown, judged, cleared; and what keeps them from being. */
import fs from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CacheReport } from '../../../src/report/cache-report.ts';
import { cli, temporaryDirectory } from '../../support/cli.ts';
import type { RunningMemcached } from '../../support/memcached.ts';
import { startMemcached } from '../../support/memcached.ts';
import type { RunningRedis } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';
import { freePort } from '../../support/server.ts';

let redis: RunningRedis;
let locked: RunningRedis;
let memcached: RunningMemcached;
const env = { CODOPERF_STATE_DIR: temporaryDirectory(), CODOPERF_RUNTIME_DIR: temporaryDirectory() };
const schema = new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(
  JSON.parse(fs.readFileSync('schemas/cache-info.schema.json', 'utf8')) as object,
);

beforeAll(async () => {
  [redis, locked, memcached] = await Promise.all([
    startRedis('--maxmemory 100mb --maxmemory-policy allkeys-lru'),
    startRedis('--requirepass s3cret-word', { login: ':s3cret-word@' }),
    startMemcached(),
  ]);
  await redis.run(
    ...Array.from({ length: 50 }, (_, i) => ['SET', i % 2 === 0 ? `user:${i}` : `team*:${i}`, 'x'.repeat(100)]),
    ...Array.from({ length: 10 }, (_, i) => ['GET', `user:${i}`]),
  );
});
afterAll(async () => {
  await Promise.all([redis, locked, memcached].map((server) => server.stop()));
});

const servers = ['cache-info', '--cache-type', 'server', '-i', '0.2'];

async function report(args: readonly string[], exit = 0): Promise<CacheReport> {
  const { code, stdout, stderr } = await cli([...servers, '--format', 'json', ...args], { env });
  expect(code, stderr).toBe(exit);
  const value = JSON.parse(stdout) as CacheReport;
  schema(value);
  expect(schema.errors ?? []).toEqual([]);
  return value;
}

describe('Redis', () => {
  test('counters, settings, advice', async () => {
    const { caches, window } = await report(['--redis', `${redis.url}/0`]);
    expect(window.samples).toBe(2);
    expect(caches).toMatchObject([
      {
        type: 'server',
        kind: 'redis',
        name: `${redis.url}/0`,
        pid: null,
        stats: { hits: 5, misses: 5, entries: 50, capacity: 100 * 2 ** 20 },
        config: { maxmemory_policy: 'allkeys-lru' },
      },
    ]);
    for (const { source, reason, value } of caches[0].advice)
      for (const text of [source, reason, value]) expect(text).not.toBe('');
    expect(caches[0].advice.map(({ rule_id }) => rule_id)).not.toContain('redis.maxmemory.unset');
  });

  test('a Redis without a limit is told so, with the exact command; --fail-on sees it', async () => {
    const args = [...servers, '--redis', locked.url.replace('//', '//:s3cret-word@'), '--fail-on', 'warning'];
    const { code, stdout } = await cli(args, { env });
    expect(code).toBe(20);
    expect(stdout).toContain('[redis.maxmemory.unset]');
    expect(stdout).toMatch(/redis-cli -u \S+ CONFIG SET maxmemory \d+/);
    expect(stdout).not.toContain('s3cret-word');
  });

  test('keys by prefix, only when asked', async () => {
    expect((await report(['--redis', redis.url])).caches[0].key_groups).toBeNull();
    const { caches } = await report(['--redis', redis.url, '--sample-keys', '200']);
    expect(caches[0].key_groups?.map(({ prefix }) => prefix).toSorted()).toEqual(['team*', 'user']);
  });

  test("series under redis_exporter's names", async () => {
    const { stdout } = await cli([...servers, '--redis', redis.url, '--format', 'prometheus'], { env });
    expect(stdout).toContain('# TYPE redis_keyspace_hits_total counter\n');
    expect(stdout).toMatch(/^redis_keyspace_hits_total \d+$/m);
    expect(stdout).toMatch(/^redis_memory_max_bytes 1.048576e\+08$/m);
  });

  test('keys by prefix are cleared, a pattern in the prefix is none', async () => {
    const value = await report(['--redis', redis.url, '--clear-cache', '--prefix', 'team*:', '--yes']);
    expect(value.cleared).toMatchObject([{ type: 'server', entries_before: 25, entries_after: 0 }]);
    expect(await redis.run(['DBSIZE'])).toEqual([25]);
  });

  test('without --yes nothing goes', async () => {
    const value = await report(['--clear-cache', '--cache', `${redis.url}/0`]);
    expect(value).toMatchObject({ cleared: [], would_clear: [{ entries_before: 25 }] });
    expect(await redis.run(['DBSIZE'])).toEqual([25]);
  });

  test('a database by its number, and no other', async () => {
    await redis.run(['SELECT', '1'], ['SET', 'other', '1']);
    const value = await report(['--clear-cache', '--cache', `${redis.url}/0`, '--yes']);
    expect(value.cleared).toMatchObject([{ entries_before: 25, entries_after: 0 }]);
    expect(await redis.run(['SELECT', '1'], ['DBSIZE'])).toEqual(['OK', 1]);
  });
});

describe('Memcached', () => {
  test('counters, and clearing by its address', async () => {
    const name = `127.0.0.1:${memcached.port}`;
    await memcached.run('set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\nget a\r\nget nobody\r\n', 'END\r\nEND\r\n');
    const { caches } = await report(['--memcached', name]);
    expect(caches).toMatchObject([{ kind: 'memcached', name, stats: { hits: 1, misses: 1, entries: 2 } }]);
    const value = await report(['--clear-cache', '--cache', name, '--yes']);
    expect(value.cleared).toMatchObject([{ name, entries_before: 2, entries_after: 0 }]);
  });
});

describe('what cannot be shown', () => {
  test('nobody listens: exit 4, the other server is shown', async () => {
    const nobody = `redis://127.0.0.1:${await freePort()}/0`;
    const value = await report(['--redis', nobody, '--redis', redis.url], 4);
    expect(value.caches.map(({ name }) => name)).toEqual([redis.url]);
    expect(value.notes.join('\n')).toContain(nobody);
  });

  test('no password, a wrong one: exit 7, and no password is shown', async () => {
    for (const login of ['', ':wrong-word@']) {
      const value = await report(['--redis', locked.url.replace('//', `//${login}`)], 7);
      expect(value.caches).toEqual([]);
      expect(JSON.stringify(value)).not.toContain('wrong-word');
    }
  });

  test('it is no Redis', async () => {
    const value = await report(['--redis', `redis://127.0.0.1:${memcached.port}`], 4);
    expect(value.notes.join('\n')).toMatch(/Redis/);
  });
});
