/** Every bench in its shortest form: it runs, cleans up behind itself and prints its lines. Not what the figures are. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const LINE = /^(.+?) {2,}ours (\S+) (us|ms|MB|%|points|M\/s) .*(PASS|MISS|INFO)/;

let scratch = '';

beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-test-'));
});

afterAll(() => {
  fs.rmSync(scratch, { recursive: true, force: true });
});

/** Temporary folders of benches belong to this test alone when TMPDIR does. */
const env = (): NodeJS.ProcessEnv => ({ ...process.env, TMPDIR: scratch });

function bench(args: readonly string[]): {
  lines: string[];
  json: { results: Record<string, { figures: unknown[] }> };
} {
  const file = path.join(scratch, 'figures.json');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/run.mjs', ...args, '--json', file], {
    cwd: root,
    env: env(),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.rmSync(file);
  expect(fs.readdirSync(scratch)).toEqual([]);
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) expect(line).toMatch(LINE);
  return { lines: lines.map((line) => (LINE.exec(line) as RegExpExecArray)[1]), json };
}

describe('bench', () => {
  test('collect', () => {
    const { lines, json } = bench(['collect', '--rounds', '1', '--iterations', '200']);
    expect(lines).toEqual(['12 files, hot loop']);
    expect(json.results.collect.figures).toHaveLength(1);
  });

  test('cli', () => {
    expect(bench(['cli', '--rounds', '2']).lines).toEqual(['--help, CPU']);
  });

  test('live, memory and the fast interval', () => {
    const { lines } = bench([
      'live',
      '--part',
      'fast',
      '--part',
      'memory',
      '--part',
      'growth',
      '--seconds',
      '4',
      '--samples',
      '500',
    ]);
    expect(lines).toHaveLength(5);
  });

  test('live, beside rivals', { timeout: 300_000 }, () => {
    const { lines, json } = bench([
      'live',
      '--part',
      'host',
      '--part',
      'processes',
      '--together',
      '--seconds',
      '2',
      '--rounds',
      '1',
    ]);
    expect(lines).toHaveLength(9);
    expect(json.results.live.figures).toHaveLength(9);
  });

  test('accuracy', { timeout: 300_000 }, () => {
    expect(bench(['accuracy', '--seconds', '3']).lines).toHaveLength(4);
  });

  test('agent', { timeout: 300_000 }, () => {
    const parts = ['http', 'startup', 'idle', 'gc', 'stall'].flatMap((part) => ['--part', part]);
    expect(bench(['agent', ...parts, '--rounds', '1', '--seconds', '1', '--iterations', '200']).lines).toHaveLength(12);
  });

  test('cache', { timeout: 300_000 }, () => {
    expect(bench(['cache', '--rounds', '1', '--iterations', '20']).lines).toHaveLength(5);
  });

  test('analyze', { timeout: 300_000 }, () => {
    expect(bench(['analyze', '--rounds', '1']).lines).toHaveLength(2);
  });

  test('Ctrl-C ends what was started', { timeout: 60_000 }, async () => {
    const args = ['bench/run.mjs', 'live', '--part', 'memory', '--seconds', '600'];
    const child = spawn(process.execPath, args, { cwd: root, env: env(), stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const started = await waitFor(() => descendantOf(child.pid as number, 'monitor-stats'));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(isRunning(started)).toBe(false);
    expect(fs.readdirSync(scratch)).toEqual([]);
  });
});

async function waitFor<T>(find: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not happen within 30 s');
}

/** The child of `parent` whose command line holds `word`. */
function descendantOf(parent: number, word: string): number | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)], { encoding: 'utf8' });
  const line = stdout.split('\n').find((each) => each.includes(word));
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

/** Whether there is such a process, a zombie aside that nobody has waited for yet. */
function isRunning(pid: number): boolean {
  try {
    return !fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false; // It is gone altogether.
  }
}
