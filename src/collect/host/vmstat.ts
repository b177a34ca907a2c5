import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

/** node_exporter's default filter: out-of-memory kills, paging, swapping, faults. All of them only count up. */
const kept = /^(?:oom_kill|pgpg|pswp|pg\w*fault)\w*$/;

function describeField(key: string): Column {
  return {
    metric: `node_vmstat_${key}`,
    type: 'untyped',
    unit: 'count',
    help: `${key} of /proc/vmstat, counted since boot.`,
    cumulative: true,
  };
}

const spec: TableSpec = {
  name: 'vmstat',
  labels: [],
  columns: [],
  describe: (key) => (kept.test(key) ? describeField(key) : null),
  documented: [describeField('*')],
};

/** `/proc/vmstat`: `name number` a line. https://docs.kernel.org/admin-guide/mm/index.html */
export function parseVmstat(scan: Scanner, table: Table): void {
  do {
    if (!scan.word()) continue;
    const { wordStart, wordEnd } = scan;
    const value = scan.uint();
    if (Number.isNaN(value)) continue;
    const slot = table.at(scan.buf, wordStart, wordEnd);
    if (slot >= 0) table.values[slot] = value;
  } while (scan.nextLine());
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/vmstat`);
  const table = new Table(spec);
  const scan = new Scanner();
  return {
    tables: [table],
    read() {
      if (file.read()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parseVmstat(scan, table);
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} holds no figures`);
    },
  };
}

export default {
  name: 'vmstat',
  enabledByDefault: true,
  help: 'Faults, paging, swapping and out-of-memory kills (/proc/vmstat).',
  tables: [spec],
  open,
} satisfies Collector;
