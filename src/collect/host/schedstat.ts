import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

const NANOSECONDS_PER_SECOND = 1e9;
/** Numbers of a CPU's line before the three that are read here. */
const LEADING_FIELDS = 6;

const spec: TableSpec = {
  name: 'schedstat',
  labels: ['cpu'],
  columns: [
    {
      metric: 'node_schedstat_running_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help: 'Seconds in which threads ran on this CPU.',
    },
    {
      metric: 'node_schedstat_waiting_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help: 'Seconds that runnable threads waited for this CPU, summed over them.',
    },
    {
      metric: 'node_schedstat_timeslices_total',
      type: 'counter',
      unit: 'count',
      help: 'Times a thread was put on this CPU.',
    },
  ] satisfies Column[],
  labelsOf: (key) => [key.slice(3)],
};

/**
 * The `cpuN` lines of `/proc/schedstat`: nine numbers, of which the last three are nanoseconds run,
 * nanoseconds waited and time slices. Lines with fewer are left out, as are the domains below each
 * CPU. https://docs.kernel.org/scheduler/sched-stats.html#cpu-statistics
 */
export function parseSchedstat(scan: Scanner, table: Table): void {
  do {
    if (!scan.word() || !scan.startsWithAt(scan.wordStart, 'cpu')) continue;
    const { wordStart, wordEnd } = scan;
    scan.pos = wordStart + 'cpu'.length;
    if (Number.isNaN(scan.uint()) || scan.pos !== wordEnd) continue;
    scan.skipWords(LEADING_FIELDS);
    const running = scan.uint();
    const waiting = scan.uint();
    const slices = scan.uint();
    if (Number.isNaN(running) || Number.isNaN(waiting) || Number.isNaN(slices)) continue;
    const from = table.at(scan.buf, wordStart, wordEnd) * table.width;
    table.values[from] = running / NANOSECONDS_PER_SECOND;
    table.values[from + 1] = waiting / NANOSECONDS_PER_SECOND;
    table.values[from + 2] = slices;
  } while (scan.nextLine());
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/schedstat`);
  const table = new Table(spec);
  const scan = new Scanner();
  return {
    tables: [table],
    read() {
      if (file.read()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parseSchedstat(scan, table);
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} holds no CPU`);
    },
  };
}

export default {
  name: 'schedstat',
  enabledByDefault: true,
  help: 'Time threads ran on and waited for each CPU (/proc/schedstat).',
  tables: [spec],
  open,
} satisfies Collector;
