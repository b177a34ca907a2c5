import type { Column, TableSpec, Unit } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { listDirectory, readText } from '../files.ts';
import type { Attribute } from '../kept-attributes.ts';
import { KeptAttributes } from '../kept-attributes.ts';
import { labelText } from '../utf8.ts';

const plain = `authentic calibrate capacity capacity_alert_max capacity_alert_min cycle_count online present
  time_to_empty_now time_to_full_now`;
const millionths = `current_boot current_max current_now energy_empty energy_empty_design energy_full energy_full_design
  energy_now voltage_boot voltage_max voltage_max_design voltage_min voltage_min_design voltage_now voltage_ocv
  charge_control_limit charge_control_limit_max charge_counter charge_empty charge_empty_design charge_full
  charge_full_design charge_now charge_term_current constant_charge_current constant_charge_current_max
  constant_charge_voltage constant_charge_voltage_max precharge_current input_current_limit power_now`;
const tenths = 'temp temp_alert_max temp_alert_min temp_ambient temp_ambient_max temp_ambient_min temp_max temp_min';

/** Metrics whose name is not that of the file; temperatures get `_celsius`. */
const renamed: Readonly<Record<string, string>> = {
  charge_now: 'charge_ampere',
  current_now: 'current_ampere',
  cycle_count: 'cyclecount',
  energy_now: 'energy_watthour',
  power_now: 'power_watt',
  time_to_empty_now: 'time_to_empty_seconds',
  time_to_full_now: 'time_to_full_seconds',
  voltage_now: 'voltage_volt',
};

interface Figure {
  readonly file: string;
  readonly metric: string;
  readonly divide: number;
}

const figures: readonly Figure[] = [
  ...plain.split(/\s+/).map((file) => ({ file, metric: renamed[file] ?? file, divide: 1 })),
  ...millionths.split(/\s+/).map((file) => ({ file, metric: renamed[file] ?? file, divide: 1e6 })),
  ...tenths.split(' ').map((file) => ({ file, metric: `${file}_celsius`, divide: 10 })),
];
const unitOf = (metric: string): Unit => {
  if (metric.endsWith('_celsius')) return 'celsius';
  if (metric.endsWith('_seconds')) return 'seconds';
  if (metric.startsWith('voltage')) return 'volts';
  if (metric.startsWith('power')) return 'watts';
  return metric.startsWith('current') ? 'amperes' : 'count';
};

const values: TableSpec = {
  name: 'values',
  labels: ['power_supply'],
  columns: figures.map(({ file, metric }): Column => {
    const name = `node_power_supply_${metric}`;
    return { metric: name, type: 'gauge', unit: unitOf(metric), help: `${file} of a battery or power supply.` };
  }),
};

const infoFiles =
  `capacity_level charge_type health manufacturer model_name serial_number status technology type usb_type
  scope`.split(/\s+/);
const info: TableSpec = {
  name: 'info',
  labels: ['power_supply', ...infoFiles],
  omitsEmptyLabels: true,
  columns: [
    {
      metric: 'node_power_supply_info',
      type: 'gauge',
      unit: 'info',
      help: 'State and make of a power supply; always 1.',
    },
  ],
};

/** The words about a supply, asked for together with the figures, as they change (`Charging`). */
function describeSupply(folder: string, name: string, table: Table): Attribute {
  const words = infoFiles.map((file) => labelText(Buffer.from(readText(`${folder}/${file}`) ?? '', 'latin1')));
  const labels = [name, ...words];
  return { table, key: labels.join('\0'), labels };
}

/** https://docs.kernel.org/power/power_supply_class.html */
function findSupplies(root: string, readings: Table, about: Table): Attribute[] {
  return listDirectory(root).flatMap((name) => {
    const present = new Set(listDirectory(`${root}/${name}`));
    const found = figures.flatMap(({ file, divide }, column) => {
      const path = `${root}/${name}/${file}`;
      return present.has(file) ? [{ path, table: readings, key: name, labels: [name], column, divide }] : [];
    });
    return [describeSupply(`${root}/${name}`, name, about), ...found];
  });
}

function open({ files, paths }: CollectContext): Reader {
  const tables = [values, info].map((each) => new Table(each));
  const root = `${paths.sysfs}/class/power_supply`;
  return new KeptAttributes(files, tables, root, () => findSupplies(root, tables[0], tables[1]), 1);
}

export default {
  name: 'powersupplyclass',
  enabledByDefault: true,
  help: 'Batteries and power supplies (/sys/class/power_supply).',
  tables: [values, info],
  minIntervalSeconds: 10,
  open,
} satisfies Collector;
