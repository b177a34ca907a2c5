import type { Column, TableSpec } from '../../core/metric.ts';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { openSingleFile } from '../single-file.ts';

const spec: TableSpec = {
  name: 'filefd',
  labels: [],
  columns: [
    { metric: 'node_filefd_allocated', type: 'gauge', unit: 'count', help: 'File handles in use on the whole host.' },
    {
      metric: 'node_filefd_maximum',
      type: 'gauge',
      unit: 'count',
      help: 'File handles the kernel would hand out (fs.file-max).',
    },
  ] satisfies Column[],
};

/**
 * `/proc/sys/fs/file-nr`: handles in use, a number that is always 0 since Linux 2.6, and the limit.
 * https://docs.kernel.org/admin-guide/sysctl/fs.html#file-max-file-nr
 */
export function parseFileNr(scan: Scanner, table: Table): void {
  const allocated = scan.uint();
  scan.skipWords(1);
  const maximum = scan.uint();
  if (Number.isNaN(allocated) || Number.isNaN(maximum)) return;
  const from = table.single() * table.width;
  table.values[from] = allocated;
  table.values[from + 1] = maximum;
}

function open(context: CollectContext): Reader {
  return openSingleFile(context, {
    file: 'sys/fs/file-nr',
    spec,
    parse: parseFileNr,
    broken: 'does not hold three numbers',
  });
}

export default {
  name: 'filefd',
  enabledByDefault: true,
  minIntervalSeconds: 1,
  help: 'File handles in use and their limit (/proc/sys/fs/file-nr).',
  tables: [spec],
  open,
} satisfies Collector;
