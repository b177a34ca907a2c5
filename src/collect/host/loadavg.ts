import type { Column, TableSpec } from '../../core/metric.ts';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { openSingleFile } from '../single-file.ts';

const column = (minutes: number): Column => ({
  metric: `node_load${minutes}`,
  type: 'gauge',
  unit: 'count',
  help: `Threads that ran, waited for a CPU or for a disk: mean over about ${minutes} min.`,
});

const spec: TableSpec = { name: 'loadavg', labels: [], columns: [column(1), column(5), column(15)] };

/**
 * The first three numbers of `/proc/loadavg`. A line with fewer is not a load average: the table stays empty.
 * https://docs.kernel.org/filesystems/proc.html#kernel-data
 */
export function parseLoadavg(scan: Scanner, table: Table): void {
  const one = scan.decimal();
  const five = scan.decimal();
  const fifteen = scan.decimal();
  if (Number.isNaN(one) || Number.isNaN(five) || Number.isNaN(fifteen)) return;
  const from = table.single() * table.width;
  table.values[from] = one;
  table.values[from + 1] = five;
  table.values[from + 2] = fifteen;
}

function open(context: CollectContext): Reader {
  return openSingleFile(context, {
    file: 'loadavg',
    spec,
    parse: parseLoadavg,
    broken: 'does not begin with three numbers',
  });
}

export default {
  name: 'loadavg',
  enabledByDefault: true,
  help: 'Load averages (/proc/loadavg), which the kernel renews every 5 s.',
  tables: [spec],
  minIntervalSeconds: 1,
  open,
} satisfies Collector;
