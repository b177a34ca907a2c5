/** Pressure that the kernel was told not to measure, and figures over time. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Reader } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import pressure from '../../src/collect/host/pressure.ts';
import { tableRows } from '../../src/core/series.ts';

let tree: string;
let files: FileSet;
let reader: Reader;

beforeEach(() => {
  tree = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-psi-'));
  fs.mkdirSync(`${tree}/pressure`);
  files = new FileSet(false);
  const paths = { procfs: tree, sysfs: tree, rootfs: '/', cgroupfs: tree };
  reader = pressure.open({ paths, clock: { monotonicSeconds: () => 0, wallMs: () => 0 }, files });
});
afterEach(() => {
  vi.restoreAllMocks();
  files.close();
  fs.rmSync(tree, { recursive: true });
});

function put(resource: string, total: number): void {
  fs.writeFileSync(`${tree}/pressure/${resource}`, `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\n`);
}

function read(): Record<string, number> {
  files.tick++;
  reader.read();
  return Object.fromEntries([...tableRows(reader.tables[0])].map(({ name, value }) => [name, value]));
}

test('psi=0: the files are there and answer EOPNOTSUPP', () => {
  for (const resource of ['cpu', 'io', 'memory', 'irq']) put(resource, 1);
  vi.spyOn(fs, 'readSync').mockImplementation(() => {
    throw Object.assign(new Error('not supported'), { code: 'EOPNOTSUPP' });
  });
  expect(read).toThrow(/pressure\/cpu is switched off/);
  expect(read, 'and again').toThrow(/switched off/);
});

test('a failure and its end are seen although the bytes are the same', () => {
  put('cpu', 2_000_000);
  expect(read()).toEqual({ node_pressure_cpu_waiting_seconds_total: 2 });
  expect(read(), 'unchanged').toEqual({ node_pressure_cpu_waiting_seconds_total: 2 });
  reader.tables[0].clear();
  expect(read(), 'after the sampler cleared the table').toEqual({ node_pressure_cpu_waiting_seconds_total: 2 });
});

test('one changed file keeps the figures of the unchanged ones', () => {
  put('cpu', 1_000_000);
  put('io', 5_000_000);
  read();
  put('cpu', 3_000_000);
  expect(read()).toEqual({ node_pressure_cpu_waiting_seconds_total: 3, node_pressure_io_waiting_seconds_total: 5 });
});
