/** HTTP servers in the test's own process, which answer as it says. */
import http from 'node:http';
import { expect } from 'vitest';
import { CodoperfError } from '../../src/core/errors.ts';
import type { RemoteOptions } from '../../src/remote/read.ts';
import { remoteQuerier } from '../../src/remote/read.ts';

export const SECRET = 'hunter2/geheim';
export const T = 1_760_000_000_123;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: URLSearchParams;
}

const stops: (() => Promise<unknown>)[] = [];

/** Ends every server after the test. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

/** Ends this, too, after the test. */
export function stopLater(stop: () => Promise<unknown>): void {
  stops.push(stop);
}

export type Handler = (request: Seen, response: http.ServerResponse, times: number) => void;

/** An HTTP server that answers as the test says, and what it was asked. */
export async function serving(handle: Handler): Promise<{ url: string; port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
      const body = request.method === 'GET' ? searchParams : new URLSearchParams(text);
      seen.push({ method: request.method ?? '', path: pathname, headers: request.headers, body });
      handle(seen.at(-1) as Seen, response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

export const says =
  (body: unknown, status = 200, headers: http.OutgoingHttpHeaders = {}): Handler =>
  (_, response) => {
    const text = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };
export const vector = (result: unknown) => ({ status: 'success', data: { resultType: 'vector', result } });
export const one = vector([{ metric: { __name__: 'up', job: 'a' }, value: [1760000000.123, '1'] }]);

/** The error of a query of `x`. */
export async function failure(url: string, options: Partial<RemoteOptions> = {}, expr = 'x'): Promise<CodoperfError> {
  const error: unknown = await remoteQuerier({ url, timeoutMs: 5000, ...options })
    .instant(expr, T)
    .then(
      (result) => new Error(`an answer: ${JSON.stringify(result)}`),
      (problem: unknown) => problem,
    );
  expect(error).toBeInstanceOf(CodoperfError);
  const shown = error as CodoperfError;
  expect(`${shown.message} ${shown.remedy} ${shown.excerpt}`).not.toContain(SECRET);
  return shown;
}
