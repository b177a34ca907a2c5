import type { Column, TableSpec } from '../../core/metric.ts';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { openSingleFile } from '../single-file.ts';

const spec: TableSpec = {
  name: 'stat',
  labels: [],
  columns: [
    { metric: 'node_intr_total', type: 'counter', unit: 'count', help: 'Interrupts serviced since boot.' },
    { metric: 'node_context_switches_total', type: 'counter', unit: 'count', help: 'Context switches since boot.' },
    { metric: 'node_boot_time_seconds', type: 'gauge', unit: 'seconds', help: 'Unix time of the boot.' },
    { metric: 'node_forks_total', type: 'counter', unit: 'count', help: 'Processes and threads created since boot.' },
    { metric: 'node_procs_running', type: 'gauge', unit: 'count', help: 'Threads that run or wait for a CPU.' },
    { metric: 'node_procs_blocked', type: 'gauge', unit: 'count', help: 'Threads that wait for a disk.' },
  ] satisfies Column[],
};

/** First words of the lines of `/proc/stat`, in the order of the columns. */
const lineNames = ['intr', 'ctxt', 'btime', 'processes', 'procs_running', 'procs_blocked'];

/** The lines of `/proc/stat` that are not about one CPU. https://docs.kernel.org/filesystems/proc.html#proc-stat */
export function parseStat(scan: Scanner, table: Table): void {
  do {
    if (!scan.word() || scan.startsWithAt(scan.wordStart, 'cpu')) continue;
    for (let column = 0; column < lineNames.length; column++) {
      if (scan.wordIs(lineNames[column])) {
        const value = scan.uint();
        if (!Number.isNaN(value)) table.values[table.single() * table.width + column] = value;
        break;
      }
    }
  } while (scan.nextLine());
}

function open(context: CollectContext): Reader {
  return openSingleFile(context, { file: 'stat', spec, parse: parseStat, broken: 'holds no figures' });
}

export default {
  name: 'stat',
  enabledByDefault: true,
  help: 'Interrupts, context switches, forks and the run queue (/proc/stat).',
  tables: [spec],
  open,
} satisfies Collector;
