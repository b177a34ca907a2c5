/** PromQL over HTTP: what is asked, and what is made of the answer; nothing of it is believed. */
import type http from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { CodoperfError } from '../../src/core/errors.ts';
import { parseRemoteUrl } from '../../src/remote/read-address.ts';
import type { RemoteOptions } from '../../src/remote/read.ts';
import { remoteQuerier } from '../../src/remote/read.ts';
import { failure, type Handler, one, says, SECRET, serving, stopAll, T, vector } from './support.ts';

afterEach(stopAll);

describe('what is asked', () => {
  test('a form by POST, at a path below the base, with times in seconds', async () => {
    const { url, seen } = await serving(says(one));
    const querier = remoteQuerier({ url: `${url}/select/0/prometheus/`, timeoutMs: 2500 });
    expect(await querier.instant('up{a="ü&="}', T)).toEqual({
      resultType: 'vector',
      result: [{ metric: { __name__: 'up', job: 'a' }, value: [1760000000.123, '1'] }],
      warnings: [],
      infos: [],
    });
    await querier.range('up', T - 60_000, T, 15_000);
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /select/0/prometheus/api/v1/query',
      'POST /select/0/prometheus/api/v1/query_range',
    ]);
    expect(Object.fromEntries(seen[0].body)).toEqual({
      query: 'up{a="ü&="}',
      time: '1760000000.123',
      timeout: '3s',
      nocache: '1',
    });
    expect(Object.fromEntries(seen[1].body)).toMatchObject({
      start: '1759999940.123',
      end: '1760000000.123',
      step: '15',
    });
  });

  test('GET where POST is not taken, from then on', async () => {
    const { url, seen } = await serving((request, response) =>
      request.method === 'POST' ? response.writeHead(405).end() : says(one)(request, response, 0),
    );
    const querier = remoteQuerier({ url });
    await querier.instant('up', T);
    await querier.instant('up', T);
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(seen[1].body.get('query')).toBe('up');
  });

  test.each<[string, Partial<RemoteOptions>, string | undefined]>([
    ['nothing', {}, undefined],
    ['user and password', { user: 'a', password: SECRET }, `Basic ${Buffer.from(`a:${SECRET}`).toString('base64')}`],
    ['a token', { token: SECRET }, `Bearer ${SECRET}`],
    ['headers, which win', { token: 'x', headers: { Authorization: `Bearer ${SECRET}` } }, `Bearer ${SECRET}`],
  ])('login by %s', async (_, options, expected) => {
    const { url, seen } = await serving(says(one));
    await remoteQuerier({ url, ...options, headers: { 'X-Scope-OrgID': 'team', ...options.headers } }).instant('x', T);
    expect(seen[0].headers.authorization).toBe(expected);
    expect(seen[0].headers['x-scope-orgid']).toBe('team');
  });

  test('login in the URL, which is not shown', async () => {
    const { port, seen } = await serving(says(one));
    const querier = remoteQuerier({ url: `http://me:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/` });
    await querier.instant('x', T);
    expect(seen[0].headers.authorization).toBe(`Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`);
    expect(querier.name).toBe(`http://127.0.0.1:${port}`);
  });

  test('a rewritten expression is what is sent', async () => {
    const { url, seen } = await serving(says(one));
    await remoteQuerier({ url, rewrite: (expr) => `sum(${expr})` }).instant('x', T);
    expect(seen[0].body.get('query')).toBe('sum(x)');
  });

  test.each([
    ['http://h:9090', 'http://h:9090'],
    ['http://h:9090/', 'http://h:9090'],
    ['https://h/prom/', 'https://h/prom'],
    ['https://h/prom/api/v1/query_range', 'https://h/prom'],
    ['http://h:9090/graph', 'http://h:9090'],
    ['http://h:9090/query', 'http://h:9090'],
  ])('the base of %s', (url, base) => {
    expect(parseRemoteUrl(url).base).toBe(base);
  });

  test.each(['prom:9090', 'h', '', 'ftp://h', 'http://', 'http://h?x=1', `http://a:x/y@h`, 'http://h#f'])(
    'no address: %s',
    (url) => {
      expect(() => parseRemoteUrl(url)).toThrow(CodoperfError);
    },
  );

  test('an address that is refused does not show its password', () => {
    for (const url of [`ftp://me:${SECRET}@h`, `http://me:${SECRET}@h`, `http://h?token=${SECRET}`])
      try {
        parseRemoteUrl(url);
        expect.unreachable(url);
      } catch (error) {
        expect((error as CodoperfError).message).not.toContain(SECRET);
        expect((error as CodoperfError).exitCode).toBe(2);
      }
  });
});

describe('what is answered', () => {
  test('scalars, strings, ranges; warnings and infos go on', async () => {
    const answers = [
      { data: { resultType: 'scalar', result: [1, '2.5'] }, warnings: ['PromQL warning: x'] },
      { data: { resultType: 'string', result: [1, 'text'] }, infos: ['PromQL info: y'] },
      {
        data: {
          resultType: 'matrix',
          result: [
            {
              metric: {},
              values: [
                [1, 'NaN'],
                [2, '+Inf'],
              ],
            },
          ],
        },
        isPartial: true,
      },
    ];
    const { url } = await serving((_, response, times) =>
      says({ status: 'success', ...answers[times - 1] })(_, response, 0),
    );
    const querier = remoteQuerier({ url });
    expect(await querier.instant('x', T)).toMatchObject({ result: [1, '2.5'], warnings: ['PromQL warning: x'] });
    expect(await querier.instant('x', T)).toMatchObject({ result: [1, 'text'], infos: ['PromQL info: y'] });
    expect(await querier.range('x', T, T, 1000)).toMatchObject({
      result: [
        {
          metric: {},
          values: [
            [1, 'NaN'],
            [2, '+Inf'],
          ],
        },
      ],
      warnings: ['the answer is partial: some parts of the server did not answer'],
    });
  });

  test('native histograms are left out and counted', async () => {
    const histogram = { metric: {}, histogram: [1, { count: '1', sum: '2', buckets: [] }] };
    const { url } = await serving(says(vector([histogram, one.data.result, histogram].flat())));
    const answer = await remoteQuerier({ url }).instant('x', T);
    expect(answer.result).toHaveLength(1);
    expect(answer.warnings).toEqual(['2 series are native histograms, which are left out']);
  });

  test('a label called __proto__ is a label', async () => {
    const body =
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__proto__":"x"},"value":[1,"1"]}]}}';
    const { url } = await serving(says(body));
    const { result } = await remoteQuerier({ url }).instant('x', T);
    const [{ metric }] = result as unknown as { metric: Record<string, string> }[];
    expect(Object.entries(metric)).toEqual([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  const strange: [string, unknown][] = [
    ['HTML', '<html><body>Login</body></html>'],
    ['nothing', ''],
    ['half of it', JSON.stringify(one).slice(0, 60)],
    ['a list', []],
    ['null', 'null'],
    ['another API', { ok: true }],
    ['no data', { status: 'success' }],
    ['an unknown type', { status: 'success', data: { resultType: 'streams', result: [] } }],
    ['no list', vector({})],
    ['series that are none', vector([1])],
    ['no labels', vector([{ value: [1, '1'] }])],
    ['labels that are no text', vector([{ metric: { a: 1 }, value: [1, '1'] }])],
    ['no value', vector([{ metric: {} }])],
    ['a number for a value', vector([{ metric: {}, value: [1, 1] }])],
    ['a value that is no number', vector([{ metric: {}, value: [1, 'x'] }])],
    ['a value that is hexadecimal', vector([{ metric: {}, value: [1, '0x10'] }])],
    ['a time that is text', vector([{ metric: {}, value: ['1', '1'] }])],
    ['a sample too short', vector([{ metric: {}, value: [1] }])],
    ['deep nesting', '['.repeat(200_000)],
  ];
  test.each(strange)('not the API: %s', async (_, body) => {
    const { url } = await serving(says(body, 200, { 'content-type': 'text/html' }));
    const error = await failure(url);
    expect([error.code, error.exitCode]).toEqual(['SERVER_OF_OTHER_KIND', 4]);
    expect(error.remedy).toContain('/api/v1/query');
  });

  const refusals: [string, number, unknown, http.OutgoingHttpHeaders, string, number, RegExp][] = [
    ['401', 401, 'go away', {}, 'SERVER_AUTH', 7, /401.*--header-file/s],
    ['403', 403, { status: 'error', error: 'no tenant' }, {}, 'SERVER_AUTH', 7, /no tenant/],
    ['404', 404, '404 page not found', {}, 'SERVER_OF_OTHER_KIND', 4, /404/],
    ['429', 429, 'slow down', { 'retry-after': '17' }, 'SERVER_REFUSED', 4, /Try again in 17 s/],
    ['503', 503, 'starting', {}, 'SERVER_REFUSED', 4, /try again in a minute/],
    ['500', 500, { status: 'error', errorType: 'internal', error: 'disk' }, {}, 'SERVER_REFUSED', 4, /disk/],
    [
      'a timeout of its own',
      503,
      { status: 'error', errorType: 'timeout', error: 'query timed out' },
      {},
      'QUERY_SLOW',
      4,
      /--timeout/,
    ],
    [
      'what cannot be computed',
      422,
      { status: 'error', errorType: 'execution', error: 'found duplicate series' },
      {},
      'QUERY_FAILED',
      2,
      /duplicate/,
    ],
    [
      'too much',
      422,
      { status: 'error', errorType: 'execution', error: 'query processing would load too many samples into memory' },
      {},
      'QUERY_TOO_LARGE',
      2,
      /longer step/,
    ],
    [
      'bad data with 200',
      200,
      { status: 'error', errorType: 'internal', error: 'odd' },
      {},
      'SERVER_REFUSED',
      4,
      /odd/,
    ],
    ['a refusal without end', 500, Buffer.alloc(5_000_000, 'x'), {}, 'SERVER_REFUSED', 4, /HTTP status 500/],
  ];
  test.each(refusals)('%s', async (_, status, body, headers, code, exitCode, text) => {
    const { url } = await serving(says(body, status, headers));
    const error = await failure(url);
    expect([error.code, error.exitCode]).toEqual([code, exitCode]);
    expect(`${error.message} ${error.remedy}`).toMatch(text);
  });

  test('a syntax error shows where', async () => {
    const message = 'invalid parameter "query": 2:5: parse error: unexpected ")"';
    const { url } = await serving(says({ status: 'error', errorType: 'bad_data', error: message }, 400));
    const error = await failure(url, {}, 'a +\nsum()');
    expect([error.code, error.exitCode]).toEqual(['QUERY_SYNTAX', 2]);
    expect(error.excerpt).toBe('sum()\n    ^');
    expect(error.message).toContain('unexpected ")"');
  });
});

describe('who it is', () => {
  const buildinfo = (data: unknown) => says({ status: 'success', data });
  test.each<[string, Handler, unknown]>([
    ['Prometheus', buildinfo({ version: '3.1.0', revision: 'x' }), { product: 'prometheus', version: '3.1.0' }],
    ['Mimir', buildinfo({ application: 'Grafana Mimir', version: '2.9' }), { product: 'mimir', version: '2.9' }],
    ['VictoriaMetrics', says({}, 200, { 'x-server-hostname': 'vm' }), { product: 'victoriametrics', version: null }],
    ['one that does not tell', says('nope', 404), { product: 'unknown', version: null }],
    ['one that tells nonsense', says({ data: 'x'.repeat(1e6) }), { product: 'unknown', version: null }],
  ])('%s', async (_, handler, expected) => {
    const { url, seen } = await serving(handler);
    const querier = remoteQuerier({ url });
    expect(await querier.server()).toEqual(expected);
    expect(await querier.server()).toEqual(expected);
    expect(seen).toHaveLength(1);
  });
});
