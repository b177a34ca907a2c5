import type { TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { listDirectory, readText } from '../files.ts';
import type { Attribute } from '../kept-attributes.ts';
import { KeptAttributes } from '../kept-attributes.ts';

const zones: TableSpec = {
  name: 'zones',
  labels: ['zone', 'type'],
  columns: [
    { metric: 'node_thermal_zone_temp', type: 'gauge', unit: 'celsius', help: 'Temperature of a thermal zone.' },
  ],
};
const devices: TableSpec = {
  name: 'cooling_devices',
  labels: ['name', 'type'],
  columns: [
    {
      metric: 'node_cooling_device_cur_state',
      type: 'gauge',
      unit: 'count',
      help: 'Step at which a device cools; -1 when it does not know.',
    },
    {
      metric: 'node_cooling_device_max_state',
      type: 'gauge',
      unit: 'count',
      help: 'Highest step at which a device can cool.',
    },
  ],
};

/** A zone that is switched off, or that no policy governs, has no temperature to show. */
function findZones(root: string, table: Table): Attribute[] {
  return members(root, 'thermal_zone').flatMap(({ path, number }) => {
    const type = readText(`${path}/type`);
    const governed = readText(`${path}/policy`) !== undefined && readText(`${path}/mode`) !== 'disabled';
    if (type === undefined || !governed) return [];
    return [{ path: `${path}/temp`, table, key: `${number} ${type}`, labels: [number, type], divide: 1000 }];
  });
}

function findDevices(root: string, table: Table): Attribute[] {
  return members(root, 'cooling_device').flatMap(({ path, number }) => {
    const type = readText(`${path}/type`);
    if (type === undefined) return [];
    const row = { table, key: `${number} ${type}`, labels: [number, type] };
    return [
      { ...row, path: `${path}/cur_state`, column: 0 },
      { ...row, path: `${path}/max_state`, column: 1 },
    ];
  });
}

function members(root: string, prefix: string): { path: string; number: string }[] {
  return listDirectory(root)
    .filter((name) => name.startsWith(prefix) && /^\d/.test(name.slice(prefix.length)))
    .map((name) => ({ path: `${root}/${name}`, number: name.slice(prefix.length) }));
}

/** Temperatures are in thousandths of a degree. https://docs.kernel.org/driver-api/thermal/sysfs-api.html */
function open({ files, paths }: CollectContext): Reader {
  const tables = [zones, devices].map((each) => new Table(each));
  const root = `${paths.sysfs}/class/thermal`;
  return new KeptAttributes(files, tables, root, () => [
    ...findZones(root, tables[0]),
    ...findDevices(root, tables[1]),
  ]);
}

export default {
  name: 'thermal_zone',
  enabledByDefault: true,
  help: 'Thermal zones and the devices that cool them (/sys/class/thermal).',
  tables: [zones, devices],
  minIntervalSeconds: 2,
  open,
} satisfies Collector;
