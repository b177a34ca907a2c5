/** What `monitor-stats` writes is what its published JSON Schemas say, for every monitor type. */
import fs from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../support/cli.ts';
import { FakeHost } from '../../support/fake-host.ts';

const ajv = new Ajv2020({
  allErrors: false,
  strict: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.endsWith('Z') },
});
const schemaOf = (name: string): object => JSON.parse(fs.readFileSync(`schemas/${name}.schema.json`, 'utf8')) as object;
const report = ajv.compile(schemaOf('monitor-stats'));
const sample = ajv.compile(schemaOf('sample'));
const once = ajv.compile(schemaOf('once'));

function check(validate: typeof report, value: unknown): void {
  const valid = validate(value);
  expect(validate.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
}

const quick = ['monitor-stats', '--duration', '0.2', '-i', '0.1'];

describe.each(['cpu', 'memory', 'disk', 'network', 'all'])('--monitor-type %s', (type) => {
  test.each([[[]], [['-v']], [['--pid', String(process.pid)]], [['-v', '--pid', '1']]])('json %j', async (more) => {
    const { code, stdout } = await cli([...quick, '--monitor-type', type, '--format', 'json', ...more]);
    expect(code).toBe(0);
    check(report, JSON.parse(stdout));
  });

  test('ndjson: samples, then one summary', async () => {
    const { stdout } = await cli([...quick, '--monitor-type', type, '--format', 'ndjson', '-v']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { schema: string; window: { missed: number } });
    for (const line of lines) check(sample, line);
    const summary = lines.pop();
    expect(summary?.schema).toBe('codoperf/summary@1');
    expect(new Set(lines.map(({ schema }) => schema))).toEqual(new Set(['codoperf/sample@1']));
    // A busy machine may miss a tick, and then says so.
    expect(lines.length + (summary?.window.missed ?? Number.NaN)).toBe(2);
  });
});

test('--once --format json', async () => {
  const { stdout } = await cli(['monitor-stats', '--once', '--format', 'json']);
  check(once, JSON.parse(stdout));
});

describe('a host that has hardly anything', () => {
  const host = new FakeHost();
  beforeAll(() => {
    for (const file of ['proc/net', 'proc/pressure', 'proc/vmstat', 'proc/diskstats', 'proc/loadavg', 'sys/fs'])
      host.remove(file);
  });

  test('every key is there, null', async () => {
    const { stdout } = await cli([...quick, '--format', 'json', '-v', ...host.args]);
    const value = JSON.parse(stdout) as {
      resources: Record<string, Record<string, { mean: unknown; samples: number }>>;
    };
    check(report, value);
    expect(value.resources.pressure.io_some_ratio).toMatchObject({ mean: null, samples: 0 });
    expect(value.resources.memory.faults_per_second).toMatchObject({ mean: null, samples: 0 });
  });
});

test('a value that the schema does not know is found', () => {
  expect(report({ schema: 'codoperf/monitor-stats@1', extra: 1 })).toBe(false);
});
