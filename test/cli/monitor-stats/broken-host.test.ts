/** Hosts on a bad day: files missing, empty, cut off, full of something else, huge, or changing under our eyes. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CliResult } from '../../support/cli.ts';
import { cli } from '../../support/cli.ts';
import { FakeHost, quietState } from '../../support/fake-host.ts';
import { start } from '../../support/running.ts';

interface Stat {
  min: number | null;
  max: number | null;
  last: number | null;
  samples: number;
}
type Group = Record<string, Stat>;
interface Report {
  resources: {
    cpu: Group & { cpus: Record<string, Group> };
    memory: Group;
    pressure: Group;
    disk: { devices: Record<string, Group>; filesystems: Record<string, Group> };
    network: { interfaces: Record<string, Group>; tcp: Group };
    cgroups: { groups: Record<string, Group> };
    processes: { count: number | null; top_memory: { pid: number; command: string }[] };
  };
  host: { cpus_online: number | null };
  collectors: { name: string; success: boolean; failure: string | null }[];
}

const quick = ['monitor-stats', '--duration', '0.3', '-i', '0.1'];
const measure = async (host: FakeHost, ...more: string[]): Promise<CliResult> =>
  cli([...quick, '--format', 'json', ...host.args, ...more]);
const parse = ({ stdout }: CliResult): Report => JSON.parse(stdout) as Report;

/** The files that a collector each reads, with the collector. */
const files: [file: string, collector: string][] = [
  ['proc/stat', 'cpu'],
  ['proc/meminfo', 'meminfo'],
  ['proc/diskstats', 'diskstats'],
  ['proc/net/dev', 'netdev'],
  ['proc/vmstat', 'vmstat'],
  ['proc/loadavg', 'loadavg'],
  ['proc/pressure/cpu', 'pressure'],
  ['proc/net/snmp', 'netstat'],
];
const garbage = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256));

describe.each(files)('%s', (file, collector) => {
  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['garbage', garbage],
    ['words', 'not what\nthe kernel writes: at all\n\n\n'],
    ['nulls', Buffer.alloc(3000)],
    ['one long line', 'x'.repeat(300_000)],
    ['numbers without end', `${'9'.repeat(5000)}\n`],
  ])('%s: the rest is measured', async (_name, content) => {
    const host = new FakeHost();
    if (content === undefined) host.remove(file);
    else host.write(file, content);
    const result = await measure(host);
    expect([0, 3]).toContain(result.code);
    const report = parse(result);
    const failed = report.collectors.find(({ name }) => name === collector);
    if (failed?.success === false) expect(failed.failure).not.toBeNull();
    if (collector !== 'meminfo') expect(report.resources.memory.total_bytes.last).toBe(8_000_000 * 1024);
    if (collector !== 'cpu') expect(report.host.cpus_online).toBe(2);
    expect(result.stdout).not.toMatch(/Infinity|NaN/);
  });

  test('cut off at any byte', async () => {
    const host = new FakeHost();
    const whole = fs.readFileSync(path.join(host.root, file));
    for (const length of [1, Math.floor(whole.length / 3), whole.length - 2]) {
      host.write(file, whole.subarray(0, length));
      const result = await measure(host);
      expect([0, 3]).toContain(result.code);
      parse(result);
    }
  });
});

test('an essential source that is missing: exit 3, its name and why on stderr', async () => {
  const host = new FakeHost();
  host.remove('proc/meminfo');
  const result = await measure(host);
  expect(result.code).toBe(3);
  expect(result.stderr).toMatch(/warning: meminfo: .*meminfo does not exist; its figures are missing/);
  expect(parse(result).resources.memory.total_bytes).toMatchObject({ last: null, samples: 0 });
});

test('a tree with nothing in it: exit 4', async () => {
  const host = new FakeHost();
  fs.rmSync(path.join(host.root, 'proc'), { recursive: true });
  fs.mkdirSync(path.join(host.root, 'proc'));
  for (const more of [[], ['--once']]) {
    const { code, stdout, stderr } = await cli([
      'monitor-stats',
      '--duration',
      '0.2',
      '-i',
      '0.1',
      ...host.args,
      ...more,
    ]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('not one collector could read its source');
  }
});

test('a root that is not there, or is a file: exit 4', async () => {
  const host = new FakeHost();
  for (const [procfs, reason] of [
    ['/nonexistent', 'does not exist'],
    [`${host.root}/proc/stat`, 'is not a directory'],
  ]) {
    const { code, stderr } = await cli([...quick, `--path.procfs=${procfs}`]);
    expect(code).toBe(4);
    expect(stderr).toContain(`--path.procfs points to '${procfs}', which ${reason}`);
  }
});

test('a process that is not there: exit 4', async () => {
  const { code, stderr } = await cli([...quick, '--pid', '4194300']);
  expect(code).toBe(4);
  expect(stderr).toContain('no process with pid 4194300 under /proc');
});

test('files that may not be read', async () => {
  const host = new FakeHost();
  for (const file of ['proc/vmstat', 'proc/diskstats']) fs.chmodSync(path.join(host.root, file), 0);
  fs.chmodSync(host.root, 0o755);
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  const result = await cli([...quick, '--format', 'json', ...host.args], { uid, cwd: '/' });
  expect(result.code).toBe(3);
  expect(result.stderr).toMatch(/diskstats: not allowed to read .*; its figures are missing/);
  expect(parse(result).resources.disk.devices).toEqual({});
});

test('pressure switched off, no swap, no cgroups', async () => {
  const host = new FakeHost();
  host.remove('proc/pressure');
  const result = await measure(host);
  expect(result.code).toBe(0);
  const { pressure, memory, cgroups } = parse(result).resources;
  expect(Object.values(pressure).every(({ samples }) => samples === 0)).toBe(true);
  expect(memory.swap_used_ratio.samples).toBe(0);
  expect(memory.swap_total_bytes.last).toBe(0);
  expect(cgroups.groups).toEqual({});
  const { stdout } = await cli([...quick, ...host.args]);
  expect(stdout).toContain('no swap');
  expect(stdout).not.toMatch(/NaN|undefined|null|Infinity/);
});

test('512 CPUs, 2,000 block devices, 10,000 processes: all of them, through a pipe', async () => {
  const state = quietState();
  state.cpus = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [i, [0, 0, 0, 1000, 0, 0, 0, 0, 0, 0]]));
  state.disks = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`sd${i.toString(36)}x`, Array.from({ length: 17 }, () => i)]),
  );
  const host = new FakeHost(state);
  for (let pid = 1000; pid < 11_000; pid++) {
    state.processes[pid] = { name: `p${pid}`, user: 1, system: 1, residentPages: pid };
  }
  host.show();
  const result = await cli([
    'monitor-stats',
    '--duration',
    '2',
    '-i',
    '1',
    '-v',
    '--format',
    'json',
    '--max-overhead',
    '100',
    ...host.args,
  ]);
  const { resources, host: facts } = parse(result);
  expect(result.code).toBe(0);
  expect(facts.cpus_online).toBe(512);
  expect(Object.keys(resources.disk.devices)).toHaveLength(2000);
  expect(resources.processes.count).toBe(10_000);
  expect(resources.processes.top_memory[0]).toMatchObject({ pid: 10_999, command: 'p10999' });
  expect(result.stdout.length).toBeGreaterThan(3e6);
  const once = await cli(['monitor-stats', '--once', ...host.args]);
  expect(once.stdout.match(/^node_disk_reads_completed_total\{/gm)).toHaveLength(2000);
  expect(once.stdout.length).toBeGreaterThan(1e6);
}, 120_000);

test('CPUs, devices and processes that come and go while we look', async () => {
  const host = new FakeHost();
  const { state } = host;
  const running = await start([
    'monitor-stats',
    '--duration',
    '3',
    '-i',
    '0.1',
    '-v',
    '--format',
    'json',
    ...host.args,
  ]);
  let alive = true;
  void running.ended.then(() => (alive = false));
  const counts = (i: number): number[] => [i * 3, 0, i * 24, i, ...Array.from({ length: 13 }, () => 0)];
  for (let i = 1; alive; i++) {
    state.cpus = i % 8 < 4 ? { 0: state.cpus[0] } : { 0: state.cpus[0], 1: [0, 0, 0, i * 10, 0, 0, 0, 0, 0, 0] };
    state.cpus[0] = [i * 2, 0, i, 1000 + i * 7, 0, 0, 0, 0, 0, 0];
    state.disks = i % 6 < 3 ? { sda: counts(i) } : { sda: counts(i), sdb: counts(i) };
    state.interfaces = i % 5 === 0 ? {} : { eth0: [i * 1000, i, ...Array.from({ length: 14 }, () => 0)] };
    state.processes = { [100 + (i % 3)]: { name: `p${i}`, user: i, system: 0, start: i } };
    for (const pid of [100, 101, 102]) if (!(pid in state.processes)) host.remove(`proc/${pid}`);
    state.forks++;
    host.show();
    await running.wait(40);
  }
  const result = await running.ended;
  const { resources } = parse(result);
  expect([0, 3]).toContain(result.code);
  for (const [name, group] of Object.entries(resources.disk.devices)) {
    const { min, max } = group.reads_per_second;
    // 3 reads every 40 ms at most, never a negative rate, never all of a device's past at once.
    expect([name, (min ?? 0) >= 0, (max ?? 0) < 300]).toEqual([name, true, true]);
  }
  expect(resources.cpu.busy_ratio.max).toBeLessThanOrEqual(1);
  expect(resources.cpu.busy_ratio.min).toBeGreaterThanOrEqual(0);
}, 30_000);
