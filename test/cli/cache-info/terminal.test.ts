/** `cache-info` on a terminal: the question before a clear, and `--watch`. `script` of util-linux is the terminal. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CacheReport } from '../../../src/report/cache-report.ts';
import { cli, probeEntry } from '../../support/cli.ts';
import { start } from '../../support/running.ts';
import { WatchedPlace } from '../../support/watched.ts';

const place = new WatchedPlace();
let entry = '';
beforeAll(async () => {
  entry = (await probeEntry()).replace('probe.js', 'codoperf.js');
  await place.start(`
    const users = caches.track(new LRUCache({ max: 100 }), { name: 'users' });
    for (let i = 0; i < 20; i++) users.set(i, i);
    setInterval(() => users.get(1), 10);
    ready();`);
});
afterAll(() => place.close());

/** Runs codoperf on a terminal and types `answer` once it asks. */
async function onTerminal(args: string, answer: string): Promise<{ code: number | null; screen: string }> {
  const line = `${process.execPath} ${entry} ${args}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', HOME: place.root, ...place.env },
    cwd: place.root,
  });
  let screen = '';
  let answered = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    if (answered || !screen.includes('[y/N]')) return;
    answered = true;
    child.stdin.write(`${answer}\r`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, screen };
}

async function entries(): Promise<number | null | undefined> {
  const { stdout } = await cli(['cache-info', '--cache-type', 'function', '--format', 'json'], { env: place.env });
  return (JSON.parse(stdout) as CacheReport).caches[0].stats?.entries;
}

describe('--clear-cache', () => {
  test.each(['n', '', 'yess'])('the answer %j clears nothing', async (answer) => {
    const { code, screen } = await onTerminal('cache-info --cache-type function --clear-cache', answer);
    expect(code).toBe(0);
    expect(screen).toMatch(/This will clear:\r?\n {2}users in process \d+: 20 entries/);
    expect(await entries()).toBe(20);
  });

  test('yes clears', async () => {
    const { code, screen } = await onTerminal('cache-info --cache-type function --clear-cache --cache users', 'y');
    expect(code).toBe(0);
    expect(screen).toContain('20 entries before, 0 after');
    expect(await entries()).toBe(0);
  });
});

describe('--watch', () => {
  const args = ['cache-info', '--cache-type', 'function', '--watch', '-i', '0.3'];

  test('a line of JSON each time, with the rates in between; Ctrl-C ends it with 0', async () => {
    const running = await start([...args, '--format', 'json'], place.env);
    for (let waited = 0; running.stdout.split('\n').length < 4 && waited < 20_000; waited += 50) await running.wait(50);
    running.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const reports = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CacheReport);
    const windows = reports.slice(1, 3).map(({ caches }) => caches[0].stats?.window_seconds ?? 0);
    for (const seconds of windows) {
      expect(seconds).toBeGreaterThan(0.25);
      expect(seconds).toBeLessThan(5);
    }
    expect(reports[2].caches[0].stats?.lookups_per_second).toBeGreaterThan(1);
  });

  test('a terminal is redrawn', async () => {
    const line = `timeout -s INT 6 ${process.execPath} ${entry} ${args.join(' ')}`;
    const child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm', HOME: place.root, ...place.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    await new Promise((resolve) => child.once('close', resolve));
    expect(screen.split('\u001b[H\u001b[2J').length).toBeGreaterThan(2);
    expect(screen).toContain('users');
  });
});
