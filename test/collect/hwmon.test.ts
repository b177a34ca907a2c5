/** Sensors over time: chips that come and go, and sensors that are asleep. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Collector, Reader } from '../../src/collect/collector.ts';
import { Unavailable } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import hwmon from '../../src/collect/host/hwmon.ts';
import powersupplyclass from '../../src/collect/host/powersupplyclass.ts';
import rapl from '../../src/collect/host/rapl.ts';
import { tableRows } from '../../src/core/series.ts';

const clock = { monotonicSeconds: () => 0, wallMs: () => 0 };
let tree: string;
let files: FileSet;
let reader: Reader;

beforeEach(() => {
  tree = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-hwmon-'));
  files = new FileSet();
});
afterEach(() => {
  vi.restoreAllMocks();
  files.close();
  fs.rmSync(tree, { recursive: true });
});

function put(file: string, text: string): void {
  fs.mkdirSync(path.dirname(`${tree}/${file}`), { recursive: true });
  fs.writeFileSync(`${tree}/${file}`, text);
}

function open(collector: Collector): void {
  reader = collector.open({ paths: { procfs: tree, sysfs: tree, rootfs: '/', cgroupfs: tree }, clock, files });
}

/** Reads `times` times; the series of the last one by metric and last label. */
function read(times = 1): Record<string, number> {
  for (let i = 0; i < times; i++) {
    files.tick++;
    reader.read();
  }
  const rows = reader.tables.flatMap((table) => [...tableRows(table)]);
  return Object.fromEntries(
    rows.map(({ name, labels, value }) => [`${name} ${Object.values(labels).join(' ')}`, value]),
  );
}

test('a new chip is found within 60 reads, a chip that was pulled disappears', () => {
  put('class/hwmon/hwmon0/name', 'cpu\n');
  put('class/hwmon/hwmon0/temp1_input', '41000\n');
  open(hwmon);
  expect(read()).toEqual({ 'node_hwmon_chip_names cpu cpu': 1, 'node_hwmon_temp_celsius cpu temp1': 41 });

  put('class/hwmon/hwmon1/name', 'usb\n');
  put('class/hwmon/hwmon1/temp1_input', '21000\n');
  put('class/hwmon/hwmon0/temp1_input', '42000\n');
  expect(Object.keys(read()), 'not looked for at every read').toHaveLength(2);
  expect(read(60)).toMatchObject({ 'node_hwmon_temp_celsius cpu temp1': 42, 'node_hwmon_temp_celsius usb temp1': 21 });

  fs.rmSync(`${tree}/class/hwmon/hwmon1`, { recursive: true });
  expect(Object.keys(read(61))).toHaveLength(2);
});

test('a sensor that gives nothing for once is left out of that sample only', () => {
  put('class/hwmon/hwmon0/name', 'cpu\n');
  put('class/hwmon/hwmon0/temp1_input', '41000\n');
  put('class/hwmon/hwmon0/fan1_input', '900\n');
  open(hwmon);
  read();
  put('class/hwmon/hwmon0/fan1_input', '');
  expect(read()).toEqual({ 'node_hwmon_chip_names cpu cpu': 1, 'node_hwmon_temp_celsius cpu temp1': 41 });
  put('class/hwmon/hwmon0/fan1_input', '950\n');
  expect(read()['node_hwmon_fan_rpm cpu fan1']).toBe(950);
});

test('a machine without sensors says so at every read, without looking each time', () => {
  open(hwmon);
  for (let i = 0; i < 3; i++) expect(() => read()).toThrow(Unavailable);
  put('class/hwmon/hwmon0/temp1_input', '41000\n');
  expect(() => read(57)).toThrow('lists nothing');
  for (let i = 0; i < 60; i++) {
    files.tick++;
    try {
      reader.read();
    } catch (error) {
      expect(error).toBeInstanceOf(Unavailable);
    }
  }
  expect(read()).toEqual({ 'node_hwmon_temp_celsius hwmon0 temp1': 41 });
});

test('energy meters that only root may read are denied, not absent', () => {
  put('class/powercap/intel-rapl:0/name', 'package-0\n');
  put('class/powercap/intel-rapl:0/energy_uj', '1\n');
  const openSync = fs.openSync.bind(fs);
  vi.spyOn(fs, 'openSync').mockImplementation((file, ...more) => {
    if (!String(file).endsWith('energy_uj')) return openSync(file, ...more);
    throw Object.assign(new Error('denied'), { code: 'EACCES' });
  });
  open(rapl);
  expect(() => read()).toThrow(/not allowed to read .*energy_uj/);
  expect(() => read(), 'and again').toThrow('not allowed');
});

test('the state of a battery is followed', () => {
  put('class/power_supply/BAT0/status', 'Charging\n');
  put('class/power_supply/BAT0/capacity', '50\n');
  open(powersupplyclass);
  expect(read()).toMatchObject({ 'node_power_supply_capacity BAT0': 50 });
  expect(Object.keys(read())[1]).toContain('Charging');
  put('class/power_supply/BAT0/status', 'Discharging\n');
  put('class/power_supply/BAT0/capacity', '49\n');
  const now = read();
  expect(now).toMatchObject({ 'node_power_supply_capacity BAT0': 49 });
  expect(Object.keys(now).filter((key) => key.includes('info'))).toEqual([expect.stringContaining('Discharging')]);
});
