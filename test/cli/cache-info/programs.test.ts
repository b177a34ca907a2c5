/** `cache-info` and the caches of programs: shown, judged, cleared, with real processes. */
import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CacheReport } from '../../../src/report/cache-report.ts';
import type { CliResult } from '../../support/cli.ts';
import { cli } from '../../support/cli.ts';
import { WatchedPlace } from '../../support/watched.ts';

const place = new WatchedPlace();
const empty = new WatchedPlace();
afterAll(async () => {
  await place.close();
  await empty.close();
});

const ajv = new Ajv2020({
  strict: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.endsWith('Z') },
});
const schema = ajv.compile(JSON.parse(fs.readFileSync('schemas/cache-info.schema.json', 'utf8')) as object);

function info(args: readonly string[], where = place): Promise<CliResult> {
  return cli(['cache-info', '--cache-type', 'function', ...args], { env: where.env });
}

async function report(args: readonly string[], where = place): Promise<CacheReport> {
  const { stdout, stderr, code } = await info(['--format', 'json', ...args], where);
  expect(stderr).toBe('');
  expect([0, 3]).toContain(code);
  const value = JSON.parse(stdout) as CacheReport;
  schema(value);
  expect(schema.errors ?? []).toEqual([]);
  return value;
}

const actions = (): Record<string, unknown>[] => {
  const file = path.join(place.env.CODOPERF_STATE_DIR, 'actions.ndjson');
  if (!fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('nothing runs', () => {
  test('it says how to get there, and that is no failure', async () => {
    const { code, stdout, stderr } = await info([], empty);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('no Node.js process runs with the agent');
    expect(stdout).toContain('codoperf run -- node app.js');
    expect(stdout).toContain("import { track } from 'codoperf/caches'");
  });

  test('json has every key', async () => {
    const value = await report([], empty);
    expect(value).toMatchObject({ schema: 'codoperf/cache-info@1', processes: [], caches: [], cleared: null });
  });

  test('a process that was named and has no agent: exit 4, and what to do', async () => {
    const { code, stderr } = await info(['--pid', String(process.pid)], empty);
    expect(code).toBe(4);
    expect(stderr).toContain(`--attach ${process.pid} --allow-attach`);
  });
});

const shop = `
  const users = caches.track(new LRUCache({ max: 10 }), { name: 'users', prefixOf: (key) => key.split(':')[0] });
  const sessions = caches.track(new Map(), { name: 'sessions' });
  const load = caches.measure('load', (id) => ({ id }));
  for (let i = 0; i < 40; i++) if (users.get('user:' + i) === undefined) users.set('user:' + i, load(i));
  for (let i = 30; i < 40; i++) users.get('user:' + i);
  users.get('team:1');
  for (let i = 0; i < 5; i++) sessions.set('s' + i, { i });
  setInterval(() => [users, sessions], 1000);
  ready();`;

describe('a program', () => {
  let pid = 0;
  beforeAll(async () => {
    ({ pid } = await place.start(shop));
  });

  test('its caches with their counters', async () => {
    const { caches, functions, processes } = await report(['--pid', String(pid)]);
    expect(processes).toMatchObject([{ pid, state: 'answered', node: process.version }]);
    const users = caches.find(({ name }) => name === 'users');
    expect(users).toMatchObject({ type: 'function', kind: 'lru-cache', pid, thread: 0 });
    expect(users?.stats).toMatchObject({ hits: 10, misses: 41, sets: 40, evictions: 30, entries: 10, capacity: 10 });
    expect(users?.stats?.hit_ratio).toBeCloseTo(10 / 51);
    expect(users?.groups).toEqual([
      { prefix: 'user', hits: 10, misses: 40, sets: 40 },
      { prefix: 'team', hits: 0, misses: 1, sets: 0 },
    ]);
    expect(caches.find(({ name }) => name === 'sessions')?.stats).toMatchObject({ entries: 5, capacity: null });
    expect(functions).toMatchObject([{ name: 'load', pid, calls: 40, errors: 0 }]);
  });

  test('as text', async () => {
    const { stdout, code } = await info(['--pid', String(pid)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^users +lru-cache +app-\d+\.mjs\[\d+\] +10 +10 +19\.6/m);
    expect(stdout).toMatch(/^sessions +\S+ +\S+ +5 +none/m);
    expect(stdout).toMatch(/^load +\S+ +40 +0/m);
  });

  test('--no-show-stats: which there are, and nothing more', async () => {
    const { caches, functions } = await report(['--no-show-stats']);
    expect(caches.length).toBeGreaterThan(1);
    expect(caches.every(({ stats }) => stats === null)).toBe(true);
    expect(functions).toEqual([]);
  });

  test('--format prometheus: series under the names of the reference', async () => {
    const { stdout } = await info(['--format', 'prometheus', '--pid', String(pid)]);
    expect(stdout).toContain(`codoperf_cache_hits_total{cache="users",pid="${pid}",type="function"} 10\n`);
    expect(stdout).toContain('# TYPE codoperf_cache_hits_total counter\n');
  });

  test('--output-file is written as a whole', async () => {
    const file = path.join(place.root, 'caches.json');
    const { code, stdout } = await info(['--output-file', file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(schema(JSON.parse(fs.readFileSync(file, 'utf8')))).toBe(true);
  });
});

describe('--clear-cache', () => {
  let first = 0;
  let second = 0;
  const two = new WatchedPlace();
  beforeAll(async () => {
    const code = `
      const users = caches.track(new LRUCache({ max: 100 }), { name: 'users' });
      const teams = caches.track(new Map(), { name: 'teams' });
      for (let i = 0; i < 20; i++) { users.set((i % 2 ? 'odd:' : 'even:') + i, i); teams.set(i, i); }
      setInterval(() => [users, teams], 1000);
      ready();`;
    ({ pid: first } = await two.start(code));
    ({ pid: second } = await two.start(code));
  });
  afterAll(() => two.close());

  const entriesOf = async (name: string, pid: number): Promise<number | null | undefined> =>
    (await report(['--pid', String(pid)], two)).caches.find((each) => each.name === name)?.stats?.entries;

  test('with nobody to ask it is a dry run', async () => {
    const value = await report(['--clear-cache'], two);
    expect(value.cleared).toEqual([]);
    expect(value.would_clear?.map(({ name, pid, entries_before }) => [name, pid, entries_before])).toEqual([
      ['users', first, 20],
      ['teams', first, 20],
      ['users', second, 20],
      ['teams', second, 20],
    ]);
    expect(await entriesOf('users', first)).toBe(20);
  });

  test('keys by prefix in one process', async () => {
    const value = await report(['--clear-cache', '--prefix', 'odd:', '--yes', '--pid', String(first)], two);
    expect(value.cleared).toMatchObject([{ name: 'users', pid: first, entries_before: 20, entries_after: 10 }]);
    expect(value.would_clear).toBeNull();
    expect(await entriesOf('users', first)).toBe(10);
    expect(await entriesOf('users', second)).toBe(20);
  });

  test('one cache by name, in every process that has it', async () => {
    const value = await report(['--clear-cache', '--cache', 'users', '--yes'], two);
    expect(value.cleared?.map(({ name, pid }) => [name, pid])).toEqual([
      ['users', first],
      ['users', second],
    ]);
    expect(await entriesOf('users', second)).toBe(0);
    expect(await entriesOf('teams', second)).toBe(20);
  });

  test("'*' is every one", async () => {
    await report(['--clear-cache', '--cache', '*', '--yes'], two);
    expect(await entriesOf('teams', first)).toBe(0);
    expect(await entriesOf('teams', second)).toBe(0);
  });

  test('every action is written down', () => {
    const file = path.join(two.env.CODOPERF_STATE_DIR, 'actions.ndjson');
    const lines = fs
      .readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      action: 'clear',
      target: 'users',
      pid: first,
      prefix: 'odd:',
      entries_before: 20,
    });
    expect(lines.length).toBeGreaterThanOrEqual(7);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a name that no cache has: exit 4', async () => {
    const { code, stderr, stdout } = await info(['--clear-cache', '--cache', 'nobody', '--yes'], two);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain("no cache named 'nobody'");
  });

  test('a module cache of a process that does not allow it: exit 7, nothing cleared', async () => {
    const args = ['cache-info', '--cache-type', 'module', '--clear-cache', '--cache', 'require', '--yes'];
    const { code, stdout } = await cli([...args, '--format', 'json'], { env: two.env });
    expect(code).toBe(7);
    const value = JSON.parse(stdout) as CacheReport;
    expect(value.cleared).toEqual([]);
    expect(value.notes.join('\n')).toContain('CODOPERF_ALLOW_MODULE_CLEAR');
  });

  test('nothing was written down elsewhere', () => expect(actions()).toEqual([]));
});

describe('what does not fit together is a usage error', () => {
  test.each([
    [['--yes']],
    [['--cache', 'users']],
    [['--prefix', 'a']],
    [['--clear-cache', '--yes']],
    [['--watch', '--clear-cache']],
    [['--watch', '--output-file', 'x.json']],
    [['--output-file', 'x.csv']],
    [['--attach', '1']],
    [['--pid', '0']],
    [['--sample-keys', '0']],
    [['--redis', 'http://127.0.0.1/']],
    [['--cache-type', 'modules']],
    [['--clear-cache', '--cache', 'redis://127.0.0.1:1', '--yes']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await cli(['cache-info', ...args], { env: empty.env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^codoperf: .*\n {2}\S/);
  });
});

describe('a program that does not answer', () => {
  const stuck = new WatchedPlace();
  afterAll(() => stuck.close());

  test('it is told, and the others are shown: exit 3', async () => {
    const blocked = await stuck.start(`
      ready();
      setTimeout(() => { const end = Date.now() + 15_000; while (Date.now() < end); }, 300);`);
    const fine = await stuck.start(shop);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { code, stdout } = await info(['--format', 'json'], stuck);
    expect(code).toBe(3);
    const value = JSON.parse(stdout) as CacheReport;
    expect(value.processes.map(({ pid, state }) => [pid, state])).toEqual([
      [blocked.pid, 'silent'],
      [fine.pid, 'answered'],
    ]);
    expect(value.caches.some(({ name, pid }) => name === 'users' && pid === fine.pid)).toBe(true);
  });
});

describe('worker threads', () => {
  const threads = new WatchedPlace();
  afterAll(() => threads.close());

  test('their caches carry the thread', async () => {
    await threads.start(`
      import { Worker, isMainThread } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url)).once('message', () => ready());
      else {
        const { parentPort } = await import('node:worker_threads');
        const cache = caches.track(new LRUCache({ max: 5 }), { name: 'in-worker' });
        cache.set('a', 1);
        setInterval(() => cache, 1000);
        parentPort.postMessage('up');
      }
      setInterval(() => undefined, 1000);`);
    const { caches } = await report([], threads);
    expect(caches.map(({ name, thread }) => [name, thread])).toEqual([['in-worker', 1]]);
  });
});
