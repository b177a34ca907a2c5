/** Requests served: real servers and clients, good ones and those that go away. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram } from '../support/agent-probes.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

let preload: string;
beforeAll(async () => {
  preload = await probePreload(['http-server', 'http2-server']);
});

const FAMILY = 'http_server_request_duration_seconds';

/** `labels` in the order of names, without the version of the protocol. */
function requests(series: Series, labels: string, what = 'count', version = '1.1'): number | undefined {
  const [error, ...rest] = labels.startsWith('error_type') ? labels.split(/,(.*)/) : ['', labels];
  const names = [error, rest.filter(Boolean).join(','), `network_protocol_version="${version}"`].filter(Boolean);
  return series[`${FAMILY}_${what}{${names.join(',')}}`];
}

const active = (series: Series, version = '1.1'): number =>
  series[`http_server_active_requests{network_protocol_version="${version}"}`];

/** All requests that are over. */
const all = (series: Series): number =>
  Object.entries(series).reduce((sum, [key, value]) => sum + (key.startsWith(`${FAMILY}_count{`) ? value : 0), 0);

const GET = 'http_request_method="GET"';
const OK = `${GET},http_response_status_code="200"`;

/** A server and simple clients: `get` resolves to what came, `raw` writes bytes on a connection of its own. */
const SERVER = `
  const http = require('http');
  const net = require('net');
  const listen = (handler, options = {}) => new Promise((resolve) => {
    const server = http.createServer(options, handler);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
  const ask = (server, options = {}) => new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port: server.address().port, ...options }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
      response.on('error', () => resolve('cut'));
    });
    request.on('error', (error) => resolve(error.code));
    request.end(options.body);
    if (options.abortAfter) setTimeout(() => request.destroy(), options.abortAfter);
  });
  const raw = (server, text, closeAfter = 300) => new Promise((resolve) => {
    let got = '';
    const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (chunk) => (got += chunk));
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), closeAfter);
    socket.on('close', () => resolve(got));
  });
`;

async function program(text: string, options = {}): Promise<Series[]> {
  return await runProgram<Series>(preload, `${SERVER}\n${text}\nprocess.exit();`, options);
}

describe.each([process.execPath, ...otherNodes.map((version) => otherNode(version))])('%s', (node) => {
  test.skipIf(node === undefined)('5 aborted and 5 good ones are 10, and none is left under way', async () => {
    const [during, after] = await program(
      `const agent = new http.Agent({ keepAlive: true });
       const server = await listen((request, response) => {
         if (request.url === '/good') response.end('{}'); else setTimeout(() => response.end('late'), 2000);
       });
       const bad = Array.from({ length: 5 }, () => ask(server, { agent, path: '/slow', abortAfter: 400 }));
       for (let i = 0; i < 5; i++) await ask(server, { agent, path: '/good' });
       await sleep(100);
       out(read());
       await Promise.all(bad);
       await sleep(2200);
       out(read());`,
      { node },
    );
    expect(active(during)).toBe(5);
    expect(requests(during, OK)).toBe(5);
    expect(active(after)).toBe(0);
    expect(requests(after, OK)).toBe(5);
    // No response had begun, so no status; the time is that until the client went away.
    expect(requests(after, `error_type="aborted",${GET}`)).toBe(5);
    expect(requests(after, `error_type="aborted",${GET}`, 'sum')).toBeGreaterThan(5 * 0.3);
    expect(requests(after, `error_type="aborted",${GET}`, 'sum')).toBeLessThan(5 * 2);
    expect(all(after)).toBe(10);
    expect(after.failures).toBe(0);
  });
});

test('durations, methods and statuses', async () => {
  const [series] = await program(`
    const server = await listen((request, response) => {
      response.statusCode = Number(request.url.slice(1));
      setTimeout(() => response.end('x'), 30);
    });
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PROPFIND', 'M-SEARCH']) await ask(server, { method, path: '/200' });
    for (const path of ['/204', '/304', '/404', '/503', '/599', '/999']) await ask(server, { path });
    out(read());
  `);
  expect(requests(series, OK)).toBe(1);
  expect(requests(series, 'http_request_method="HEAD",http_response_status_code="200"')).toBe(1);
  expect(requests(series, 'http_request_method="_OTHER",http_response_status_code="200"')).toBe(2);
  expect(requests(series, `${GET},http_response_status_code="404"`)).toBe(1);
  expect(requests(series, `error_type="503",${GET},http_response_status_code="503"`)).toBe(1);
  // Not a status that there is.
  expect(requests(series, GET)).toBe(1);
  expect(all(series)).toBe(12);
  const key = `${FAMILY}_bucket{${OK},le="0.025",network_protocol_version="1.1"}`;
  expect(series[key]).toBe(0);
  expect(requests(series, OK, 'sum')).toBeGreaterThanOrEqual(0.029);
  expect(active(series)).toBe(0);
});

test('several requests on one connection, and in one packet', async () => {
  const [during, after] = await program(`
    let served = 0;
    const server = await listen((request, response) => {
      // The first ones are answered last, all but the last one of the second connection.
      if (request.url !== '/never') setTimeout(() => response.end(String(++served)), 150 - 10 * served);
    });
    const line = (path) => 'GET ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n';
    const first = raw(server, line('/a').repeat(20), 1200);
    const second = raw(server, line('/a') + line('/a') + line('/never') + line('/a') + line('/a'), 1000);
    await sleep(50);
    out(read());
    const got = await first;
    await second;
    if (got.split('HTTP/1.1 200').length !== 21) throw new Error(got);
    await sleep(50);
    out(read());
  `);
  expect(active(during)).toBe(25);
  expect(active(after)).toBe(0);
  expect(requests(after, OK)).toBe(22);
  // The one that is never answered, and the two whose answers wait behind it. Two of them were ended: 200, but not sent.
  expect(all(after)).toBe(25);
  const aborted = Object.entries(after).filter(([key]) => key.includes('_count{error_type="aborted"'));
  expect(aborted.reduce((sum, [, value]) => sum + value, 0)).toBe(3);
});

test('the client goes away in the middle of the response, and the server does', async () => {
  const [series] = await program(`
    const server = await listen((request, response) => {
      response.write('part');
      if (request.url === '/socket') request.socket.destroy();
      if (request.url === '/response') response.destroy();
    });
    await raw(server, 'GET /client HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
    await ask(server, { path: '/socket' });
    await ask(server, { path: '/response' });
    await sleep(100);
    out(read());
  `);
  expect(requests(series, `error_type="aborted",${GET},http_response_status_code="200"`)).toBe(3);
  expect(all(series)).toBe(3);
  expect(active(series)).toBe(0);
});

test('upgrades and CONNECT are no requests; 1xx are not the status; a body that is not read is no matter', async () => {
  const [series, failed] = await program(`
    const server = await listen((request, response) => response.writeHead(202).end());
    server.on('checkContinue', (request, response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      request.resume().on('end', () => response.writeHead(201).end());
    });
    server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n'));
    server.on('connect', (request, socket) => socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n'));
    const said = [
      await raw(server, 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n'),
      await raw(server, 'CONNECT x:1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'),
      await raw(server, 'POST / HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 3\\r\\nExpect: 100-continue\\r\\n\\r\\nabc'),
      await raw(server, 'POST / HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000000\\r\\n\\r\\nabc'),
      await raw(server, 'GET / HTTP/1.1\\r\\n\\r\\n'),
      await raw(server, 'nonsense\\r\\n\\r\\n'),
    ].map((got) => /HTTP.1.1 (\\d+)/.exec(got)?.[1]);
    out(read());
    out({ said: Number(said.join('')) });
  `);
  expect(failed.said).toBe(101200100202400400);
  const POST = 'http_request_method="POST"';
  expect(requests(series, `${POST},http_response_status_code="201"`)).toBe(1);
  expect(requests(series, `${POST},http_response_status_code="202"`)).toBe(1);
  expect(requests(series, `${GET},http_response_status_code="400"`)).toBe(1);
  expect(all(series)).toBe(3);
  expect(active(series)).toBe(0);
});

test('any number of statuses, methods and connections is bounded', async () => {
  const [series] = await program(`
    const agent = new http.Agent({ keepAlive: true });
    const server = await listen((request, response) => {
      response.statusCode = Number(request.url.slice(1));
      response.end();
    });
    for (const method of ['GET', 'PUT']) {
      for (let status = 200; status < 600; status++) await ask(server, { agent, method, path: '/' + status });
    }
    out(read());
  `);
  expect(all(series)).toBe(800);
  const told = Object.keys(series).filter((key) => key.startsWith(`${FAMILY}_count{`));
  expect(told).toHaveLength(501);
  expect(requests(series, 'error_type="_OTHER",http_request_method="_OTHER"')).toBe(300);
});

test('requests that began before an attach are not counted, and stopping leaves nothing', async () => {
  const late = await probePreload(['http-server']);
  const [before, after, stopped] = await runProgram<Series>(
    await probePreload([]),
    `${SERVER}
     const held = [];
     let connection;
     const server = await listen((request, response) => { connection = request.socket; held.push(response); });
     const first = [ask(server), ask(server), ask(server, { abortAfter: 600 })];
     await sleep(200);
     require(${JSON.stringify(late)});
     const agent = new http.Agent({ keepAlive: true });
     out(read());
     for (const response of held.splice(0, 2)) response.end();
     await Promise.all(first);
     const second = ask(server, { agent });
     await sleep(100);
     held.at(-1).end();
     await second;
     out(read());
     const listeners = connection.listenerCount('close');
     stop();
     const third = ask(server, { agent });
     await sleep(100);
     held.at(-1).end();
     await third;
     out({ ...read(), listeners: listeners - connection.listenerCount('close') });
     process.exit();`,
  );
  expect([active(before), all(before)]).toEqual([0, 0]);
  expect([active(after), all(after)]).toEqual([0, 1]);
  expect([active(stopped), all(stopped)]).toEqual([0, 1]);
  expect(stopped.listeners).toBe(1);
});

describe('HTTP/2', () => {
  const CLIENT = `
    const http2 = require('http2');
    const server = http2.createServer();
    const ask2 = (client, headers, { abortAfter } = {}) => new Promise((resolve) => {
      const stream = client.request(headers);
      stream.resume();
      stream.on('error', () => {});
      stream.on('close', resolve);
      if (abortAfter) setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), abortAfter);
    });
    server.on('sessionError', () => {});
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] === '/good') { stream.respond({ ':status': 201 }); stream.end('x'); }
      if (headers[':path'] === '/file') stream.respondWithFile('/proc/version', { ':status': 206 });
      if (headers[':path'] === '/bad') { stream.respond({ ':status': 500 }, { endStream: true }); }
      if (headers[':path'] === '/part') { stream.respond({ ':status': 200 }); stream.write('x'); }
      if (headers[':path'] === '/destroy') stream.destroy(new Error('no'));
      if (headers[':path'] === '/push') {
        stream.pushStream({ ':path': '/pushed' }, (error, pushed) => { pushed.respond({ ':status': 200 }); pushed.end('p'); });
        stream.respond({ ':status': 200 }); stream.end('x');
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connect = () => {
      const client = http2.connect('http://127.0.0.1:' + server.address().port);
      client.on('error', () => {});
      client.on('stream', (pushed) => pushed.resume());
      return client;
    };
  `;

  test.each(otherNodes.map((version) => otherNode(version)))('%s: streams, aborted ones too', async (node) => {
    if (node === undefined) return;
    const [during, after] = await program(
      `${CLIENT}
       const client = connect();
       for (let i = 0; i < 5; i++) await ask2(client, { ':path': '/good', ':method': 'POST' }).catch(() => {});
       for (const path of ['/file', '/bad', '/push', '/destroy']) await ask2(client, { ':path': path });
       const cut = Array.from({ length: 3 }, () => ask2(client, { ':path': '/slow' }, { abortAfter: 300 }));
       const other = connect();
       const gone = [ask2(other, { ':path': '/part' }), ask2(other, { ':path': '/slow' })];
       await sleep(100);
       out(read());
       other.destroy();
       await Promise.all([...cut, ...gone]);
       await sleep(100);
       out(read());`,
      { node },
    );
    const told = (labels: string): number | undefined => requests(after, labels, 'count', '2');
    expect(active(during, '2')).toBe(5);
    expect(active(after, '2')).toBe(0);
    expect(told('http_request_method="POST",http_response_status_code="201"')).toBe(5);
    expect(told(`${GET},http_response_status_code="206"`)).toBe(1);
    expect(told(OK)).toBe(1);
    expect(told(`error_type="500",${GET},http_response_status_code="500"`)).toBe(1);
    // Three given up by the client, one whose client went away, one that the server destroyed.
    expect(told(`error_type="aborted",${GET}`)).toBe(5);
    expect(told(`error_type="aborted",${GET},http_response_status_code="200"`)).toBe(1);
    expect(all(after)).toBe(14);
    expect(after.failures).toBe(0);
  });

  test('Node.js 20 does not tell', async () => {
    const [series] = await program(
      `${CLIENT} const client = connect(); await ask2(client, { ':path': '/good' }); out(read());`,
    );
    if (Number(process.versions.node.split('.')[0]) < 22) expect(active(series, '2')).toBeUndefined();
    else expect(active(series, '2')).toBe(0);
  });
});
