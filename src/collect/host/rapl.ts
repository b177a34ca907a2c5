import path from 'node:path';
import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { listDirectory, readText } from '../files.ts';
import type { Attribute } from '../kept-attributes.ts';
import { KeptAttributes } from '../kept-attributes.ts';

const describeZone = (key: string): Column => ({
  metric: `node_rapl_${key.split(' ')[0]}_joules_total`,
  type: 'counter',
  unit: 'joules',
  help: `Energy that the power zone ${key.split(' ')[0]} has used; begins again at the meter's end.`,
});

const spec: TableSpec = {
  name: 'rapl',
  labels: ['index', 'path'],
  columns: [],
  describe: describeZone,
  documented: [describeZone('*')],
};

/** `package-1` is number 1 of the packages; zones without a number (`dram`) are counted as they come. */
function indexAndName(zone: string, counted: ReadonlyMap<string, number>): [number, string] {
  const numbered = /^([^-]*)-(\d+)$/.exec(zone);
  if (numbered !== null) return [Number(numbered[2]), numbered[1]];
  return [counted.get(zone) ?? 0, zone];
}

/** Zones and their meters, in microjoules. https://docs.kernel.org/power/powercap/powercap.html */
function findZones(root: string, table: Table): Attribute[] {
  const counted = new Map<string, number>();
  return listDirectory(root).flatMap((folder) => {
    const zone = readText(`${root}/${folder}/name`);
    if (zone === undefined) return [];
    const [index, name] = indexAndName(zone, counted);
    counted.set(name, index + 1);
    const labels = [String(index), path.join(root, folder)];
    const metric = name.replace(/[^a-zA-Z0-9:_]/g, '_');
    return [{ path: `${root}/${folder}/energy_uj`, table, key: [metric, ...labels].join(' '), labels, divide: 1e6 }];
  });
}

function open({ files, paths }: CollectContext): Reader {
  const table = new Table(spec);
  const root = `${paths.sysfs}/class/powercap`;
  return new KeptAttributes(files, [table], root, () => findZones(root, table));
}

export default {
  name: 'rapl',
  enabledByDefault: true,
  help: 'Energy used by processor packages, cores and memory (/sys/class/powercap); since Linux 5.10 for root only.',
  tables: [spec],
  minIntervalSeconds: 1,
  open,
} satisfies Collector;
