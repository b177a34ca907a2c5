/** `codoperf query --url`: a server answers; logins go nowhere but there. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { QueryReport } from '../../../src/report/query-report.ts';
import { one, says, SECRET, serving, stopAll, vector } from '../../remote/support.ts';
import { cli, type CliResult, probeEntry, temporaryDirectory } from '../../support/cli.ts';
import { start } from '../../support/running.ts';
import { freePort } from '../../support/server.ts';

// Building takes a while on a loaded machine.
beforeAll(probeEntry);
afterEach(stopAll);

const query = (args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> =>
  cli(['query', ...args], { env });

const series = (count: number) =>
  vector(
    Array.from({ length: count }, (_, i) => ({
      metric: { __name__: 'up', job: 'node', instance: `h${i}:9100` },
      value: [1760000000, String(i / 3)],
    })),
  );

describe('an answer', () => {
  test('as a table', async () => {
    const { url } = await serving(says(series(3)));
    const { stdout, stderr, code } = await query(['up', '--url', url, '--time', '2025-10-09T08:53:20Z']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout.split('\n')).toEqual([
      `${url}, 2025-10-09T08:53:20.000Z`,
      'up{job="node"}',
      '',
      'instance      value',
      'h0:9100           0',
      'h1:9100   0.3333333',
      'h2:9100   0.6666667',
      '',
    ]);
  });

  test('as JSON of the schema, with who answered', async () => {
    const { url } = await serving((request, response, times) =>
      says(request.path.endsWith('buildinfo') ? { data: { version: '3.1.0' } } : series(2))(request, response, times),
    );
    const { stdout, code } = await query(['up', '--url', `${url}/`, '--instance', 'h', '--format', 'json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as QueryReport;
    const ajv = new Ajv2020({ strict: true, strictTuples: false, formats: { 'date-time': true } });
    const schema = ajv.compile(JSON.parse(fs.readFileSync('schemas/query.schema.json', 'utf8')) as object);
    schema(report);
    expect(schema.errors ?? []).toEqual([]);
    expect(report.source).toEqual({ kind: 'server', url, instance: 'h', product: 'prometheus', version: '3.1.0' });
    expect(report.host.hostname).toBeNull();
    expect(report.data.result).toHaveLength(2);
  });

  test('over a range: what is asked, and the chart of it', async () => {
    const values = Array.from({ length: 61 }, (_, i) => [1760000000 + i * 10, String(i % 20)]);
    const { url, seen } = await serving(
      says({ status: 'success', data: { resultType: 'matrix', result: [{ metric: { __name__: 'x' }, values }] } }),
    );
    const args = ['x', '--url', url, '--time', '1760000600', '--range', '10m', '--step', '10s', '--format', 'chart'];
    const { stdout, code } = await query(args, { LANG: 'C.UTF-8' });
    expect(code).toBe(0);
    expect(Object.fromEntries(seen[0].body)).toMatchObject({ start: '1760000000', end: '1760000600', step: '10' });
    expect(stdout).toMatch(/^ *19 │.*█/m);
    expect(stdout).toMatch(/08:53:20 +09:03:20/);
  });

  test('of one host: the condition is on every selector', async () => {
    const { url, seen } = await serving(says(one));
    await query(['rate(x_total[5m]) / y', '--url', url, '--instance', 'web-7']);
    expect(seen[0].body.get('query')).toBe(
      'rate(x_total{instance=~"web-7(:[0-9]+)?"}[5m]) / y{instance=~"web-7(:[0-9]+)?"}',
    );
  });

  test('what the server knows and we do not is the server’s business', async () => {
    const { url, seen } = await serving(says(one));
    const { code } = await query(['range_median(x) default 0', '--url', url]);
    expect([code, seen[0].body.get('query')]).toEqual([0, 'range_median(x) default 0']);
  });

  test('that is empty for one host says so', async () => {
    const { url } = await serving(says(vector([])));
    const { stdout } = await query(['up', '--url', url, '--instance', 'web-9']);
    expect(stdout).toContain('no series');
    expect(stdout).toContain('No series has instance="web-9"');
  });

  test('names that disguise themselves are made visible', async () => {
    const { url } = await serving(says(vector([{ metric: { 'a\u001b[31m': 'b\u202e\n' }, value: [1, '1'] }])));
    const { stdout } = await query(['x', '--url', url]);
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
    expect(stdout).toContain('\\u{202e}');
  });
});

describe('a login', () => {
  const fileWith = (text: string, mode = 0o600): string => {
    const file = path.join(temporaryDirectory(), 'headers');
    fs.writeFileSync(file, text, { mode });
    fs.chmodSync(file, mode);
    return file;
  };

  test('from a file', async () => {
    const { url, seen } = await serving(says(one));
    const file = fileWith(`# prod\nAuthorization: Bearer ${SECRET}\r\n\nX-Scope-OrgID:team\n`);
    const { stderr, code } = await query(['up', '--url', url, '--header-file', file]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(seen[0].headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-scope-orgid': 'team' });
  });

  test('from the environment', async () => {
    const { url, seen } = await serving(says(one));
    const token = await query(['up', '--url', url], { CODOPERF_URL_TOKEN: SECRET });
    const env = { CODOPERF_URL: url, CODOPERF_URL_USER: 'me', CODOPERF_URL_PASSWORD: SECRET };
    const password = await query(['up'], env);
    expect([token.code, token.stderr, password.code, password.stderr]).toEqual([0, '', 0, '']);
    const logins = seen
      .filter(({ path: where }) => where.endsWith('query'))
      .map(({ headers }) => headers.authorization);
    expect(logins).toEqual([`Bearer ${SECRET}`, `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`]);
  });

  test('is never shown, whatever goes wrong', async () => {
    const { url } = await serving(says({ status: 'error', error: 'who are you?' }, 401));
    const closed = `http://me:${encodeURIComponent(SECRET)}@127.0.0.1:${await freePort()}`;
    const file = fileWith(`Authorization: Bearer ${SECRET}\n`);
    const runs = await Promise.all([
      query(['up', '--url', url, '--header-file', file, '--log-level', 'debug']),
      query(['up', '--url', closed, '--log-level', 'debug']),
      query(['up', '--url', closed.replace('http', 'ftp'), '-v']),
      query(['up', '--url', url, '--header-file', fileWith(`Authorization Bearer ${SECRET}\n`)]),
      query(['up', '--url', url, '--header-file', fileWith(`A: ok\nAuthorization: \u0001${SECRET}\n`)]),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([7, 4, 2, 6, 6]);
    for (const { stdout, stderr } of runs) {
      expect(stdout + stderr).not.toContain(SECRET);
      expect(stdout + stderr).not.toContain(encodeURIComponent(SECRET));
    }
    expect(runs[4].stderr).toContain(':2: it is not');
  });

  test('in a file that others may read is told', async () => {
    const { url } = await serving(says(one));
    const { stderr, code } = await query(['up', '--url', url, '--header-file', fileWith('A: b\n', 0o644)]);
    expect(code).toBe(0);
    expect(stderr).toContain('chmod 600');
  });

  test('in a file that is not there', async () => {
    const { stderr, code } = await query(['up', '--url', 'http://127.0.0.1:1', '--header-file', '/nonexistent/x']);
    expect(code).toBe(6);
    expect(stderr).toContain('/nonexistent/x');
  });
});

describe('what goes wrong', () => {
  test('an expression that a server cannot parse and does not say where: our parser does', async () => {
    const { url } = await serving(says({ status: 'error', errorType: '422', error: 'cannot parse it' }, 422));
    const { stderr, code } = await query(['sum(rate(x[5m)', '--url', url]);
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(1, 3)).toEqual(['    sum(rate(x[5m)', `    ${' '.repeat(13)}^`]);
  });

  test('with --instance the expression is read before anyone is asked', async () => {
    const { url, seen } = await serving(says(one));
    const { stderr, code } = await query(['sum(', '--url', url, '--instance', 'a']);
    expect([code, seen]).toEqual([2, []]);
    expect(stderr).toContain('    sum(\n        ^\n');
  });

  test('a server that does not answer: --timeout', async () => {
    const { url } = await serving(() => undefined);
    const { stderr, code } = await query(['up', '--url', url, '--timeout', '0.3']);
    expect(code).toBe(4);
    expect(stderr).toContain('did not answer within 0.3 s');
  });

  test('Ctrl-C while it is waited for', async () => {
    const { url, seen } = await serving(() => undefined);
    const running = await start(['query', 'up', '--url', url]);
    while (seen.length === 0) await running.wait(20);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout, stderr]).toEqual([130, '', '']);
  });
});

describe('TLS', () => {
  const directory = temporaryDirectory();
  let server: https.Server | undefined;
  afterAll(() => server?.close());

  test('the authority is named with NODE_EXTRA_CA_CERTS, and the error says so', async () => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const args = ['req', '-x509', ...key, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', [...args, '-keyout', 'key', '-out', 'cert'], { cwd: directory, stdio: 'pipe' });
    const read = (name: string): Buffer => fs.readFileSync(path.join(directory, name));
    server = https.createServer({ key: read('key'), cert: read('cert') }, (_, response) =>
      response.end(JSON.stringify(one)),
    );
    await new Promise<void>((resolve) => server?.listen(0, 'localhost', resolve));
    const url = `https://localhost:${(server.address() as { port: number }).port}`;
    const unknown = await query(['up', '--url', url]);
    expect(unknown.code).toBe(4);
    expect(unknown.stderr).toContain('NODE_EXTRA_CA_CERTS');
    const known = await query(['up', '--url', url], { NODE_EXTRA_CA_CERTS: path.join(directory, 'cert') });
    expect([known.stderr, known.code]).toEqual(['', 0]);
  });
});
