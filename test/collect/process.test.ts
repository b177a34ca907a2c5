import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileSet } from '../../src/collect/files.ts';
import process_ from '../../src/collect/host/process.ts';
import processes from '../../src/collect/host/processes.ts';
import { shortCommandLine } from '../../src/collect/process/command-line.ts';
import { descriptorBudget } from '../../src/collect/process/descriptors.ts';
import { P } from '../../src/collect/process/specs.ts';
import { topProcesses } from '../../src/collect/process/top.ts';
import { mountHidesProcesses } from '../../src/collect/process/visibility.ts';
import { tableRows } from '../../src/core/series.ts';
import { RepairedTable } from '../../src/core/repair.ts';
import type { Table } from '../../src/core/table.ts';
import { Top } from '../../src/core/top.ts';

interface Fake {
  comm?: string;
  user?: number;
  start?: number;
  rss?: number;
  read?: number;
  sched?: string;
  threads?: number;
}

let root = '';
beforeEach(() => {
  const dir = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  root = fs.mkdtempSync(path.join(dir, 'codoperf-process-'));
  fs.writeFileSync(`${root}/stat`, 'cpu  1 1 1 1\nbtime 1000\nprocesses 1\n');
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

function put(pid: number, fake: Fake = {}): void {
  const { comm = `p${pid}`, user = 0, start = 5, rss = 1, threads = 1 } = fake;
  fs.mkdirSync(`${root}/${pid}`, { recursive: true });
  const before = `${pid} (${comm}) S 1 1 1 0 -1 4194560 0 0 0 0 ${user} 0 0 0 20 0 ${threads} 0 ${start} 4096 ${rss} `;
  fs.writeFileSync(`${root}/${pid}/stat`, `${before}${'0 '.repeat(27)}0\n`);
  if (fake.read !== undefined) fs.writeFileSync(`${root}/${pid}/io`, `read_bytes: ${fake.read}\nwrite_bytes: 0\n`);
  if (fake.sched !== undefined) fs.writeFileSync(`${root}/${pid}/schedstat`, `${fake.sched}\n`);
}

function remove(pid: number): void {
  fs.rmSync(`${root}/${pid}`, { recursive: true });
}

/** A collector over a tree, sampled once a second of its own clock. */
function sampling(procfs: string, pids?: readonly number[]) {
  const files = new FileSet(false);
  let now = 100;
  const paths = { procfs, sysfs: '/sys', rootfs: '/', cgroupfs: '/sys/fs/cgroup' };
  const clock = { monotonicSeconds: () => now, wallMs: () => 0 };
  const reader = process_.open({ paths, clock, files, pids });
  const [table, groups, info] = reader.tables as [Table, Table, Table];
  const repaired = new RepairedTable(table);
  return {
    table,
    groups,
    info,
    repaired,
    sample(seconds = 1) {
      now += seconds;
      files.tick++;
      reader.read();
      repaired.update(now, false);
    },
    row(pid: number) {
      for (let slot = 0; slot < table.size; slot++) {
        if (table.present(slot) && table.row(slot).key === String(pid)) {
          const at = (column: number) => slot * table.width + column;
          return {
            labels: table.row(slot).labels,
            detail: table.row(slot).detail,
            value: (column: number) => table.values[at(column)],
            delta: (column: number) => repaired.delta[at(column)],
          };
        }
      }
      return undefined;
    },
    group(name: string, metric: string): number | undefined {
      const wanted = `namedprocess_namegroup_${metric}`;
      return [...tableRows(groups)].find((row) => row.name === wanted && row.labels.groupname === name)?.value;
    },
    close: () => {
      reader.close?.();
      files.close();
    },
  };
}

describe('over time', () => {
  test('a process that vanishes is left out, a new one began at zero', () => {
    put(1, { user: 500 });
    put(2, { user: 100 });
    const host = sampling(root);
    host.sample();
    expect(host.row(1)?.delta(P.user)).toBeNaN();
    remove(2);
    put(3, { user: 30 });
    host.sample();
    expect(host.row(2)).toBeUndefined();
    expect(host.row(3)?.delta(P.user)).toBe(0.3);
    expect(host.row(1)?.delta(P.user)).toBe(0);
    host.close();
  });

  test('a recycled pid is another process: its use is its own, its name too', () => {
    put(7, { comm: 'old', user: 900, start: 5 });
    const host = sampling(root);
    host.sample();
    host.sample();
    put(7, { comm: 'new', user: 20, start: 6000 });
    host.sample();
    expect(host.row(7)?.labels).toEqual(['7', 'new']);
    expect(host.row(7)?.delta(P.user)).toBe(0.2);
    host.close();
  });

  test('a process that changes its name keeps its counters', () => {
    put(7, { comm: 'before', user: 900 });
    const host = sampling(root);
    host.sample();
    const { layout } = host.table;
    put(7, { comm: 'after', user: 950 });
    host.sample();
    expect(host.table.layout).toBeGreaterThan(layout);
    expect(host.row(7)?.labels).toEqual(['7', 'after']);
    expect(host.row(7)?.delta(P.user)).toBe(0.5);
    expect(host.group('after', 'cpu_seconds_total')).toBe(0.5);
    expect(host.group('before', 'num_procs')).toBe(0);
    expect([...tableRows(host.info)].map((row) => row.labels.comm)).toEqual(['after']);
    host.close();
  });

  test('what a group used does not fall when a member exits, and a newcomer counts whole', () => {
    put(1, { comm: 'web', user: 1000, read: 10 });
    put(2, { comm: 'web', user: 2000, read: 10 });
    const host = sampling(root);
    host.sample();
    expect(host.group('web', 'cpu_seconds_total')).toBe(0);
    put(1, { comm: 'web', user: 1100, read: 15 });
    put(3, { comm: 'web', user: 40, read: 7 });
    host.sample();
    expect(host.group('web', 'cpu_seconds_total')).toBe(1.4);
    expect(host.group('web', 'read_bytes_total')).toBe(12);
    remove(1);
    remove(2);
    remove(3);
    put(4, { comm: 'other' });
    host.sample();
    expect(host.group('web', 'cpu_seconds_total')).toBe(1.4);
    expect(host.group('web', 'num_procs')).toBe(0);
    expect(host.group('web', 'memory_bytes')).toBeUndefined();
    host.close();
  });

  test('a group without members is forgotten in the end', () => {
    put(1);
    put(2, { comm: 'once' });
    const host = sampling(root);
    host.sample();
    remove(2);
    for (let i = 0; i < 610; i++) host.sample();
    expect(host.group('once', 'num_procs')).toBeUndefined();
    host.close();
  });

  test('a thread can move while the main thread sleeps: nothing is skipped then', () => {
    put(1, { sched: '500 60 7', user: 10, read: 1, threads: 2 });
    const host = sampling(root);
    for (let i = 0; i < 3; i++) host.sample();
    put(1, { sched: '500 60 7', user: 12, read: 5, threads: 2 });
    host.sample();
    expect(host.row(1)?.delta(P.user)).toBeCloseTo(0.02);
    expect(host.row(1)?.delta(P.readBytes)).toBe(4);
    host.close();
  });

  test('a sleeper is not read again until it was put on a CPU, or the refresh comes', () => {
    put(1, { sched: '500 60 7', user: 10, rss: 3 });
    const host = sampling(root);
    for (let i = 0; i < 3; i++) host.sample();
    const resident = host.row(1)?.value(P.resident);
    const opened = vi.spyOn(fs, 'openSync');
    host.sample();
    expect(opened).not.toHaveBeenCalled();
    expect(host.row(1)?.delta(P.user)).toBe(0);
    put(1, { sched: '500 60 7', user: 10, rss: 1 });
    for (let i = 0; i < 12; i++) host.sample();
    expect(host.row(1)?.value(P.resident)).toBe((resident as number) / 3);
    put(1, { sched: '900 60 8', user: 11, rss: 1 });
    host.sample();
    expect(host.row(1)?.delta(P.user)).toBeCloseTo(0.01);
    expect(host.row(1)?.delta(P.run)).toBeCloseTo(400e-9);
    host.close();
  });

  test('a file that may not be read is asked for once', () => {
    put(1, { read: 5 });
    const open = fs.openSync;
    const asked: string[] = [];
    vi.spyOn(fs, 'openSync').mockImplementation((file, ...rest) => {
      asked.push(String(file));
      if (String(file).endsWith('/io')) throw Object.assign(new Error('no'), { code: 'EACCES' });
      return open(file, ...rest);
    });
    const host = sampling(root);
    for (let i = 0; i < 5; i++) host.sample();
    expect(host.row(1)?.value(P.readBytes)).toBeNaN();
    expect(host.row(1)?.value(P.user)).toBe(0);
    expect(asked.filter((file) => file.endsWith('/io'))).toHaveLength(1);
    host.close();
  });
});

describe('only the named processes', () => {
  test('the others are not read, and a named one that exits is not replaced', () => {
    put(1);
    put(2, { user: 50 });
    const host = sampling(root, [2]);
    host.sample();
    expect(host.row(1)).toBeUndefined();
    expect(host.row(2)?.value(P.user)).toBe(0.5);
    put(2, { start: 999 });
    host.sample();
    host.sample();
    expect(host.row(2)).toBeUndefined();
    host.close();
  });

  test('one that does not exist is an error at once', () => {
    put(1);
    expect(() => sampling(root, [1, 4242])).toThrow(
      expect.objectContaining({ code: 'PROCESS_NOT_FOUND', exitCode: 4 }),
    );
  });
});

test('10,000 processes: every one of them, in bounded memory, and the busiest among them', () => {
  const count = 10_000;
  for (let pid = 1; pid <= count; pid++) put(pid, { comm: `worker${pid % 50}`, user: pid, rss: pid });
  const host = sampling(root);
  host.sample();
  const after = process.memoryUsage.rss();
  expect([...tableRows(host.table)].filter((row) => row.name === 'codoperf_process_threads')).toHaveLength(count);
  put(77, { user: 5000, comm: 'worker27' });
  put(9000, { user: 9300, comm: 'worker0' });
  for (let i = 0; i < 3; i++) host.sample();
  put(77, { user: 6000, comm: 'worker27' });
  put(9000, { user: 9400, comm: 'worker0' });
  host.sample();
  const top = new Top(3);
  topProcesses(host.repaired, 'cpu', top);
  expect(top.length).toBe(2);
  expect([...top.slots.subarray(0, 2)].map((slot) => host.table.row(slot).key)).toEqual(['77', '9000']);
  expect(top.scores[0]).toBeCloseTo(10);
  topProcesses(host.repaired, 'memory', top);
  expect([...top.slots].map((slot) => host.table.row(slot).key)).toEqual(['10000', '9999', '9998']);
  expect(fs.readdirSync('/proc/self/fd').length).toBeLessThan(
    descriptorBudget(fs.readFileSync('/proc/self/limits', 'latin1')) + 200,
  );
  expect(process.memoryUsage.rss() - after).toBeLessThan(80e6);
  host.close();
  expect(fs.readdirSync('/proc/self/fd').length).toBeLessThan(500);
}, 60_000);

describe('on this machine', () => {
  test('our own process shows what Node.js says of it', () => {
    const host = sampling('/proc');
    host.sample();
    const usage = process.resourceUsage();
    host.sample();
    const own = host.row(process.pid);
    expect(own?.labels[0]).toBe(String(process.pid));
    expect((own?.value(P.user) ?? 0) - usage.userCPUTime / 1e6).toBeLessThan(0.5);
    expect((own?.value(P.minorFaults) ?? 0) - usage.minorPageFault).toBeGreaterThanOrEqual(0);
    expect(Math.abs((own?.value(P.resident) ?? 0) / process.memoryUsage.rss() - 1)).toBeLessThan(0.2);
    expect(own?.value(P.openFds)).toBeGreaterThan(3);
    expect(Math.abs((own?.value(P.startTime) ?? 0) - (Date.now() / 1000 - process.uptime()))).toBeLessThan(3);
    host.close();
  });

  test('a child that sleeps, works, sleeps and dies is followed through it', async () => {
    const script = 'read x; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; read y';
    const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
    const pid = child.pid as number;
    const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
    try {
      await pause();
      const host = sampling('/proc');
      for (let i = 0; i < 4; i++) host.sample();
      expect(host.row(pid)?.delta(P.run)).toBe(0);
      child.stdin.write('go\n');
      await pause();
      await pause();
      host.sample();
      expect(host.row(pid)?.delta(P.run)).toBeGreaterThan(0.005);
      expect(host.row(pid)?.delta(P.user)).toBeGreaterThanOrEqual(0.01);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      host.sample();
      expect(host.row(pid)).toBeUndefined();
      host.close();
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('the totals are those of the same scan', () => {
    const files = new FileSet(false);
    const paths = { procfs: '/proc', sysfs: '/sys', rootfs: '/', cgroupfs: '/sys/fs/cgroup' };
    const context = { paths, clock: { monotonicSeconds: () => 1, wallMs: () => 0 }, files };
    const readers = [process_.open(context), processes.open(context)];
    files.tick++;
    for (const reader of readers) reader.read();
    const rows = [...tableRows(readers[0].tables[0])].filter((row) => row.name === 'codoperf_process_threads');
    const totals = [...tableRows(readers[1].tables[0])];
    expect(totals.find((row) => row.name === 'node_processes_pids')?.value).toBe(rows.length);
    const threads = rows.reduce((sum, row) => sum + row.value, 0);
    expect(totals.find((row) => row.name === 'node_processes_threads')?.value).toBe(threads);
    for (const reader of readers) reader.close?.();
    files.close();
  });
});

describe('command lines', () => {
  test.each([
    ['/usr/bin/node\0/srv/app.js\0--token=x\0', 'node /srv/app.js …'],
    ['node\0--inspect\0app.js\0', 'node …'],
    ['/usr/sbin/mysqld\0--password\0secret\0', 'mysqld …'],
    ['mysql\0-psecret\0', 'mysql …'],
    ['/bin/cat\0', 'cat'],
    ['nginx: worker process\0\0\0', 'nginx: worker process'],
    ['server --token=abc run\0', 'server …'],
    ['python3\0postgres://u:pw@host/db\0', 'python3 …'],
  ])('%j is shown as %j', (raw, shown) => {
    expect(shortCommandLine(raw)).toBe(shown);
  });

  test('none without one, and never a long one', () => {
    expect(shortCommandLine('')).toBeUndefined();
    expect(shortCommandLine(`/bin/${'x'.repeat(500)}\0`)?.length).toBeLessThanOrEqual(80);
  });
});

test.each([
  ['proc rw', false],
  ['proc rw,hidepid=2', true],
  ['proc rw,gid=5,hidepid=invisible', true],
  ['proc rw,hidepid=0', false],
  ['proc rw,hidepid=off', false],
])('a procfs mounted as %j hides processes: %j', (options, hides) => {
  fs.mkdirSync(`${root}/self`);
  fs.writeFileSync(
    `${root}/self/mountinfo`,
    `22 27 0:21 / /proc rw,nosuid - proc ${options}\n23 27 0:22 / /sys rw - sysfs sysfs rw\n`,
  );
  expect(mountHidesProcesses(root)).toBe(hides);
});

test('half of the descriptors we may have are kept for processes, within reason', () => {
  expect(descriptorBudget('Max open files            1024                 4096                 files')).toBe(512);
  expect(descriptorBudget('Max open files            1048576              1048576              files')).toBe(8192);
  expect(descriptorBudget(undefined)).toBe(512);
});
