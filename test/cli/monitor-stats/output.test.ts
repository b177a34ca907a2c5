/** Where the result goes: files that cannot be written, readers that leave, exit codes. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, shell, temporaryDirectory } from '../../support/cli.ts';
import { FakeHost, quietState } from '../../support/fake-host.ts';
import { start } from '../../support/running.ts';

const quick = ['monitor-stats', '--duration', '0.2', '-i', '0.1'];
const isRoot = process.getuid?.() === 0;

describe('an output file that cannot be written is known before the measurement', () => {
  const directory = temporaryDirectory();
  fs.mkdirSync(path.join(directory, 'dir.json'));
  fs.writeFileSync(path.join(directory, 'file'), '');
  test.each([
    ['its directory is missing', 'no/such/out.json', 'its directory does not exist'],
    ['it is a directory', 'dir.json', 'it is a directory'],
    ['below a file', 'file/out.json', 'a part of its path is a file'],
    ['procfs', '/proc/out.json', /does not exist|permission|not allowed|not permitted/],
  ])('%s', async (_name, file, reason) => {
    const began = Date.now();
    const { code, stdout, stderr } = await cli(
      ['monitor-stats', '--duration', '60', '-o', file]
        .map((word) => (word === '-o' ? '--output-file' : word))
        .concat(file.includes('.') ? [] : ['--format', 'json']),
      { cwd: directory },
    );
    expect([code, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(reason);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test('a directory that may not be written', async () => {
    const closed = temporaryDirectory();
    fs.chmodSync(closed, 0o555);
    const { code, stderr } = await cli([...quick, '--output-file', `${closed}/out.json`], {
      uid: isRoot ? 65_534 : undefined,
      cwd: '/',
    });
    expect(code).toBe(5);
    expect(stderr).toContain('not allowed to write');
  });
});

describe.runIf(isRoot)('a full disk', () => {
  const directory = temporaryDirectory();
  const mount = path.join(directory, 'full');
  beforeAll(() => {
    fs.mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'codoperf-test', mount]);
  });
  afterAll(() => void execFileSync('umount', [mount]));

  test('exit 5, the old result as it was, nothing left over', async () => {
    fs.writeFileSync(path.join(mount, 'out.json'), 'old');
    const { code, stderr } = await cli([...quick, '-v', '--output-file', path.join(mount, 'out.json')]);
    expect(code).toBe(5);
    expect(stderr).toContain('no space left on the device');
    expect(fs.readFileSync(path.join(mount, 'out.json'), 'utf8')).toBe('old');
    expect(fs.readdirSync(mount)).toEqual(['out.json']);
  });

  test('stdout on it: exit 5 as well', async () => {
    const { code, stderr } = await shell(
      `codoperf monitor-stats --duration 0.2 -i 0.1 -v --format json > ${mount}/redirected`,
    );
    expect(code).toBe(5);
    expect(stderr).toContain('no space left');
  });
});

test('a result file is written whole, in the format of its name; stdout stays empty', async () => {
  const directory = temporaryDirectory();
  for (const [name, check] of [
    ['a.json', (text: string) => (JSON.parse(text) as { schema: string }).schema],
    [
      'a.ndjson',
      (text: string) => (JSON.parse(text.trimEnd().split('\n').at(-1) as string) as { schema: string }).schema,
    ],
    ['a.csv', (text: string) => text.split('\n')[0]],
    ['a.prom', (text: string) => text.split(' ')[0]],
    ['a.txt', (text: string) => /codoperf itself/.exec(text)?.[0]],
  ] as const) {
    const { code, stdout, stderr } = await cli([...quick, '--output-file', name], { cwd: directory });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    expect(check(fs.readFileSync(path.join(directory, name), 'utf8'))).toBeTruthy();
  }
  expect(fs.readdirSync(directory).toSorted()).toEqual(['a.csv', 'a.json', 'a.ndjson', 'a.prom', 'a.txt']);
});

test.each(['ndjson', 'csv', 'sysstat-json'])('a reader that leaves ends it quietly: %s | head -c 1', async (format) => {
  const began = Date.now();
  const line = `codoperf monitor-stats --duration 60 -i 0.1 --format ${format} | head -c 1; exit \${PIPESTATUS[0]}`;
  const { code, stdout, stderr } = await shell(line);
  expect([code, stdout.length, stderr]).toEqual([0, 1, '']);
  expect(Date.now() - began).toBeLessThan(10_000);
});

test.each(['text', 'json', 'prometheus'])('a reader that leaves before the end: %s | true', async (format) => {
  const { code, stderr } = await shell(
    `codoperf monitor-stats --duration 0.5 -i 0.1 --format ${format} | true; exit \${PIPESTATUS[0]}`,
  );
  expect([code, stderr]).toEqual([0, '']);
});

test('3 MB through a pipe that is read slowly', async () => {
  const state = quietState();
  for (let i = 0; i < 2500; i++) state.disks[`disk${i}`] = Array.from({ length: 17 }, () => i);
  const host = new FakeHost(state);
  const { code, stdout } = await shell(
    `codoperf monitor-stats --once ${host.args.join(' ')} | (sleep 1; cat); exit \${PIPESTATUS[0]}`,
  );
  expect(code).toBe(0);
  expect(stdout.length).toBeGreaterThan(2e6);
  expect(stdout.endsWith('\n')).toBe(true);
  const json = await shell(
    `codoperf monitor-stats --duration 0.2 -i 0.1 --format json -v ${host.args.join(' ')} | (sleep 1; cat); exit \${PIPESTATUS[0]}`,
  );
  expect(json.stdout.length).toBeGreaterThan(3e6);
  JSON.parse(json.stdout);
}, 60_000);

describe('exit codes', () => {
  const host = new FakeHost();
  const on = async (...args: string[]): Promise<number | null> => (await cli([...quick, ...host.args, ...args])).code;

  test.each([
    [[], 0],
    [['--fail-on', 'warning'], 0],
    [['--warn', 'memory.used>1'], 0],
    [['--warn', 'memory.used>1', '--fail-on', 'warning'], 20],
    [['--warn', 'memory.used>1', '--fail-on', 'critical'], 0],
    [['--crit', 'memory.used>1', '--fail-on', 'critical'], 21],
    [['--crit', 'memory.used>1', '--fail-on', 'warning'], 21],
    [['--crit', 'memory.used>1', '--warn', 'memory.used>1', '--fail-on', 'warning'], 21],
    [['--crit', 'memory.used>99', '--fail-on', 'critical'], 0],
    [['--warn', 'memory.used', '--fail-on', 'critical'], 2],
  ])('%j: %d', async (args, code) => expect(await on(...args)).toBe(code));

  test('a finding outweighs partial data, which outweighs nothing', async () => {
    const partial = new FakeHost();
    partial.remove('proc/diskstats');
    expect((await cli([...quick, ...partial.args])).code).toBe(3);
    expect((await cli([...quick, ...partial.args, '--warn', 'memory.used>1', '--fail-on', 'warning'])).code).toBe(20);
    expect((await cli([...quick, ...partial.args, '--output-file', '/no/such.json'])).code).toBe(5);
    expect((await cli([...quick, '--path.procfs=/nonexistent', '--pid', '1'])).code).toBe(4);
    expect((await cli(['monitor-stats', '--once', ...partial.args])).code).toBe(3);
  });

  test('a limit on what was not observed is said, not failed', async () => {
    const { code, stderr } = await cli([
      ...quick,
      ...host.args,
      '--crit',
      'memory.swap_used>1',
      '--fail-on',
      'critical',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('cannot tell about the limit memory.swap_used>1');
  });
});

test('the interval lengthens when codoperf costs more than it may, and says so', async () => {
  const state = quietState();
  for (let pid = 1000; pid < 5000; pid++) state.processes[pid] = { name: 'p', user: 1, system: 1 };
  const host = new FakeHost(state);
  const running = await start([
    'monitor-stats',
    '--duration',
    '18', // 10 s to warm up, 5 s to judge
    '-i',
    '0.5',
    '--max-overhead',
    '0.1',
    '--format',
    'json',
    ...host.args,
  ]);
  const { stdout, stderr } = await running.ended;
  expect(stderr).toMatch(/codoperf itself took .* of a core, above its limit of 0(\.1)? %: it goes on every 1 s/);
  expect(
    (JSON.parse(stdout) as { window: { effective_interval_seconds: number } }).window.effective_interval_seconds,
  ).toBeGreaterThan(0.5);
}, 60_000);
