import fs from 'node:fs';
import path from 'node:path';
import type { Column, TableSpec, Unit } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { listDirectory, readText } from '../files.ts';
import type { Attribute } from '../kept-attributes.ts';
import { KeptAttributes } from '../kept-attributes.ts';
import { labelText } from '../utf8.ts';

/** What node_exporter takes for a sensor; `energy_now`, `power` of runtime PM and the like are none. */
const sensorTypes = new Set(
  'vrm beep_enable update_interval in cpu fan pwm temp curr power energy humidity intrusion freq'.split(' '),
);
const fanSpeeds = new Set(['input', 'min', 'max', 'target']);
const powerIntervals = new Set(['average_interval', 'average_interval_min', 'average_interval_max']);
/** `temp1_crit_hyst`: type, number, element. */
const FILE_NAME = /^([^0-9]+)([0-9]*)(?:_(.+))?$/;

const units: readonly (readonly [suffix: string, unit: Unit])[] = [
  ['_celsius', 'celsius'],
  ['_volts', 'volts'],
  ['_amps', 'amperes'],
  ['_joule_total', 'joules'],
  ['_watt', 'watts'],
  ['_rpm', 'rpm'],
  ['_seconds', 'seconds'],
];

/** Key of a row: metric, chip, sensor. */
function describeSensor(key: string): Column {
  const metric = key.split(' ')[0];
  const unit = units.find(([suffix]) => metric.endsWith(suffix))?.[1] ?? 'count';
  const what = metric.slice('node_hwmon_'.length).replaceAll('_', ' ');
  return {
    metric,
    type: unit === 'joules' ? 'counter' : 'gauge',
    unit,
    help: `Hardware sensor: ${what}, as its driver gives it.`,
  };
}

const info = (metric: string, help: string): Column => ({ metric, type: 'gauge', unit: 'info', help });
const sensors: TableSpec = {
  name: 'sensors',
  labels: ['chip', 'sensor'],
  columns: [],
  describe: describeSensor,
  documented: [describeSensor('node_hwmon_*')],
};
const chipNames: TableSpec = {
  name: 'chip_names',
  labels: ['chip', 'chip_name'],
  columns: [info('node_hwmon_chip_names', 'Name of the driver of a chip; always 1.')],
};
const sensorLabels: TableSpec = {
  name: 'sensor_labels',
  labels: ['chip', 'sensor', 'label'],
  columns: [info('node_hwmon_sensor_label', 'What the driver calls a sensor; always 1.')],
};

/** Lower case, anything but letters, digits, `:` and `_` replaced, no `_` at the ends. */
function cleaned(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9:_]/gu, '_')
    .replace(/^_+|_+$/g, '');
}

function realPath(link: string): string | undefined {
  try {
    return fs.realpathSync(link);
  } catch {
    return undefined; // A chip without a device, or one that was just pulled.
  }
}

/** The text of a small file, blanks and all. */
function label(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return labelText(fs.readFileSync(file)).replace(/^\n+|\n+$/g, '');
  } catch {
    return undefined; // Absent, denied or gone: a sensor needs no label.
  }
}

/** Bus and device, which stay the same when modules load in another order; else the name; else `hwmonN`. */
function baseChip(folder: string, name: string): string {
  const device = realPath(`${folder}/device`);
  if (device !== undefined) {
    const parts = [path.basename(path.dirname(device)), path.basename(device)].map(cleaned);
    if (parts[1] !== '') return parts.filter((part) => part !== '').join('_');
  }
  return name || cleaned(path.basename(realPath(folder) ?? folder));
}

/** One directory of `/sys/class/hwmon`. */
interface Chip {
  readonly folder: string;
  /** What its driver calls it; empty when it does not. */
  readonly name: string;
  /** The label `chip`. */
  readonly chip: string;
}

function countBy(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/**
 * The chips, told apart: several on one device (fans and sensors of a laptop, the bands of a Wi-Fi
 * card) get their name behind that of the device, or `hwmonN` where even the names are equal
 * (node_exporter #3637).
 */
function findChips(root: string): Chip[] {
  const found = listDirectory(root).map((entry) => {
    const folder = `${root}/${entry}`;
    const name = cleaned(label(`${folder}/name`) ?? '');
    const base = baseChip(folder, name);
    return { folder, name, base, named: `${base}_${name}`, numbered: `${base}_${cleaned(entry)}` };
  });
  const bases = countBy(found.map(({ base }) => base));
  const names = countBy(found.map(({ named }) => named));
  return found.map(({ folder, name, base, named, numbered }) => {
    if (bases.get(base) === 1) return { folder, name, chip: base };
    return { folder, name, chip: name !== '' && names.get(named) === 1 ? named : numbered };
  });
}

/** Files of a sensor by element; the element of `pwm1` is empty. */
type Elements = Map<string, string>;

/** The readable sensor files of a chip; those of its device are there with drivers from before Linux 3.14. */
function sensorsOf(folder: string): Map<string, Elements> {
  const found = new Map<string, Elements>();
  for (const place of [folder, `${folder}/device`]) {
    for (const name of listDirectory(place)) {
      const [, type, number, element = ''] = FILE_NAME.exec(name) ?? [];
      if (type === undefined || !sensorTypes.has(type) || !Number.isSafeInteger(Number(number))) continue;
      if (readText(`${place}/${name}`) === undefined) continue;
      const sensor = type + String(Number(number));
      const elements = found.get(sensor) ?? new Map<string, string>();
      found.set(sensor, elements.set(element, `${place}/${name}`));
    }
  }
  return found;
}

type Scaled = Pick<Attribute, 'multiply' | 'divide' | 'is'> & { readonly metric: string };

/** Metric and scale of one element; drivers give thousandths, and millionths of watts and joules. */
function figure(type: string, element: string, metric: string): Scaled {
  if (type === 'beep_enable') return { metric: 'node_hwmon_beep_enabled', is: '1' };
  if (type === 'vrm') return { metric: 'node_hwmon_voltage_regulator_version' };
  if (type === 'update_interval') return { metric: 'node_hwmon_update_interval_seconds', multiply: 0.001 };
  if (element === 'fault' || element === 'alarm') return { metric };
  if (element === 'beep') return { metric: `${metric}_enabled` };
  if (type === 'in' || type === 'cpu') return { metric: `${metric}_volts`, multiply: 0.001 };
  if (type === 'temp' && element !== 'type') return { metric: `${metric}_celsius`, multiply: 0.001 };
  if (type === 'curr') return { metric: `${metric}_amps`, multiply: 0.001 };
  if (type === 'energy') return { metric: `${metric}_joule_total`, divide: 1e6 };
  if (type === 'power') return powerFigure(element, metric);
  if (type === 'humidity') return { metric, divide: 1e6 };
  if (type === 'fan' && fanSpeeds.has(element)) return { metric: `${metric}_rpm` };
  return { metric };
}

function powerFigure(element: string, metric: string): Scaled {
  if (element === 'accuracy') return { metric, divide: 1e6 };
  if (powerIntervals.has(element)) return { metric: `${metric}_seconds`, multiply: 0.001 };
  return { metric: `${metric}_watt`, divide: 1e6 };
}

/** All figures of one sensor (`temp1`). https://docs.kernel.org/hwmon/sysfs-interface.html */
function figuresOf(table: Table, chip: string, sensor: string, elements: Elements): Attribute[] {
  const type = /^[^0-9]+/.exec(sensor)?.[0] as string;
  const all: Attribute[] = [];
  for (const [element, file] of elements) {
    if (element === 'label') continue;
    // The speed of a GPU's clock goes by the label alone and keeps node_exporter's doubled name.
    const isClock = type === 'freq' && element === 'input';
    const named = isClock ? cleaned(label(elements.get('label')) ?? '') : sensor;
    if (named === '') continue;
    const isValue = element === '' || (element === 'input' && !elements.has(''));
    const name = `node_hwmon_${type}${isValue ? '' : `_${cleaned(element)}`}`;
    const { metric, ...scale } = isClock ? { metric: `${name}_freq_mhz`, divide: 1e6 } : figure(type, element, name);
    all.push({ path: file, table, key: `${metric} ${chip} ${named}`, labels: [chip, named], ...scale });
  }
  return all;
}

function findSensors(root: string, [readings, names, called]: readonly Table[]): Attribute[] {
  const found = new Map<string, Attribute>();
  // Two labels may become the same word: the first one is shown.
  const add = (each: Attribute) => {
    const key = `${each.table.spec.name} ${each.key}`;
    if (!found.has(key)) found.set(key, each);
  };
  for (const { folder, name, chip } of findChips(root)) {
    const all = sensorsOf(folder);
    if (name !== '') add({ table: names, key: `${chip} ${name}`, labels: [chip, name] });
    for (const [sensor, elements] of all) {
      const text = label(elements.get('label'));
      if (text !== undefined) add({ table: called, key: `${chip} ${sensor} ${text}`, labels: [chip, sensor, text] });
      for (const each of figuresOf(readings, chip, sensor, elements)) add(each);
    }
  }
  return [...found.values()];
}

function open({ files, paths }: CollectContext): Reader {
  const tables = [sensors, chipNames, sensorLabels].map((each) => new Table(each));
  const root = `${paths.sysfs}/class/hwmon`;
  return new KeptAttributes(files, tables, root, () => findSensors(root, tables));
}

export default {
  name: 'hwmon',
  enabledByDefault: true,
  help: 'Temperatures, fans, voltages, currents and power of the board (/sys/class/hwmon).',
  tables: [sensors, chipNames, sensorLabels],
  minIntervalSeconds: 2,
  open,
} satisfies Collector;
