/** Cgroups over time: born, gone, re-created, too many; and where our own one is. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countCpus, effectiveLimits } from '../../src/collect/cgroup/limits.ts';
import { chainOf } from '../../src/collect/cgroup/mounts.ts';
import { parseCgroupMounts, parseSelfCgroup, visiblePath } from '../../src/collect/cgroup/own.ts';
import type { Bounds } from '../../src/collect/cgroup/reader.ts';
import { defaultBounds, openCgroups } from '../../src/collect/cgroup/reader.ts';
import type { Reader } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import { Outcome } from '../../src/core/outcome.ts';
import { RepairedTable } from '../../src/core/repair.ts';
import { seriesKey, tableRows } from '../../src/core/series.ts';

let root: string;
let seconds: number;
let files: FileSet;
let reader: Reader | undefined;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-cgroup-'));
  seconds = 100;
  files = new FileSet();
  write('cgroup.controllers', 'cpu memory io pids\n');
  write('cgroup.stat', 'nr_descendants 0\n');
  write('cpu.stat', 'usage_usec 9000000\n');
});

afterEach(() => {
  reader?.close?.();
  reader = undefined;
  files.close();
  fs.rmSync(root, { recursive: true });
});

function write(file: string, text: string): void {
  const full = path.join(root, 'sys/fs/cgroup', file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
}

function remove(group: string): void {
  fs.rmSync(path.join(root, 'sys/fs/cgroup', group), { recursive: true });
}

function open(bounds: Partial<Bounds> = {}): Reader {
  const paths = { procfs: `${root}/proc`, sysfs: `${root}/sys`, rootfs: '/', cgroupfs: `${root}/sys/fs/cgroup` };
  const clock = { monotonicSeconds: () => seconds, wallMs: () => 0 };
  reader = openCgroups({ files, clock, paths }, { ...defaultBounds, ...bounds });
  return reader;
}

/** Reads after a second, and gives back every series. */
function sample(from: Reader, later = 1): Map<string, number> {
  seconds += later;
  files.tick++;
  from.read();
  const rows = from.tables.flatMap((table) => [...tableRows(table)]);
  return new Map(rows.map(({ name, labels, value }) => [seriesKey(name, labels), value]));
}

const usage = (id: string) => `container_cpu_usage_seconds_total{cpu="total",id="${id}"}`;

describe('a tree that changes', () => {
  test('a cgroup appears when the count of descendants changes, and its first value is its increase', () => {
    const cgroups = open();
    const repaired = new RepairedTable(cgroups.tables[0]);
    sample(cgroups);
    repaired.update(seconds, false);
    write('job/cpu.stat', 'usage_usec 250000\n');
    write('cgroup.stat', 'nr_descendants 1\n');
    expect(sample(cgroups).get(usage('/job'))).toBe(0.25);
    repaired.update(seconds, false);
    const slot = cgroups.tables[0].slot('/job');
    expect(repaired.delta[slot * 6]).toBe(0.25);
  });

  test('without a sign the tree is walked every half minute', () => {
    const cgroups = open();
    sample(cgroups);
    write('job/cpu.stat', 'usage_usec 250000\n');
    expect(sample(cgroups, 28).has(usage('/job'))).toBe(false);
    expect(sample(cgroups, 2).has(usage('/job'))).toBe(true);
  });

  test('a cgroup that is gone has no figures', () => {
    write('job/cpu.stat', 'usage_usec 250000\n');
    const cgroups = open({ descriptors: 0 });
    expect(sample(cgroups).has(usage('/job'))).toBe(true);
    remove('job');
    const after = sample(cgroups);
    expect([...after.keys()].filter((key) => key.includes('/job'))).toEqual([]);
    expect(after.get('codoperf_cgroups')).toBe(1);
  });

  test('one that is re-created under its name is another subject', () => {
    write('job/cpu.stat', 'usage_usec 250000\n');
    const cgroups = open();
    const repaired = new RepairedTable(cgroups.tables[0]);
    sample(cgroups);
    repaired.update(seconds, false);
    // The old directory is kept alive, so that the new one cannot get its inode.
    fs.renameSync(`${root}/sys/fs/cgroup/job`, `${root}/old`);
    write('job/cpu.stat', 'usage_usec 300000\n');
    write('cgroup.stat', 'nr_descendants 1\nnr_dying_descendants 1\n');
    expect(sample(cgroups).get(usage('/job'))).toBe(0.3);
    repaired.update(seconds, false);
    const slot = cgroups.tables[0].slot('/job');
    expect(repaired.outcome[slot * 6]).toBe(Outcome.recreated);
    expect(repaired.delta[slot * 6]).toBe(0.3);
  });

  test('one that is re-created during the read is read in the same sample', () => {
    write('job/cpu.stat', 'usage_usec 250000\n');
    write('job/memory.current', '1\n');
    const cgroups = open({ descriptors: 0 });
    sample(cgroups);
    fs.renameSync(`${root}/sys/fs/cgroup/job`, `${root}/old`);
    write('job/memory.current', '2\n');
    expect(sample(cgroups).get('container_memory_usage_bytes{id="/job"}')).toBe(2);
  });

  test('a controller that is switched on later is found', () => {
    write('job/cpu.stat', 'usage_usec 250000\n');
    const cgroups = open();
    sample(cgroups);
    write('job/memory.current', '4096\n');
    for (let i = 0; i < 2; i++) sample(cgroups, 30);
    expect(sample(cgroups).get('container_memory_usage_bytes{id="/job"}')).toBe(4096);
  });

  test('limits that change are seen within half a minute', () => {
    write('job/cpu.stat', 'usage_usec 1\nnr_periods 7\n');
    write('job/cpu.max', 'max 100000\n');
    const cgroups = open();
    expect(sample(cgroups).has('container_cpu_cfs_periods_total{id="/job"}')).toBe(false);
    write('job/cpu.max', '20000 100000\n');
    sample(cgroups, 15);
    const after = sample(cgroups, 15);
    expect(after.get('container_spec_cpu_quota{id="/job"}')).toBe(20_000);
    expect(after.get('container_cpu_cfs_periods_total{id="/job"}')).toBe(7);
  });
});

describe('bounds and names', () => {
  test('of too many the inner ones are left out, but never our own', () => {
    for (let i = 0; i < 12; i++) write(`group-${String(i).padStart(2, '0')}/cpu.stat`, 'usage_usec 1\n');
    write('group-11/deep/own/cpu.stat', 'usage_usec 5000000\n');
    fs.mkdirSync(`${root}/proc/self`, { recursive: true });
    fs.writeFileSync(`${root}/proc/self/cgroup`, '0::/group-11/deep/own\n');
    const rows = sample(open({ groups: 9 }));
    expect(rows.get('codoperf_cgroups')).toBe(9);
    expect(rows.get('codoperf_cgroups_skipped')).toBe(6);
    expect(rows.get(usage('/group-11/deep/own'))).toBe(5);
    expect(rows.has(usage('/group-04'))).toBe(true);
    expect(rows.has(usage('/group-05'))).toBe(false);
  });

  test('one that was left out and now finds room does not pass its history for an increase', () => {
    for (const name of ['a', 'b']) write(`${name}/cpu.stat`, 'usage_usec 7000000\n');
    write('b/inner/cpu.stat', 'usage_usec 3000000\n');
    const cgroups = open({ groups: 3 });
    const repaired = new RepairedTable(cgroups.tables[0]);
    const increase = (key: string) => repaired.delta[cgroups.tables[0].slot(key) * 6];
    const next = (later: number) => {
      sample(cgroups, later);
      repaired.update(seconds, false);
    };
    next(1);
    remove('a');
    next(30);
    expect(increase('/b/inner')).toBeNaN();
    write('b/inner/cpu.stat', 'usage_usec 3500000\n');
    next(1);
    expect(increase('/b/inner')).toBeNaN();
    write('b/inner/cpu.stat', 'usage_usec 4000000\n');
    next(1);
    expect(increase('/b/inner')).toBe(0.5);
  });

  test('beyond the bound on descriptors files are still read', () => {
    for (let i = 0; i < 20; i++) write(`group-${i}/cpu.stat`, `usage_usec ${i}000000\n`);
    const before = fs.readdirSync('/proc/self/fd').length;
    const cgroups = open({ descriptors: 5 });
    sample(cgroups);
    expect(fs.readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 6);
    expect(sample(cgroups).get(usage('/group-19'))).toBe(19);
    cgroups.close?.();
    files.close();
    expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
  });

  test('a name that is not UTF-8 is read by its bytes', () => {
    const dir = Buffer.concat([Buffer.from(`${root}/sys/fs/cgroup/`), Buffer.from([0x61, 0xff, 0x20, 0x62])]);
    fs.mkdirSync(dir);
    fs.writeFileSync(Buffer.concat([dir, Buffer.from('/cpu.stat')]), 'usage_usec 2000000\n');
    expect(sample(open()).get(usage('/a\ufffd b'))).toBe(2);
  });
});

describe('our own cgroup', () => {
  test('lines of both versions, colons in names, and a removed one', () => {
    const paths = parseSelfCgroup('12:cpu,cpuacct:/a:b\n3:name=systemd:/x\n0::/gone (deleted)\nrubbish\n');
    expect(Object.fromEntries(paths)).toEqual({ cpu: '/a:b', cpuacct: '/a:b', 'name=systemd': '/x', '': '/gone' });
  });

  test('mount points and roots with escapes', () => {
    const text =
      '31 23 0:28 / /sys rw - sysfs sysfs rw\n' +
      '32 31 0:29 /../x\\040y /mnt/cg rw,relatime shared:4 - cgroup2 none rw\n' +
      '33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n';
    expect(parseCgroupMounts(text)).toEqual([
      { controllers: [''], point: '/mnt/cg', root: '/../x y' },
      { controllers: ['rw', 'cpu', 'cpuacct'], point: '/sys/fs/cgroup/cpu', root: '/' },
    ]);
  });

  test.each([
    ['/a/b', '/', '/a/b'],
    ['/', '/', '/'],
    ['/docker/1', '/docker/1', '/'],
    ['/docker/1/x', '/docker/1', '/x'],
    ['/docker/12', '/docker/1', undefined],
    ['/..', '/', undefined],
    ['/../..', '/', undefined],
    ['/../sibling', '/', undefined],
    ['/../..', '/../..', '/'],
    ['/../../init.scope', '/../..', '/init.scope'],
    ['/', '/../..', undefined],
    ['/../../..', '/../..', undefined],
    ['/..data', '/', '/..data'],
  ])('%s seen from a mount of %s is %s', (own, mounted, visible) => {
    expect(visiblePath(own, mounted)).toBe(visible);
  });

  test('the chain goes up to the root', () => {
    expect(chainOf('/a/b c/d')).toEqual(['/a/b c/d', '/a/b c', '/a', '/']);
    expect(chainOf('/')).toEqual(['/']);
  });

  test('the tightest limit on the way up counts, of equal ones the nearest; unknown and none do not', () => {
    const none = { memoryHighBytes: Number.POSITIVE_INFINITY, pids: Number.NaN };
    const limits = effectiveLimits([
      { id: '/a/b/c', cpuCores: Number.POSITIVE_INFINITY, memoryBytes: 200, ...none },
      { id: '/a/b', cpuCores: 0.5, memoryBytes: 100, ...none },
      { id: '/a', cpuCores: 0.5, memoryBytes: 300, ...none, pids: 64 },
    ]);
    expect(limits.cpuCores).toEqual({ value: 0.5, id: '/a/b' });
    expect(limits.memoryBytes).toEqual({ value: 100, id: '/a/b' });
    expect(limits.pids).toEqual({ value: 64, id: '/a' });
    expect(limits.memoryHighBytes).toBeUndefined();
  });

  test('CPU lists', () => {
    expect(['0', '0-3', '0-1,4,6-7', '', 'x', '0-', '1,,2'].map(countCpus)).toEqual([1, 4, 5, NaN, NaN, NaN, NaN]);
  });
});
