import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Reader } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import diskstats from '../../src/collect/host/diskstats.ts';
import { tableRows } from '../../src/core/series.ts';
import { Outcome, outcomeNames } from '../../src/core/outcome.ts';
import { RepairedTable } from '../../src/core/repair.ts';

let root: string;
let files: FileSet;
let reader: Reader;
let repaired: RepairedTable;
let now: number;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-diskstats-'));
  files = new FileSet(false);
  now = 1000;
  const paths = { procfs: root, sysfs: `${root}/sys`, rootfs: root, cgroupfs: `${root}/cgroup` };
  reader = diskstats.open({ paths, files, clock: { monotonicSeconds: () => now, wallMs: () => 0 } });
  repaired = new RepairedTable(reader.tables[0]);
});

afterEach(() => {
  files.close();
  fs.rmSync(root, { recursive: true });
});

/** A device line: reads, ms of reads and ms in flight are what the tests look at. */
function line(name: string, minor: number, reads: number, readMs = 0, ioMs = 0): string {
  return `   8 ${minor} ${name} ${reads} 0 8 ${readMs} 20 0 16 5 0 ${ioMs} 9 0 0 0 0 0 0\n`;
}

function sample(...lines: string[]): void {
  fs.writeFileSync(`${root}/diskstats`, lines.join(''));
  files.tick++;
  now++;
  reader.read();
  repaired.update(now, false);
}

const READS = 0;
const READ_SECONDS = 3;
const WRITES = 4;
const IO_SECONDS = 9;
const at = (column: number, slot = 0): number => slot * reader.tables[0].width + column;
const outcome = (column: number, slot = 0): string => outcomeNames[repaired.outcome[at(column, slot)]];
const infos = (): string[] =>
  [...tableRows(reader.tables[1])].map(
    ({ labels }) => `${labels.device} ${labels.major}:${labels.minor} ${labels.model}`,
  );

test('milliseconds that wrap at 2^32 go on, in seconds', () => {
  const wrap = 2 ** 32;
  sample(line('sda', 0, 10, wrap - 500, wrap - 1000));
  sample(line('sda', 0, 12, 1500, 250));
  expect(outcome(READ_SECONDS)).toBe('ok');
  expect(repaired.delta[at(READ_SECONDS)]).toBeCloseTo(2, 6);
  expect(repaired.delta[at(IO_SECONDS)]).toBeCloseTo(1.25, 6);
  expect(repaired.value[at(READ_SECONDS)]).toBeCloseTo((wrap + 1500) / 1000, 3);
});

test('a fall from the middle of the range is no wrap', () => {
  sample(line('sda', 0, 10, 2 ** 31));
  sample(line('sda', 0, 12, 1500));
  expect(outcome(READ_SECONDS)).toBe('reset');
  expect(repaired.delta[at(READ_SECONDS)]).toBeNaN();
});

test('another device number under the same name is another device', () => {
  sample(line('sda', 0, 10));
  sample(line('sda', 16, 500));
  expect(repaired.outcome[at(READS)]).toBe(Outcome.recreated);
  expect(repaired.delta[at(READS)]).toBeNaN();
  expect(infos()).toEqual(['sda 8:16 ']);
});

test('fewer requests than before: the device was made anew, and no column of it has an increase', () => {
  sample(line('dm-0', 0, 1000, 10));
  sample(line('dm-0', 0, 3, 7000));
  for (const column of [READS, READ_SECONDS, WRITES]) {
    expect(outcome(column)).toBe('reset');
    expect(repaired.delta[at(column)]).toBeNaN();
  }
});

test('a device that is unplugged loses its rows, and comes back as new', () => {
  sample(line('sda', 0, 1), line('sdb', 16, 2));
  sample(line('sda', 0, 3));
  expect(infos()).toEqual(['sda 8:0 ']);
  expect(outcome(READS, 1)).toBe('offline');
  sample(line('sda', 0, 3), line('sdb', 16, 9));
  expect(outcome(READS, 1)).toBe('recreated');
  expect(infos()).toEqual(['sda 8:0 ', 'sdb 8:16 ']);
});

test('udev is asked again after a minute', () => {
  const udev = `${root}/run/udev/data`;
  sample(line('sda', 0, 1));
  fs.mkdirSync(udev, { recursive: true });
  fs.writeFileSync(`${udev}/b8:0`, 'E:ID_MODEL=Late\n');
  sample(line('sda', 0, 2));
  expect(infos()).toEqual(['sda 8:0 ']);
  now += 60;
  sample(line('sda', 0, 3));
  expect(infos()).toEqual(['sda 8:0 Late']);
});

test('a file that is gone for a sample takes the descriptions with it and brings them back', () => {
  sample(line('sda', 0, 1));
  files.file(`${root}/diskstats`).close();
  fs.rmSync(`${root}/diskstats`);
  files.tick++;
  expect(() => reader.read()).toThrow('does not exist');
  for (const table of reader.tables) table.clear();
  expect(infos()).toEqual([]);
  sample(line('sda', 0, 2));
  expect(infos()).toEqual(['sda 8:0 ']);
});

test('a broken file stays broken while it does not change', () => {
  fs.writeFileSync(`${root}/diskstats`, 'what\n');
  for (let i = 0; i < 2; i++) {
    files.tick++;
    expect(() => reader.read()).toThrow('holds no devices');
  }
});

test('no block device at all is an answer', () => {
  sample('');
  expect([...tableRows(reader.tables[0])]).toEqual([]);
});

test('2,000 devices', () => {
  for (const add of [0, 7]) sample(...Array.from({ length: 2000 }, (_, i) => line(`dm-${i}`, i, i + add)));
  expect(infos()).toHaveLength(2000);
  for (let slot = 0; slot < 2000; slot++) expect(repaired.delta[at(READS, slot)]).toBe(7);
});
