/** `analyze` and `explain` on this host: real measurements, short ones. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { AnalysisReport } from '../../../src/report/analysis-report.ts';
import { cli, temporaryDirectory } from '../../support/cli.ts';
import { start } from '../../support/running.ts';

const ajv = new Ajv2020({
  strict: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.endsWith('Z') },
});
const schema = ajv.compile(JSON.parse(fs.readFileSync('schemas/analyze.schema.json', 'utf8')) as object);

function parsed(stdout: string): AnalysisReport {
  const report = JSON.parse(stdout) as AnalysisReport;
  schema(report);
  expect(schema.errors ?? []).toEqual([]);
  return report;
}

/** A rule that always holds on any host. */
const always = `groups:
  - name: mine.always
    rules:
      - alert: MineAlways
        expr: node_memory_MemTotal_bytes > 0
        labels: { rule_id: mine.always, severity: critical, resource: memory }
        annotations:
          summary: "This host has {{ $value | humanize1024 }}B."
          recommendation: "Nothing."
          source: a test
`;

function rulesFile(text: string): string {
  const file = path.join(temporaryDirectory(), 'mine.yml');
  fs.writeFileSync(file, text);
  return file;
}

const short = ['analyze', '--duration', '0.6', '-i', '0.2'];

describe('analyze', () => {
  test('says with -v what it looked at', async () => {
    const { stdout } = await cli([...short, '-v']);
    expect(stdout).toMatch(/^cpu\.util +(?:nothing|found)/m);
    expect(stdout).toMatch(/\d+ rules; codoperf itself: /);
  });

  test('judges this host by every rule', async () => {
    const { stdout, code } = await cli([...short, '--format', 'json']);
    expect([0, 3, 6]).toContain(code);
    const report = parsed(stdout);
    expect(report.source).toEqual({ kind: 'live' });
    expect(report.window).toMatchObject({ interrupted: false, interval_seconds: 0.2 });
    // On a loaded machine ticks are missed.
    expect(report.window.samples).toBeGreaterThanOrEqual(1);
    expect(report.rules.length).toBeGreaterThanOrEqual(40);
    expect(report.rules.find(({ rule_id }) => rule_id === 'cpu.util')?.state).toMatch(/^(?:silent|fired)$/);
  });

  test('takes rules of the user, ranks what they find, and fails on it when asked to', async () => {
    const file = rulesFile(always);
    const { stdout, code } = await cli([
      ...short,
      '--rules',
      file,
      '--resource',
      'memory',
      '--fail-on',
      'critical',
      '--format',
      'json',
    ]);
    const report = parsed(stdout);
    expect(report.rule_problems.filter(({ file: where }) => where === file)).toEqual([]);
    const mine = report.findings.find(({ rule_id }) => rule_id === 'mine.always');
    expect(mine).toMatchObject({ severity: 'critical', resource: 'memory', subject: null, symptoms: [] });
    expect(mine?.evidence[0]).toMatchObject({ expr: 'node_memory_MemTotal_bytes > 0', unit: 'bytes' });
    expect(report.rules.every(({ rule_id }) => rule_id.startsWith('mem.') || rule_id === 'mine.always')).toBe(true);
    expect([6, 21]).toContain(code);
  });

  test('a bad file of rules is told with its line, the rest runs, and the exit code is 6', async () => {
    const file = rulesFile(always.replace('> 0', '> > 0'));
    const { stdout, stderr, code } = await cli([...short, '--rules', file, '--resource', 'cpu']);
    expect(code).toBe(6);
    expect(stderr).toContain(`${file}:5: expr, column `);
    expect(stdout).toContain('11 rules');
  });

  test('a rule of the user takes the place of a built-in one, which -v says', async () => {
    const file = rulesFile(always.replaceAll('mine.always', 'mem.avail'));
    const { stderr, stdout } = await cli([...short, '--rules', file, '--resource', 'memory', '-v']);
    expect(stderr).toContain('your rule mem.avail takes the place of the built-in one');
    expect(stdout).toContain('This host has');
  });

  test('Ctrl-C gives the whole result early', async () => {
    const running = await start(['analyze', '--duration', '600', '-i', '0.2', '--resource', 'cpu', '--format', 'json']);
    await running.wait(4000);
    running.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect([code, parsed(stdout).window.interrupted]).toEqual([0, true]);
  });

  test('a host that is not there ends it', async () => {
    const folder = temporaryDirectory();
    const { code, stderr } = await cli([...short, '--path.procfs', folder, '--path.sysfs', folder]);
    expect(code).toBe(4);
    expect(stderr).toContain('not one collector could read its source');
    const gone = await cli([...short, '--path.procfs', '/nowhere']);
    expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining("'/nowhere', which does not exist")]);
  });

  test.each([
    [['--instance', 'web-7'], 'it needs --url'],
    [['--url', 'http://127.0.0.1:1', '--pid', '1'], 'give one of them'],
    [['--resource', 'cpus'], 'cpu'],
    [['--duration', '1', '-i', '2'], 'longer than the duration'],
    [['--output-file', 'x.csv'], '.json'],
  ])('%j is a usage error', async (args, text) => {
    const { code, stderr } = await cli(['analyze', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  test('a file is written as a whole', async () => {
    const file = path.join(temporaryDirectory(), 'diagnosis.json');
    const { stdout } = await cli([...short, '--output-file', file]);
    expect(stdout).toBe('');
    parsed(fs.readFileSync(file, 'utf8'));
  });

  test('finds the program that takes all CPUs, and names it', async () => {
    const busy = Array.from({ length: 6 }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
    try {
      // Others may be busier on a machine that runs tests.
      const watched = busy.flatMap(({ pid }) => ['--pid', String(pid)]);
      const args = ['analyze', '--duration', '5', '--resource', 'cpu', '--format', 'json', ...watched];
      const { stdout } = await cli(args);
      const [first] = parsed(stdout).findings;
      expect(first.rule_id).toBe('cpu.psi');
      expect(first.symptoms.map(({ rule_id }) => rule_id)).toContain('cpu.util');
      const pids = first.evidence
        .filter(({ stat }) => stat === 'top processes')
        .map(({ labels }) => Number(labels.pid));
      expect(busy.some(({ pid }) => pid !== undefined && pids.includes(pid))).toBe(true);
    } finally {
      for (const child of busy) child.kill('SIGKILL');
    }
  });
});

describe('explain', () => {
  test('lists rules by resource', async () => {
    expect((await cli(['explain'])).stdout).toMatch(/^cpu\.psi +warning, critical +CPU is short/m);
  });

  test('prints everything of one', async () => {
    const { stdout } = await cli(['explain', 'cpu.psi']);
    for (const part of [
      'critical when',
      'Cause',
      'Evidence',
      'Recommendation',
      'How to verify',
      'Explains',
      'Source of the threshold',
    ])
      expect(stdout).toContain(part);
  });

  test('knows rules of the user, and asks back at a slip', async () => {
    expect((await cli(['explain', '--rules', rulesFile(always), 'mine.always'])).stdout).toContain('This host has NB.');
    const { code, stderr } = await cli(['explain', 'cpu.pssi']);
    expect(code).toBe(2);
    expect(stderr).toContain("there is no rule 'cpu.pssi'. Did you mean cpu.psi?");
  });
});
