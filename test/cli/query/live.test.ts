/** `codoperf query` about this host. */
import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { QueryReport } from '../../../src/report/query-report.ts';
import { cli, type CliResult, probeEntry, temporaryDirectory } from '../../support/cli.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { start } from '../../support/running.ts';

const ajv = new Ajv2020({
  strict: true,
  strictTuples: false,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
});
const schema = ajv.compile(JSON.parse(fs.readFileSync('schemas/query.schema.json', 'utf8')) as object);

function report({ stdout, stderr, code }: CliResult): QueryReport {
  expect([code, stderr]).toEqual([0, '']);
  const value = JSON.parse(stdout) as QueryReport;
  schema(value);
  expect(schema.errors ?? []).toEqual([]);
  return value;
}

const query = (...args: string[]): Promise<CliResult> => cli(['query', ...args]);
// Building takes a while on a loaded machine.
beforeAll(probeEntry);

const host = new FakeHost();
host.show();
const { procfs, sysfs, rootfs } = host.paths;
const onFake = ['--path.procfs', procfs, '--path.sysfs', sysfs ?? '', '--path.rootfs', rootfs ?? ''];

describe.concurrent('an answer', () => {
  test('about one moment needs one sample', async () => {
    const { data, window, source, host: facts } = report(await query('node_load1', '--format', 'json', ...onFake));
    expect(data).toMatchObject({
      resultType: 'vector',
      result: [{ metric: { __name__: 'node_load1' }, value: [expect.any(Number), '0.5'] }],
    });
    expect(window).toMatchObject({ samples: 0, duration_seconds: 0, interrupted: false });
    expect(source).toEqual({ kind: 'live', url: null, instance: null, product: null, version: null });
    expect(facts.hostname).toBeTypeOf('string');
  });

  test('with a rate is from the whole duration', async () => {
    const expr = 'sum(rate(node_cpu_seconds_total[1s]))';
    const { data, window, notes } = report(await query(expr, '--duration', '1.2', '-i', '0.2', '--format', 'json'));
    const [{ value }] = data.result as unknown as { value: [number, string] }[];
    expect(Number(value[1])).toBeGreaterThan(0);
    // On a loaded machine some ticks are missed.
    expect([window.samples + window.missed, window.interval_seconds]).toEqual([6, 0.2]);
    expect(notes).toEqual([]);
  });

  test('over a range has a value each interval, or each step', async () => {
    const args = ['node_procs_running', '--duration', '1', '-i', '0.25', '--range', '10s', '--format', 'json'];
    const [all, some] = await Promise.all([query(...args), query(...args, '--step', '0.5')]);
    const times = (result: CliResult): number[] =>
      (report(result).data.result as unknown as { values: [number, string][] }[])[0].values.map(([t]) => t);
    // The first sample may be a little later than the start.
    for (const [result, step, count] of [
      [all, 0.25, 5],
      [some, 0.5, 3],
    ] as const) {
      const { end } = report(result).window;
      const found = times(result);
      expect(found.at(-1)).toBe(Date.parse(end) / 1000);
      expect(found.slice(1).map((t, i) => Number((t - found[i]).toFixed(3)))).toEqual(found.slice(1).map(() => step));
      expect([count - 1, count]).toContain(found.length);
    }
  });

  test('says when a range is longer than what was collected', async () => {
    const { notes } = report(
      await query('rate(node_intr_total[5m])', '--duration', '1', '-i', '0.5', '--format', 'json'),
    );
    expect(notes).toHaveLength(1);
    const [, collected] =
      /looks back 300 s, but only (\d+(?:\.\d+)?) s were collected.*\[\d+m?s\]/s.exec(notes[0]) ?? [];
    // What was asked for, or half a second more or less where a busy machine misses a tick.
    expect(Number(collected)).toBeGreaterThanOrEqual(0.5);
    expect(Number(collected)).toBeLessThanOrEqual(1.5);
  });

  test('as text: what the series share once, the rest as columns', async () => {
    const { stdout, code } = await query('node_cpu_seconds_total{mode=~"idle|user"}', ...onFake);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      'node_cpu_seconds_total',
      '',
      'cpu  mode  value',
      '0    idle     10',
      '0    user      0',
      '1    idle     10',
      '1    user      0',
      '',
    ]);
  });

  test('as CSV, chosen by the name of the file', async () => {
    const file = path.join(temporaryDirectory(), 'out.csv');
    const { stdout, code } = await query('{__name__=~"node_load1|node_load5"}', '--output-file', file, ...onFake);
    expect([stdout, code]).toEqual(['', 0]);
    expect(fs.readFileSync(file, 'utf8').replaceAll(/20\S+Z/g, 'T')).toBe(
      't,__name__,value\nT,node_load1,0.5\nT,node_load5,0.4\n',
    );
  });

  test('as a chart is a range', async () => {
    const { stdout, code } = await query('node_load1', '--duration', '1', '-i', '0.5', '--format', 'chart', ...onFake);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ *0\.5 \|####\S*\n/m);
  });

  test('of numbers alone needs nothing of the host', async () => {
    const { data } = report(await query('1 + 2 * 3', '--format', 'json'));
    expect(data).toMatchObject({ resultType: 'scalar', result: [expect.any(Number), '7'] });
    expect((await query('"text\u001b[31m"')).stdout).toContain('text\\x1b[31m\n');
  });

  test('of a collector that is off by default, and about codoperf itself', async () => {
    const expr = 'codoperf_collector_success{collector="processes"} and on () node_processes_pids';
    const { data } = report(await query(expr, '--format', 'json'));
    expect(data.result).toHaveLength(1);
  });

  test('that is empty', async () => {
    const { stdout, code } = await query('node_load1 > 1e9');
    expect(code).toBe(0);
    expect(stdout).toContain('\nno series\n');
  });

  test('names matched by a pattern: all collectors are asked', async () => {
    const { data } = report(
      await query(
        'count by (__name__) ({__name__=~"node_load.*|node_memory_MemTotal_bytes"})',
        '--format',
        'json',
        ...onFake,
      ),
    );
    expect(data.result).toHaveLength(4);
  });
});

describe.concurrent('a refusal', () => {
  test('shows where the expression is wrong, and what was expected', async () => {
    const { stdout, stderr, code } = await query('sum by (mode (rate(x[5m]))');
    expect([stdout, code]).toEqual(['', 2]);
    const [problem, excerpt, caret] = stderr.split('\n');
    expect(problem).toMatch(/^codoperf: the expression is not PromQL: unexpected "\(".*; expected names of labels/);
    expect(excerpt).toBe('    sum by (mode (rate(x[5m]))');
    expect(caret).toBe(`    ${' '.repeat(excerpt.indexOf('(rate') - 4)}^`);
  });

  test.each([
    ['node_lod1', /Did you mean node_load1\?/],
    ['MemAvailable', /Did you mean node_memory_MemAvailable_bytes\?/],
    ['rate(cpu_seconds_total[5m])', /Did you mean node_cpu_seconds_total\?/],
    ['zzzzzz + qqqqqq', /has the name zzzzzz, qqqqqq\n/],
  ])('of a name that nobody has: %s', async (expr, text) => {
    const { stderr, code } = await query(expr, '--duration', '600');
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });

  test('a part that nobody has is told, the rest is answered', async () => {
    const { stdout, stderr, code } = await query('node_load1 or node_lod5', ...onFake);
    expect(code).toBe(0);
    expect(stderr).toBe('codoperf: warning: nothing here has the name node_lod5. Did you mean node_load5?\n');
    expect(stdout).toContain('0.5');
  });

  test('of what cannot be computed', async () => {
    const { stderr, code } = await query('node_cpu_seconds_total + on () node_cpu_seconds_total');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the query cannot be answered: .*many-to-many/);
  });

  test.each([
    [['1', '--instance', 'x'], /--instance .* needs --url/],
    [['1', '--time', '5'], /--time .* needs --url/],
    [['1', '--step', '5'], /needs --range/],
    [['1', '--range', 'x'], /takes a duration/],
    [['1', '--range', '0'], /takes a duration/],
    [['1', '--range', '30d', '--step', '1s'], /more than 11000 values/],
    [['1', '--duration', '1', '-i', '2'], /longer than the duration/],
    [['1', '--format', 'xml'], /format/],
    [['1', '--url', 'http://x', '--time', 'yesterday'], /takes a moment/],
    [[], /expression/],
    [['1', '2'], /unexpected argument/],
  ])('of %j', async (args, text) => {
    const { stdout, stderr, code } = await query(...args);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toMatch(text);
  });

  test('of a host without any source', async () => {
    const empty = temporaryDirectory();
    const { stdout, code } = await query('node_load1', '--path.procfs', empty);
    expect([stdout, code]).toEqual(['', 4]);
  });

  test('collectors switched off in the configuration are told', async () => {
    const cwd = temporaryDirectory();
    fs.writeFileSync(path.join(cwd, 'codoperf.config.yaml'), 'collectors: { loadavg: false }\n');
    const { stdout, stderr, code } = await cli(['query', 'node_load1'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('the collector loadavg is switched off in the configuration');
    expect(stdout).toContain('no series');
  });
});

test('Ctrl-C ends early, with the result so far', async () => {
  const file = path.join(temporaryDirectory(), 'out.json');
  const running = await start([
    'query',
    'rate(node_intr_total[1s])',
    '--duration',
    '600',
    '-i',
    '0.2',
    '--output-file',
    file,
  ]);
  await running.wait(2500);
  running.kill('SIGINT');
  const { code } = await running.ended;
  expect(code).toBe(0);
  const { window, data } = JSON.parse(fs.readFileSync(file, 'utf8')) as QueryReport;
  expect(window.interrupted).toBe(true);
  expect(window.samples).toBeGreaterThan(1);
  expect(data.result).toHaveLength(1);
});
