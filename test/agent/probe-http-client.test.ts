/** Requests made, through `http` and through `fetch`: answered, failed, given up. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram } from '../support/agent-probes.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

let preload: string;
beforeAll(async () => {
  preload = await probePreload(['http-client', 'fetch']);
});

const FAMILY = 'http_client_request_duration_seconds';
const nodes = [process.execPath, ...otherNodes.map((version) => otherNode(version))];

/** Finds the one series with these labels, whatever else it has none of. */
function requests(series: Series, labels: Readonly<Record<string, string>>, what = 'count'): number | undefined {
  const pairs = Object.entries({ server_address: '127.0.0.1', ...labels }).filter(([, value]) => value !== '');
  const text = pairs
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
  return series[`${FAMILY}_${what}{${text}}`];
}

const active = (series: Series, client: string): number => series[`http_client_active_requests{client="${client}"}`];

const all = (series: Series, client: string): number =>
  Object.entries(series).reduce((sum, [key, value]) => {
    return sum + (key.startsWith(`${FAMILY}_count{client="${client}"`) ? value : 0);
  }, 0);

/** A server that does what the path says, and a port where nobody listens. */
const SERVER = `
  const http = require('http');
  const net = require('net');
  const server = http.createServer((request, response) => {
    const [, what, argument] = request.url.split('/');
    if (what === 'status') { response.statusCode = Number(argument); response.end('body'); }
    if (what === 'slow') setTimeout(() => response.end('late'), Number(argument));
    if (what === 'cut') { response.writeHead(200, { 'content-length': '100' }); response.write('part'); setTimeout(() => request.socket.destroy(), 50); }
    if (what === 'hang') request.socket.end();
    if (what === 'reset') request.socket.resetAndDestroy();
    if (what === 'redirect') response.writeHead(302, { location: '/status/200' }).end();
    if (what === 'part') { response.writeHead(200); response.write('part'); }
  });
  server.on('upgrade', (request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n');
    setTimeout(() => socket.destroy(), 100);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const nobody = await new Promise((resolve) => {
    const closing = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = closing.address();
      closing.close(() => resolve(port));
    });
  });
  const ask = (path, options = {}) => new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path, ...options }, (response) => {
      response.resume();
      response.on('error', () => {});
      if (options.cutAfter) setTimeout(() => response.destroy(), options.cutAfter);
    });
    request.on('error', () => {});
    request.on('upgrade', (response, socket) => socket.resume());
    request.on('close', resolve);
    if (options.write) request.write('part of a body that never ends');
    else request.end();
    if (options.abortAfter) setTimeout(() => request.destroy(), options.abortAfter);
  });
  const fetched = async (path, options = {}) => {
    try {
      const response = await fetch('http://127.0.0.1:' + port + path, options);
      if (options.cutAfter) setTimeout(() => options.controller.abort(), options.cutAfter);
      await response.text();
    } catch {}
  };
`;

async function program(text: string, options = {}): Promise<Series[]> {
  return await runProgram<Series>(preload, `${SERVER}\n${text}\nprocess.exit();`, options);
}

describe.each(nodes)('%s', (node) => {
  test.skipIf(node === undefined)('http: answered, failed, given up', async () => {
    const [during, series] = await program(
      `const agent = new http.Agent({ keepAlive: true });
       for (let i = 0; i < 5; i++) await ask('/status/200', { agent });
       await ask('/status/404', { method: 'POST', agent });
       await ask('/status/304', { method: 'HEAD', agent });
       await ask('/slow/100');
       const given = Array.from({ length: 5 }, () => ask('/slow/3000', { abortAfter: 400 }));
       await sleep(100);
       out(read());
       await Promise.all(given);
       await ask('/status/200', { port: nobody });
       await ask('/status/200', { port: nobody, method: 'PUT', write: true });
       await ask('/hang/');
       await ask('/reset/');
       await ask('/cut/');
       await ask('/part/', { cutAfter: 50 });
       await ask('/', { headers: { connection: 'upgrade', upgrade: 'x' } });
       await ask('/status/200', { host: 'no-such-host.invalid', lookup: (name, options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) });
       await ask('/status/200', { signal: AbortSignal.abort() });
       await sleep(50);
       out(read());`,
      { node },
    );
    const told = (labels: Record<string, string>, what = 'count'): number | undefined =>
      requests(series, { client: 'http', http_request_method: 'GET', ...labels }, what);
    expect(active(during, 'http')).toBe(5);
    expect(active(series, 'http')).toBe(0);
    // Five and the slow one.
    expect(told({ http_response_status_code: '200' })).toBe(6);
    expect(told({ http_response_status_code: '200' }, 'sum')).toBeGreaterThan(0.095);
    expect(told({ http_request_method: 'POST', http_response_status_code: '404', error_type: '404' })).toBe(1);
    expect(told({ http_request_method: 'HEAD', http_response_status_code: '304' })).toBe(1);
    expect(told({ error_type: 'aborted' }, 'sum')).toBeGreaterThan(5 * 0.3);
    expect(told({ error_type: 'ECONNREFUSED' })).toBe(1);
    expect(told({ http_request_method: 'PUT', error_type: 'ECONNREFUSED' })).toBe(1);
    // The server hung up, and reset.
    expect(told({ error_type: 'ECONNRESET' })).toBe(2);
    // Cut by the server, and by the program, in the middle of the response.
    expect(told({ error_type: 'aborted', http_response_status_code: '200' })).toBe(2);
    expect(told({ http_response_status_code: '101' })).toBe(1);
    expect(told({ error_type: 'ENOTFOUND', server_address: 'no-such-host.invalid' })).toBe(1);
    // Given up before a connection was there: Node.js 20 does not tell of it at all.
    const isOld = node === process.execPath && process.versions.node.startsWith('20.');
    expect(told({ error_type: 'aborted' })).toBe(isOld ? 5 : 6);
    expect(all(series, 'http')).toBe(isOld ? 21 : 22);
    expect(all(series, 'fetch')).toBe(0);
    expect(series.failures).toBe(0);
  });

  test.skipIf(node === undefined)('fetch: answered, failed, given up', async () => {
    const [during, series] = await program(
      `for (let i = 0; i < 5; i++) await fetched('/status/200');
       await fetched('/status/500', { method: 'POST', body: 'x' });
       await fetched('/redirect/');
       await fetched('/slow/100');
       const given = Array.from({ length: 5 }, () => fetched('/slow/3000', { signal: AbortSignal.timeout(400) }));
       await sleep(100);
       out(read());
       await Promise.all(given);
       const controller = new AbortController();
       await fetched('/part/', { signal: controller.signal, controller, cutAfter: 50 });
       await fetched('/hang/');
       await fetched('/cut/');
       await fetch('http://127.0.0.1:' + nobody).catch(() => {});
       await sleep(50);
       out(read());`,
      { node },
    );
    const told = (labels: Record<string, string>, what = 'count'): number | undefined =>
      requests(series, { client: 'fetch', http_request_method: 'GET', ...labels }, what);
    expect(active(during, 'fetch')).toBe(5);
    expect(active(series, 'fetch')).toBe(0);
    // Five, the slow one, and the end of the redirect.
    expect(told({ http_response_status_code: '200' })).toBe(7);
    expect(told({ http_response_status_code: '200' }, 'sum')).toBeGreaterThan(0.095);
    expect(told({ http_response_status_code: '302' })).toBe(1);
    expect(told({ http_request_method: 'POST', http_response_status_code: '500', error_type: '500' })).toBe(1);
    expect(told({ error_type: 'TimeoutError' })).toBe(5);
    expect(told({ error_type: 'aborted', http_response_status_code: '200' })).toBe(1);
    expect(told({ error_type: 'UND_ERR_SOCKET' })).toBe(1);
    expect(told({ error_type: 'UND_ERR_SOCKET', http_response_status_code: '200' })).toBe(1);
    expect(told({ error_type: 'ECONNREFUSED' })).toBe(1);
    expect(all(series, 'fetch')).toBe(18);
    expect(all(series, 'http')).toBe(0);
    expect(series.failures).toBe(0);
  });
});

test('servers are told apart up to a bound, odd names not at all', async () => {
  const [series] = await program(`
    const lookup = (name, options, done) => done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
    for (let i = 0; i < 40; i++) await ask('/status/200', { host: 'host-' + i + '.test', lookup });
    await ask('/status/200', { host: 'x'.repeat(300), lookup });
    out(read());
  `);
  const hosts = Object.entries(series).filter(([key]) => key.startsWith(`${FAMILY}_count{client="http"`));
  expect(hosts).toHaveLength(33);
  expect(
    requests(series, {
      client: 'http',
      http_request_method: 'GET',
      http_response_status_code: '200',
      server_address: '(other)',
    }),
  ).toBe(9);
});

test('a WebSocket is no request of fetch, and stopping ends it', async () => {
  const node = otherNode('22.23.3');
  if (node === undefined) return;
  const [series, stopped] = await program(
    `const socket = new WebSocket('ws://127.0.0.1:' + port);
     await new Promise((resolve) => { socket.onerror = resolve; socket.onopen = resolve; });
     out(read());
     stop();
     await ask('/status/200');
     await fetched('/status/200');
     out(read());`,
    { node },
  );
  expect([active(series, 'fetch'), all(series, 'fetch')]).toEqual([0, 0]);
  expect([all(stopped, 'fetch'), all(stopped, 'http')]).toEqual([0, 0]);
});
