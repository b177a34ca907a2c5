/** What a peer at the port of a Redis may do that no Redis does. */
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { CacheServer } from '../../src/collect/server/cache-server.ts';
import { openRedis } from '../../src/collect/server/redis.ts';
import type { FakeServer } from '../support/fake-server.ts';
import { fakeServer } from '../support/fake-server.ts';
import type { Failure } from '../support/failure.ts';
import { failureOf } from '../support/failure.ts';
import { startMemcached } from '../support/memcached.ts';

type Answer = string | ((socket: Socket) => void);

let fake: FakeServer | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const minimal = bulk('# Server\r\nredis_version:7.2.0\r\nused_memory:1\r\n');

/** A fake that greets every chunk it gets with the next of `answers`, and the last one again. */
async function answering(...answers: readonly Answer[]): Promise<string> {
  fake = await fakeServer((socket) => {
    let next = 0;
    socket.on('data', () => {
      const answer = answers[Math.min(next++, answers.length - 1)];
      if (typeof answer === 'string') socket.write(answer);
      else answer(socket);
    });
  });
  return `redis://user:sesame@127.0.0.1:${fake.port}`;
}

/** Answers each command by its name, `-ERR` those without an answer. */
function byCommand(answers: Readonly<Record<string, string>>): (socket: Socket) => void {
  return (socket) => {
    socket.removeAllListeners('data');
    socket.on('data', (chunk) => {
      for (const [, command] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g))
        socket.write(answers[command] ?? '-ERR unknown command\r\n');
    });
    socket.write(answers.INFO);
  };
}

/** As `answering`, after a login that went well. */
async function open(answer: Answer, timeoutMs = 5000): Promise<Failure> {
  return await failureOf(openRedis(await answering('+OK\r\n', answer), { timeoutMs }));
}

it('drops the connection in the middle of a reply', async () => {
  const failure = await open((socket) => socket.end('$500\r\n# Server\r\nredis_ver'));
  expect(failure).toMatchObject({ code: 'SERVER_DROPPED', exitCode: 4 });
  expect(failure.message).toMatch(/closed the connection instead of answering INFO$/);
});

it('resets the connection', async () => {
  expect(await open((socket) => socket.resetAndDestroy())).toMatchObject({ code: 'SERVER_DROPPED', exitCode: 4 });
});

it('never answers, or lets every answer drip', async () => {
  expect(await open('', 700)).toMatchObject({ code: 'SERVER_TIMEOUT', exitCode: 4 });
  const drip = (socket: Socket): void => {
    socket.write('$100\r\n');
    const timer = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(timer));
  };
  await fake?.stop();
  const failure = await open(drip, 700);
  expect(failure).toMatchObject({ code: 'SERVER_TIMEOUT', exitCode: 4 });
  expect(failure.message).toMatch(/did not answer INFO within 0.7 s$/);
});

it('never ends its reply: it is cut off, and memory does not grow with it', async () => {
  const endless = (socket: Socket): void => {
    const block = Buffer.alloc(1024 * 1024, 0x78);
    const pump = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.write('$1073741824\r\n');
    socket.on('drain', pump);
    pump();
  };
  const before = process.memoryUsage().rss;
  const failure = await failureOf(openRedis(await answering('+OK\r\n', endless), { timeoutMs: 10_000 }));
  expect(failure).toMatchObject({ code: 'SERVER_REPLY_TOO_LARGE', exitCode: 4 });
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
});

it('claims arrays of any length, one in another, in pieces too', async () => {
  expect(await open('*1000000000\r\n')).toMatchObject({ code: 'SERVER_REPLY_TOO_LARGE' });
  await fake?.stop();
  expect(await open('*400000\r\n'.repeat(1000))).toMatchObject({ code: 'SERVER_REPLY_TOO_LARGE' });
  await fake?.stop();
  const split = (socket: Socket): void => {
    socket.write('*99999');
    setTimeout(() => socket.write('999\r\n'), 30);
  };
  expect(await open(split)).toMatchObject({ code: 'SERVER_REPLY_TOO_LARGE' });
});

it('is an HTTP server', async () => {
  const failure = await failureOf(openRedis(await answering('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(failure).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
  expect(failure.message).toContain('it is an HTTP server');
});

it('is a Memcached', async () => {
  const memcached = await startMemcached();
  const failure = await failureOf(openRedis(`redis://${memcached.address}`));
  await memcached.stop();
  expect(failure).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
  expect(failure.remedy).toContain('--memcached');
});

it('says garbage: shown shortened and escaped', async () => {
  const failure = await open('\x1b[31mred\u0007'.repeat(50));
  expect(failure).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
  expect(failure.message).not.toMatch(/[\u0000-\u001f]/);
  expect(failure.message.length).toBeLessThan(400);
});

it('answers INFO with something else', async () => {
  for (const answer of [':1\r\n', '*0\r\n', bulk('hello'), '$-1\r\n']) {
    expect(await open(answer)).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
    await fake?.stop();
  }
});

it('repeats the password in its refusal: it is not shown', async () => {
  const refusal = '-ERR unknown command `AUTH`, with args beginning with: `user`, `sesame`\r\n';
  const failure = await failureOf(openRedis(await answering(refusal)));
  expect(failure).toMatchObject({ code: 'SERVER_AUTH', exitCode: 7 });
  expect(failure.message).not.toContain('sesame');
});

it('names its fields after parts of objects, and has too many of them', async () => {
  const fields = Array.from({ length: 50_000 }, (_, i) => `f${i}:${'x'.repeat(10)}`);
  const info = ['redis_version:7.2.0', '__proto__:polluted', 'constructor:polluted', ...fields].join('\r\n');
  const server = await openRedis(await answering('+OK\r\n', byCommand({ INFO: bulk(info) })));
  const sample = await sampled(server);
  expect(Object.getPrototypeOf(sample.info)).toBeNull();
  expect(sample.info.constructor).toBe('polluted');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(sample.info).length).toBeLessThanOrEqual(20_000);
});

it('goes away between two looks', async () => {
  const server = await openRedis(await answering('+OK\r\n', minimal));
  await fake?.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await failureOf(server.sample())).toMatchObject({ code: 'SERVER_DROPPED', exitCode: 4 });
  await server.close();
  await server.close();
});

it('goes on for ever with SCAN: a sample of its keys ends', async () => {
  const page = `*2\r\n${bulk('7')}*1\r\n${bulk('a:1')}`;
  const answers = { INFO: minimal, SCAN: page, DBSIZE: ':7\r\n', PTTL: ':-1\r\n', MEMORY: ':60\r\n' };
  const server = await openRedis(await answering('+OK\r\n', byCommand(answers)));
  const groups = await server.sampleKeys(50);
  expect(groups).toMatchObject([{ prefix: 'a', sampled: 50 }]);
  await server.close();
});

async function sampled(server: CacheServer): ReturnType<CacheServer['sample']> {
  try {
    return await server.sample();
  } finally {
    await server.close();
  }
}
