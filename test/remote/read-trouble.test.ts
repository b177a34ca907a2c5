/** Servers and networks that do what they should not: nothing waits or grows without end, no login goes astray. */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { remoteQuerier } from '../../src/remote/read.ts';
import { fakeServer } from '../support/fake-server.ts';
import { freePort } from '../support/server.ts';
import { failure, one, says, SECRET, serving, stopAll, stopLater, T } from './support.ts';

afterEach(stopAll);

describe('bounds', () => {
  test('a server that is too slow', async () => {
    const { url } = await serving(() => undefined);
    expect(await failure(url, { timeoutMs: 200 })).toMatchObject({ code: 'QUERY_SLOW', exitCode: 4 });
  });

  test('a server that sends byte by byte', async () => {
    const { url } = await serving((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failure(url, { timeoutMs: 300 })).toMatchObject({ code: 'QUERY_SLOW' });
  });

  test('an answer without end is not read to its end', async () => {
    let sent = 0;
    const { url } = await serving((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536, '[');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    expect(await failure(url, { maxBytes: 1024 * 1024 })).toMatchObject({ code: 'QUERY_ANSWER_TOO_LARGE' });
    expect(sent).toBeLessThan(50 * 1024 * 1024);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['br', (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } })],
  ])('a bomb of %s', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(128 * 1024 * 1024, ' '));
    const { url } = await serving(says(bomb, 200, { 'content-encoding': encoding }));
    const before = process.memoryUsage().rss;
    expect(await failure(url, { maxBytes: 4 * 1024 * 1024 })).toMatchObject({ code: 'QUERY_ANSWER_TOO_LARGE' });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('what is compressed is read', async () => {
    const { url } = await serving(says(gzipSync(JSON.stringify(one)), 200, { 'content-encoding': 'gzip' }));
    expect((await remoteQuerier({ url }).instant('x', T)).result).toHaveLength(1);
  });

  test('compressed garbage', async () => {
    const { url } = await serving(says('not gzip at all', 200, { 'content-encoding': 'gzip' }));
    expect(await failure(url)).toMatchObject({ code: 'SERVER_DROPPED', exitCode: 4 });
  });

  test('a caller that gives up', async () => {
    const { url } = await serving(() => undefined);
    const controller = new AbortController();
    const answer = remoteQuerier({ url }).instant('x', T, { signal: controller.signal });
    setTimeout(() => controller.abort('interrupt'), 50);
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('connections', () => {
  test('nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(url);
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE', exitCode: 4 });
    expect(error.message).toContain('nobody listens there');
  });

  test('a name that is not known', async () => {
    const error = await failure('http://no-such-host.invalid:9090');
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test.each([
    ['hangs up', (socket: { destroy(): void }) => socket.destroy(), 'SERVER_DROPPED'],
    [
      'speaks something else',
      (socket: { end(text: string): void }) => socket.end('-ERR unknown command\r\n'),
      'SERVER_OF_OTHER_KIND',
    ],
    [
      'breaks off',
      (socket: { write(text: string): void; destroy(): void }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"status":');
        setTimeout(() => socket.destroy(), 50);
      },
      'SERVER_DROPPED',
    ],
  ])('a server that %s', async (_, serve, code) => {
    const server = await fakeServer((socket) => socket.once('data', () => serve(socket)));
    stopLater(server.stop);
    expect(await failure(`http://127.0.0.1:${server.port}`)).toMatchObject({ code, exitCode: 4 });
  });

  test('https:// where only HTTP is spoken', async () => {
    const { port } = await serving(says(one));
    const error = await failure(`https://127.0.0.1:${port}`);
    expect(error).toMatchObject({ code: 'SERVER_TLS', exitCode: 4 });
    expect(error.remedy).toContain('http://');
  });
});

describe('redirects', () => {
  test('to the same host are followed, with the question and the login', async () => {
    const { url, seen } = await serving((request, response, times) =>
      times === 1
        ? response.writeHead(302, { location: '/prom/api/v1/query' }).end()
        : says(one)(request, response, times),
    );
    await remoteQuerier({ url, token: SECRET }).instant('x', T);
    expect(seen[1]).toMatchObject({ method: 'POST', path: '/prom/api/v1/query' });
    expect(seen[1].headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(seen[1].body.get('query')).toBe('x');
  });

  test('to another host or port are not', async () => {
    const other = await serving(says(one));
    for (const location of [
      `${other.url}/api/v1/query`,
      `http://me:${SECRET}@login.example/?token=${SECRET}`,
      '//evil/',
    ]) {
      const { url } = await serving((_, response) => response.writeHead(307, { location }).end());
      expect(await failure(url, { token: SECRET })).toMatchObject({ code: 'SERVER_OF_OTHER_KIND', exitCode: 4 });
    }
    expect(other.seen).toEqual([]);
  });

  test('in a circle end', async () => {
    const { url, seen } = await serving((_, response) => response.writeHead(301, { location: '/again' }).end());
    expect((await failure(url)).message).toContain('circles');
    expect(seen.length).toBeLessThan(10);
  });
});
