import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import { KeptAttributes } from '../kept-attributes.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';

const spec: TableSpec = {
  name: 'entropy',
  labels: [],
  columns: [
    {
      metric: 'node_entropy_available_bits',
      type: 'gauge',
      unit: 'count',
      help: 'Bits of entropy in the random number pool.',
    },
    {
      metric: 'node_entropy_pool_size_bits',
      type: 'gauge',
      unit: 'count',
      help: 'Bits that the random number pool can hold.',
    },
  ] satisfies Column[],
};

/** https://docs.kernel.org/admin-guide/sysctl/kernel.html#random */
function open({ files, paths }: CollectContext): Reader {
  const table = new Table(spec);
  const root = `${paths.procfs}/sys/kernel/random`;
  return new KeptAttributes(files, [table], root, () => [
    { path: `${root}/entropy_avail`, table, key: '', labels: [], column: 0 },
    { path: `${root}/poolsize`, table, key: '', labels: [], column: 1 },
  ]);
}

export default {
  name: 'entropy',
  enabledByDefault: true,
  help: 'The random number pool (/proc/sys/kernel/random); its filling is constant since Linux 5.18.',
  tables: [spec],
  minIntervalSeconds: 10,
  open,
} satisfies Collector;
