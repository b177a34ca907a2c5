/** Signals: whenever they come, there is a whole valid result or none. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/cli.ts';
import { start } from '../../support/running.ts';

interface Report {
  schema: string;
  window: { interrupted: boolean; samples: number; missed: number; gaps: number; duration_seconds: number };
  resources: {
    cpu: Record<string, { max: number; mean: number }> & { scheduler: Record<string, { max: number; p50: number }> };
  };
}

const report = (text: string): Report => JSON.parse(text) as Report;
const long = ['monitor-stats', '--duration', '600', '-i', '0.2', '--format', 'json'];
/** When Node.js on a loaded machine may still be starting. */
const EARLY_MS = 300;

describe('Ctrl-C', () => {
  test.each(Array.from({ length: 10 }, (_, i) => [Math.round(i < 4 ? i * 60 : 300 + Math.random() * 1200)]))(
    'after %d ms',
    async (ms) => {
      const file = path.join(temporaryDirectory(), 'out.json');
      const running = await start([...long, '--output-file', file]);
      await running.wait(ms);
      running.kill('SIGINT');
      const { code, signal, stderr } = await running.ended;
      const whole = fs.existsSync(file);
      if (ms >= EARLY_MS || stderr !== '') expect(whole).toBe(true);
      if (whole) {
        expect([code, signal]).toEqual([0, null]);
        expect(report(fs.readFileSync(file, 'utf8')).window).toMatchObject({ interrupted: true });
      } else {
        expect(code === 130 || signal === 'SIGINT').toBe(true);
      }
      expect(fs.readdirSync(path.dirname(file)).filter((name) => name !== 'out.json')).toEqual([]);
    },
  );

  test('a second one ends at once, and leaves no file', async () => {
    const file = path.join(temporaryDirectory(), 'pipe');
    const running = await start([...long, '--output-file', `${file}.json`]);
    await running.wait(600);
    running.child.kill('SIGSTOP');
    running.kill('SIGINT');
    running.child.kill('SIGCONT');
    running.kill('SIGINT');
    const { code, signal } = await running.ended;
    // The first may have been enough by the time the second came.
    if (code === 0) expect(report(fs.readFileSync(`${file}.json`, 'utf8')).window.interrupted).toBe(true);
    else {
      expect(code === 130 || signal === 'SIGINT').toBe(true);
      expect(fs.readdirSync(path.dirname(file))).toEqual([]);
    }
  });

  test.each(['text', 'csv', 'ndjson', 'prometheus', 'sysstat-json'])(
    'in the middle of %s: the end is there',
    async (format) => {
      const running = await start(['monitor-stats', '--duration', '600', '-i', '0.1', '--format', format]);
      await running.wait(900);
      running.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(0);
      expect(stdout.endsWith('\n')).toBe(true);
      if (format === 'text') expect(stdout).toContain('ended early');
      if (format === 'ndjson')
        expect(report(stdout.trimEnd().split('\n').at(-1) as string)).toMatchObject({
          schema: 'codoperf/summary@1',
          window: { interrupted: true },
        });
      if (format === 'sysstat-json') expect(() => JSON.parse(stdout) as unknown).not.toThrow();
      if (format === 'csv')
        expect(
          stdout
            .trimEnd()
            .split('\n')
            .every((line) => line.split(',').length >= 6),
        ).toBe(true);
    },
  );
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s: exit %d with the result written', async (name, exitCode) => {
  const running = await start(long);
  await running.wait(900);
  running.kill(name);
  const { code, stdout } = await running.ended;
  expect(code).toBe(exitCode);
  expect(report(stdout).window.interrupted).toBe(true);
});

test('SIGUSR2: a summary on stderr, and the measurement goes on', async () => {
  const running = await start(['monitor-stats', '--duration', '2', '-i', '0.2', '--format', 'json']);
  await running.wait(1000);
  running.kill('SIGUSR2');
  const { code, stdout, stderr } = await running.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/utilisation +saturation +errors/);
  expect(report(stdout).window).toMatchObject({ interrupted: false, samples: 10 });
});

test('stopped for 10 s: a gap, not a spike', async () => {
  const running = await start(['monitor-stats', '--duration', '13', '-i', '0.5', '--format', 'json', '-v']);
  await running.wait(1800);
  running.kill('SIGSTOP');
  await running.wait(10_000);
  running.kill('SIGCONT');
  const { code, stdout } = await running.ended;
  const { window, resources } = report(stdout);
  expect(code).toBe(0);
  expect(window.gaps).toBe(1);
  expect(window.missed).toBeGreaterThanOrEqual(18);
  expect(window.samples + window.missed).toBe(26);
  expect(window.duration_seconds).toBeCloseTo(13, 0);
  const idle = resources.cpu.idle_ratio;
  expect(idle.max).toBeLessThanOrEqual(1);
  // As rates over the pause would be 20 times the usual ones.
  const { max, p50 } = resources.cpu.scheduler.context_switches_per_second;
  expect(max).toBeLessThan(Math.max(20_000, p50 * 15));
}, 30_000);

test('every tick is taken, none drifts', async () => {
  const running = await start([
    'monitor-stats',
    '--duration',
    '2',
    '-i',
    '0.05',
    '--format',
    'ndjson',
    '--monitor-type',
    'memory',
  ]);
  const { stdout } = await running.ended;
  const samples = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { t: string; window?: { samples: number; missed: number } });
  const { window } = samples.pop() as { window: { samples: number; missed: number } };
  expect(window.samples + window.missed).toBe(40);
  const times = samples.map(({ t }) => Date.parse(t));
  // A busy machine makes single ticks late; a schedule that drifts makes all of the later ones.
  const late = times.map((t) => ((t - times[0] + 25) % 50) - 25);
  const drift = median(late.slice(-10)) - median(late.slice(0, 10));
  expect(Math.abs(drift)).toBeLessThan(10);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
