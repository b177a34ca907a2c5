/** Redis servers on bad days, all of them real. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRedis } from '../../src/collect/server/redis.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { failureOf } from '../support/failure.ts';
import type { RunningRedis } from '../support/redis.ts';
import { runOn, startRedis } from '../support/redis.ts';

const started: RunningRedis[] = [];
afterEach(async () => void (await Promise.all(started.splice(0).map(async (each) => await each.stop()))));

async function start(...args: Parameters<typeof startRedis>): Promise<RunningRedis> {
  const server = await startRedis(...args);
  started.push(server);
  return server;
}

describe('logins', () => {
  it('that are wrong or missing say so, never with the password', async () => {
    const redis = await start('--requirepass sesame');
    const none = await failureOf(openRedis(redis.url));
    expect(none).toMatchObject({ code: 'SERVER_AUTH', exitCode: 7 });
    expect(none.message).toContain('NOAUTH');
    expect(none.remedy).toContain('redis://USER:PASSWORD@HOST:PORT/DB');
    const wrong = await failureOf(openRedis(`redis://default:open%20ses%40me@127.0.0.1:${redis.port}/0`));
    expect(wrong).toMatchObject({ code: 'SERVER_AUTH', exitCode: 7 });
    expect(wrong.message).toMatch(/^redis:\/\/default@127\.0\.0\.1:\d+\/0 did not accept the login: WRONGPASS/);
    expect(JSON.stringify(wrong)).not.toMatch(/ses(%40|@)me/);
  });

  it('to a server without password are refused by it', async () => {
    const redis = await start();
    const failure = await failureOf(openRedis(`redis://:needless@127.0.0.1:${redis.port}`));
    expect(failure).toMatchObject({ code: 'SERVER_AUTH', exitCode: 7 });
    expect(failure.message).not.toContain('needless');
  });

  it('of a user with few rights give what they may, and notes about the rest', async () => {
    const redis = await start();
    await redis.run(
      ['ACL', 'SETUSER', 'looker', 'on', '>pw', '+info'],
      ['ACL', 'SETUSER', 'blind', 'on', '>pw', '+ping'],
    );
    const server = await openRedis(`redis://looker:pw@127.0.0.1:${redis.port}`);
    const sample = await server.sample();
    expect(sample.info.redis_version).toBe('7.0.15');
    expect(sample.more.slowlog).toEqual({});
    expect(await server.config()).toEqual({});
    expect(server.notes.join('\n')).toContain('CONFIG GET');
    expect(server.notes.join('\n')).toContain(
      'ACL GETUSER, LATENCY HISTOGRAM, LATENCY LATEST, SLOWLOG GET, SLOWLOG LEN',
    );
    const refused = await failureOf(server.clear({ all: true }, false));
    expect(refused).toMatchObject({ code: 'SERVER_PERMISSION', exitCode: 7 });
    expect(refused.remedy).toContain('ACL SETUSER looker +dbsize');
    await server.close();
    expect(await failureOf(openRedis(`redis://blind:pw@127.0.0.1:${redis.port}`))).toMatchObject({
      code: 'SERVER_PERMISSION',
      exitCode: 7,
    });
  });

  it('to a database that does not exist name the command', async () => {
    const redis = await start();
    const failure = await failureOf(openRedis(`${redis.url}/99`));
    expect(failure).toMatchObject({ code: 'SERVER_REFUSED', exitCode: 4 });
    expect(failure.message).toContain('SELECT: ERR DB index is out of range');
  });
});

describe('a replica', () => {
  it('is looked at as any other, and not cleared', async () => {
    const master = await start();
    const replica = await start(`--replicaof 127.0.0.1 ${master.port} --repl-diskless-sync-delay 0`);
    await master.run(['SET', 'a', '1']);
    const server = await openRedis(`${replica.url}/0`);
    expect((await server.sample()).info.role).toBe('slave');
    for (const dry of [true, false]) {
      const failure = await failureOf(server.clear({ all: true }, dry));
      expect(failure).toMatchObject({ code: 'SERVER_READ_ONLY', exitCode: 7 });
      expect(failure.remedy).toContain(`127.0.0.1:${master.port}`);
    }
    await server.close();
  });
});

describe('a Redis that loads its data', () => {
  it('says how far it is', async () => {
    const first = await start('--enable-debug-command local');
    await first.run(['DEBUG', 'POPULATE', '3000'], ['SAVE']);
    await first.stop();
    const slow = '--key-load-delay 2000 --loading-process-events-interval-bytes 1024';
    const redis = await start(slow, { directory: first.directory });
    const failure = await failureOf(openRedis(redis.url));
    expect(failure).toMatchObject({ code: 'SERVER_LOADING', exitCode: 4 });
    expect(failure.message).toMatch(/is still loading its data \(\d+ % done, about \d+ s left\)$/);
  });
});

describe('limits of the server', () => {
  it('of clients are told', async () => {
    const redis = await start('--maxclients 1');
    const first = await openRedis(redis.url);
    const failure = await failureOf(openRedis(redis.url));
    expect(failure.exitCode).toBe(4);
    expect(failure.message).toContain('max number of clients reached');
    await first.close();
  });

  it('of memory do not keep it from being looked at', async () => {
    const redis = await start('--maxmemory 2mb --maxmemory-policy allkeys-lru');
    await redis.run(...Array.from({ length: 500 }, (_, i) => ['SET', `k${i}`, 'x'.repeat(10_000)]));
    const server = await openRedis(redis.url);
    expect(Number((await server.sample()).info.evicted_keys)).toBeGreaterThan(0);
    await server.close();
  });
});

describe('TLS', () => {
  const directory = temporaryDirectory();
  const file = (name: string): string => path.join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });

  async function startTls(clients: 'yes' | 'no'): Promise<RunningRedis> {
    if (!fs.existsSync(file('ca.crt'))) {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
      openssl('req', '-x509', ...key, '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.crt');
      openssl('req', ...key.slice(0, -2), '-subj', '/CN=localhost', '-keyout', 'redis.key', '-out', 'redis.csr');
      fs.writeFileSync(file('names'), 'subjectAltName=DNS:localhost\n');
      const sign = ['x509', '-req', '-in', 'redis.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
      openssl(...sign, '-days', '2', '-extfile', 'names', '-out', 'redis.crt');
    }
    const files = `--tls-cert-file ${file('redis.crt')} --tls-key-file ${file('redis.key')} --tls-ca-cert-file ${file('ca.crt')}`;
    return await start(`--port 0 --tls-port PORT --tls-auth-clients ${clients} ${files}`);
  }

  it('works with the authority named, and tells what is wrong without', async () => {
    const { port } = await startTls('no');
    const server = await openRedis(`rediss://localhost:${port}/0?tls-ca=${file('ca.crt')}`);
    expect(server.name).toBe(`rediss://localhost:${port}/0`);
    expect((await server.sample()).info.redis_version).toBe('7.0.15');
    await server.close();
    const unknown = await failureOf(openRedis(`rediss://localhost:${port}`));
    expect(unknown).toMatchObject({ code: 'SERVER_TLS', exitCode: 4 });
    expect(unknown.remedy).toContain('tls-ca=FILE');
    const misnamed = await failureOf(openRedis(`rediss://127.0.0.1:${port}?tls-ca=${file('ca.crt')}`));
    expect(misnamed).toMatchObject({ code: 'SERVER_TLS', exitCode: 4 });
    expect(misnamed.remedy).toContain('name that the certificate is for');
    const plain = await failureOf(openRedis(`redis://127.0.0.1:${port}`));
    expect(plain.exitCode).toBe(4);
    expect(`${plain.message} ${plain.remedy}`).toMatch(/TLS|closed the connection/);
  });

  it('with certificates of clients', async () => {
    const { port } = await startTls('yes');
    const ca = `tls-ca=${file('ca.crt')}`;
    const without = await failureOf(openRedis(`rediss://localhost:${port}?${ca}`));
    expect(without).toMatchObject({ code: 'SERVER_TLS', exitCode: 4 });
    expect(without.remedy).toContain('tls-cert=FILE&tls-key=FILE');
    const own = `tls-cert=${file('redis.crt')}&tls-key=${file('redis.key')}`;
    const server = await openRedis(`rediss://localhost:${port}?${ca}&${own}`);
    expect((await server.sample()).info.redis_version).toBe('7.0.15');
    await server.close();
  });

  it('on a port without it', async () => {
    const redis = await start();
    const failure = await failureOf(openRedis(`rediss://127.0.0.1:${redis.port}`, { timeoutMs: 1000 }));
    expect(failure.exitCode).toBe(4);
    expect(failure.code).toMatch(/SERVER_(TLS|TIMEOUT|DROPPED)/);
  });
});

it('nobody there', async () => {
  const redis = await start();
  await redis.stop();
  const failure = await failureOf(openRedis(redis.url));
  expect(failure).toMatchObject({ code: 'SERVER_UNREACHABLE', exitCode: 4 });
  expect(failure.message).toContain('ECONNREFUSED');
  await expect(runOn(redis.url, [['PING']])).rejects.toThrow();
});
