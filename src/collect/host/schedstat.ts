import type { Column, TableSpec } from '../../core/metric.ts';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { openSingleFile } from '../single-file.ts';

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

function open(context: CollectContext): Reader {
  return openSingleFile(context, { file: 'schedstat', spec, parse: parseSchedstat, broken: 'holds no CPU' });
}

export default {
  name: 'schedstat',
  enabledByDefault: true,
  help: 'Time threads ran on and waited for each CPU (/proc/schedstat).',
  tables: [spec],
  open,
} satisfies Collector;
