/**
 * Real cgroups of this machine (v1): children of our own cgroup, made for the test and removed after
 * it. The busy process only moves into hierarchies where its new cgroup stands below the one it is in,
 * so that no limit that binds us is escaped; root cgroups are never limited.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findLayout } from '../../src/collect/cgroup/mounts.ts';
import { OwnGroups } from '../../src/collect/cgroup/own.ts';
import { openCgroups } from '../../src/collect/cgroup/reader.ts';
import { hostPaths } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import { systemClock } from '../../src/core/clock.ts';
import { errnoOf } from '../../src/core/errors.ts';
import { seriesKey, tableRows } from '../../src/core/series.ts';

const name = `codoperf-test-${process.pid}`;
const id = `/${name}`;
const QUOTA_CORES = 0.2;
const moved = ['cpu', 'cpuacct', 'pids'];
const directories = [...moved, 'memory'].map((controller) => `${hostPaths.cgroupfs}/${controller}/${name}`);

/** Why the test cannot run here, if so. */
function obstacle(): string | undefined {
  const layout = findLayout(hostPaths.cgroupfs);
  if (layout === undefined) return 'no cgroups are mounted';
  const own = new OwnGroups(hostPaths.procfs, layout).find();
  for (const controller of moved) {
    const ours = own.find((group) => group.controller === controller);
    if (ours === undefined) return `there is no v1 controller ${controller}`;
    if (ours.path !== '/') return `we are in ${ours.path ?? 'a hidden cgroup'} of ${controller}, not at its top`;
  }
  try {
    for (const directory of directories) fs.mkdirSync(directory);
  } catch (error) {
    removeDirectories();
    return `cannot make cgroups: ${errnoOf(error)}`;
  }
  return undefined;
}

/** An `rm -r` fails, as the files in it cannot be removed. */
function removeDirectories(): void {
  for (const directory of directories) if (fs.existsSync(directory)) fs.rmdirSync(directory);
}

function expectThrottled(before: Map<string, number>, after: Map<string, number>, elapsed: number): void {
  const increase = (key: string) => (after.get(key) ?? Number.NaN) - (before.get(key) ?? Number.NaN);
  const periods = increase(`container_cpu_cfs_periods_total{id="${id}"}`);
  const throttled = increase(`container_cpu_cfs_throttled_periods_total{id="${id}"}`);
  const used = increase(`container_cpu_usage_seconds_total{cpu="total",id="${id}"}`);
  expect(periods).toBeGreaterThanOrEqual(15);
  expect(periods).toBeLessThanOrEqual(elapsed * 10 + 2);
  expect(throttled / periods).toBeGreaterThan(0.7);
  expect(increase(`container_cpu_cfs_throttled_seconds_total{id="${id}"}`)).toBeGreaterThan(0.5);
  expect(used / elapsed).toBeLessThan(QUOTA_CORES * 1.3);
  expect(used).toBeGreaterThan(0.05);
}

function expectLimits(after: Map<string, number>): void {
  expect(after.get(`container_spec_cpu_quota{id="${id}"}`)).toBe(20_000);
  expect(after.get(`container_threads{id="${id}"}`)).toBe(1);
  expect(after.get(`container_threads_max{id="${id}"}`)).toBe(16);
  expect(after.get(`container_processes{id="${id}"}`)).toBe(1);
  expect(after.get(`container_spec_memory_limit_bytes{id="${id}"}`)).toBe(64 * 1024 * 1024);
  expect(after.get(`container_start_time_seconds{id="${id}"}`)).toBeCloseTo(Date.now() / 1000, -1);
}

test('a busy process under a quota is shown as throttled, and its cgroup goes when it goes', async (context) => {
  const files = new FileSet();
  const reader = openCgroups({ files, clock: systemClock, paths: hostPaths });
  const sample = () => {
    files.tick++;
    reader.read();
    const rows = reader.tables.flatMap((table) => [...tableRows(table)]);
    return new Map(rows.map((row) => [seriesKey(row.name, row.labels), row.value]));
  };
  sample();
  const reason = obstacle();
  if (reason !== undefined) {
    reader.close?.();
    files.close();
    context.skip(reason);
  }
  const busy = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
  try {
    fs.writeFileSync(`${hostPaths.cgroupfs}/cpu/${name}/cpu.cfs_quota_us`, String(QUOTA_CORES * 100_000));
    fs.writeFileSync(`${hostPaths.cgroupfs}/pids/${name}/pids.max`, '16');
    fs.writeFileSync(`${hostPaths.cgroupfs}/memory/${name}/memory.limit_in_bytes`, String(64 * 1024 * 1024));
    for (const controller of moved) {
      fs.writeFileSync(`${hostPaths.cgroupfs}/${controller}/${name}/cgroup.procs`, String(busy.pid));
    }
    const before = sample();
    const from = performance.now();
    await sleep(2000);
    const after = sample();
    expectThrottled(before, after, (performance.now() - from) / 1000);
    expectLimits(after);
  } finally {
    busy.kill('SIGKILL');
    if (busy.exitCode === null && busy.signalCode === null) await once(busy, 'exit');
    await sleep(50);
    removeDirectories();
  }
  expect([...sample().keys()].filter((key) => key.includes(name))).toEqual([]);
  reader.close?.();
  files.close();
});
