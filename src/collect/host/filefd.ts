import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

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

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/sys/fs/file-nr`);
  const table = new Table(spec);
  const scan = new Scanner();
  return {
    tables: [table],
    read() {
      if (file.read()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parseFileNr(scan, table);
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} does not hold three numbers`);
    },
  };
}

export default {
  name: 'filefd',
  enabledByDefault: true,
  minIntervalSeconds: 1,
  help: 'File handles in use and their limit (/proc/sys/fs/file-nr).',
  tables: [spec],
  open,
} satisfies Collector;
