/** What a peer at the port of a Memcached may do that none does. */
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openMemcached } from '../../src/collect/server/memcached.ts';
import type { FakeServer } from '../support/fake-server.ts';
import { fakeServer } from '../support/fake-server.ts';
import type { Failure } from '../support/failure.ts';
import { failureOf } from '../support/failure.ts';
import { startRedis } from '../support/redis.ts';

let fake: FakeServer | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

/** What comes of opening a peer that answers whatever it gets like this. */
async function open(answer: string | ((socket: Socket) => void), timeoutMs = 5000): Promise<Failure> {
  fake = await fakeServer((socket) => {
    socket.on('data', () => (typeof answer === 'string' ? socket.write(answer) : answer(socket)));
  });
  return await failureOf(openMemcached(`127.0.0.1:${fake.port}`, { timeoutMs }));
}

it.each([
  ['no statistics', 'ERROR\r\n', 'SERVER_WITHOUT_STATS', 4, /it answers 'ERROR'/],
  ['none of them', 'END\r\n', 'SERVER_WITHOUT_STATS', 4, /it answers 'END'/],
  ['a proxy', 'SERVER_ERROR command not supported\r\n', 'SERVER_WITHOUT_STATS', 4, /not supported/],
  ['a login', 'CLIENT_ERROR unauthenticated\r\n', 'SERVER_AUTH', 7, /unauthenticated/],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'SERVER_OF_OTHER_KIND', 4, /HTTP server/],
  ['garbage', '\x1b[2J\u0007hello\r\n', 'SERVER_OF_OTHER_KIND', 4, /it says '\\x1b\[2J\\x07hello'/],
])('answers stats with %s', async (_, answer, code, exitCode, message) => {
  const failure = await open(answer);
  expect(failure).toMatchObject({ code, exitCode });
  expect(failure.message).toMatch(message);
});

it('is a Redis', async () => {
  const redis = await startRedis();
  const failure = await failureOf(openMemcached(`127.0.0.1:${redis.port}`));
  await redis.stop();
  expect(failure).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
  expect(failure.remedy).toContain('--redis');
});

it('speaks TLS and gives up', async () => {
  expect(await open((socket) => socket.end('\x15\x03\x01\x00\x02\x02\x46'))).toMatchObject({
    code: 'SERVER_OF_OTHER_KIND',
  });
});

it('hangs up in the middle of a reply, or resets', async () => {
  expect(await open((socket) => socket.end('STAT pid 1\r\nSTAT upt'))).toMatchObject({
    code: 'SERVER_DROPPED',
    exitCode: 4,
  });
  await fake?.stop();
  expect(await open((socket) => socket.resetAndDestroy())).toMatchObject({ code: 'SERVER_DROPPED', exitCode: 4 });
});

it('never answers, or drips', async () => {
  expect(await open('', 500)).toMatchObject({ code: 'SERVER_TIMEOUT', exitCode: 4 });
  await fake?.stop();
  const drip = (socket: Socket): void => {
    const timer = setInterval(() => socket.write('STAT a b\r\n'), 50);
    socket.on('close', () => clearInterval(timer));
  };
  const failure = await open(drip, 500);
  expect(failure).toMatchObject({ code: 'SERVER_TIMEOUT', exitCode: 4 });
  expect(failure.message).toMatch(/did not answer stats within 0.5 s$/);
});

it.each([
  ['lines without end', 'STAT a b\r\n'.repeat(10_000)],
  ['a line without end', 'STAT a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'.repeat(10_000)],
])('sends %s', async (_, block) => {
  const endless = (socket: Socket): void => {
    const pump = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.on('drain', pump);
    pump();
  };
  expect(await open(endless, 10_000)).toMatchObject({ code: 'SERVER_REPLY_TOO_LARGE', exitCode: 4 });
});

it('names its fields after parts of objects', async () => {
  fake = await fakeServer((socket) => {
    socket.on('data', () => socket.write('STAT pid 1\r\nSTAT __proto__ polluted\r\nSTAT uptime 1\r\nEND\r\n'));
  });
  const server = await openMemcached(`127.0.0.1:${fake.port}`);
  const { info } = await server.sample();
  await server.close();
  expect(Object.getPrototypeOf(info)).toBeNull();
  expect(Object.keys(info)).toEqual(['pid', '__proto__', 'uptime']);
});

it('is not there', async () => {
  fake = await fakeServer(() => undefined);
  const { port } = fake;
  await fake.stop();
  fake = undefined;
  const failure = await failureOf(openMemcached(`127.0.0.1:${port}`));
  expect(failure).toMatchObject({ code: 'SERVER_UNREACHABLE', exitCode: 4 });
  expect(failure.message).toContain('ECONNREFUSED');
});
