import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import { CpuModeSums, cpuModeColumns, cpuModeStats } from '../cpu-modes.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';

const others: readonly Stat[] = [
  { name: 'online_cpus', unit: 'count', help: 'CPUs that are switched on.' },
  { name: 'run_queue', unit: 'count', help: 'Threads that ran or waited for a CPU at the moment of the sample.' },
  { name: 'blocked', unit: 'count', help: 'Threads that waited for a disk at the moment of the sample.' },
  { name: 'run_queue_wait_ratio', unit: 'ratio', help: 'Waiting threads on average: seconds waited for a CPU a second.' },
  { name: 'context_switches_per_second', unit: 'per_second', help: 'Context switches.' },
  { name: 'interrupts_per_second', unit: 'per_second', help: 'Interrupts serviced.' },
  { name: 'forks_per_second', unit: 'per_second', help: 'Processes and threads created.' },
  { name: 'load1', unit: 'count', help: 'Load average over one minute (runnable and uninterruptible threads).' },
  { name: 'load5', unit: 'count', help: 'Load average over five minutes.' },
  { name: 'load15', unit: 'count', help: 'Load average over fifteen minutes.' },
  { name: 'core_busy_max_ratio', unit: 'ratio', help: 'Busy share of the busiest CPU; 100 % is that one CPU.' },
];

const stats = [...cpuModeStats('all online CPUs'), ...others];
const FIRST_OTHER = stats.length - others.length;
const IDLE = 3;
const IOWAIT = 4;
const all = new CpuModeSums();

function busyShare(table: RepairedTable, slot: number): number {
  const from = slot * table.table.width;
  let total = 0;
  for (let i = 0; i < 8; i++) total += table.delta[from + i];
  return 1 - (table.delta[from + IDLE] + table.delta[from + IOWAIT]) / total;
}

function writeModes(table: RepairedTable, out: Float64Array): void {
  all.clear();
  let online = 0;
  let busiest = Number.NaN;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    online++;
    if (!all.add(table, slot)) continue;
    const busy = busyShare(table, slot);
    if (!(busiest >= busy)) busiest = busy;
  }
  all.write(out);
  out[FIRST_OTHER] = online;
  out[FIRST_OTHER + 10] = busiest;
}

function writeCounters(frame: Frame, out: Float64Array): void {
  const stat = frame.table('stat', 'stat');
  const slot = 0;
  if (stat === undefined || !frame.collector('stat')?.fresh || stat.table.size === 0) return;
  const per = stat.gap ? Number.NaN : stat.elapsedSeconds;
  const [intr, ctxt, , forks, running, blocked] = [0, 1, 2, 3, 4, 5].map((c) => slot * stat.table.width + c);
  // The thread that takes the sample is always running: it is not counted as load.
  out[FIRST_OTHER + 1] = Math.max(0, stat.value[running] - 1);
  out[FIRST_OTHER + 2] = stat.value[blocked];
  out[FIRST_OTHER + 4] = stat.delta[ctxt] / per;
  out[FIRST_OTHER + 5] = stat.delta[intr] / per;
  out[FIRST_OTHER + 6] = stat.delta[forks] / per;
}

function writeLoad(frame: Frame, out: Float64Array): void {
  const load = frame.table('loadavg', 'loadavg');
  if (load === undefined || !frame.collector('loadavg')?.fresh) return;
  for (let i = 0; i < 3; i++) out[FIRST_OTHER + 7 + i] = load.value[i];
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = frame.table('cpu', 'cpu');
  const fresh = table !== undefined && frame.collector('cpu')?.fresh === true;
  const row = out.row('', fresh ? table.elapsedSeconds : frame.elapsedSeconds);
  if (fresh) writeModes(table, row);
  writeCounters(frame, row);
  writeLoad(frame, row);
}

export default {
  resource: 'cpu',
  key: '',
  types: ['cpu'],
  collectors: ['cpu', 'stat', 'loadavg', 'schedstat'],
  stats,
  tables: [
    { title: 'CPU', subject: 'CPU', columns: cpuModeColumns },
    {
      title: 'Queue',
      subject: '',
      columns: [
        { head: 'runq-sz', stat: 'run_queue', digits: 1 },
        { head: 'blocked', stat: 'blocked', digits: 1 },
        { head: 'ldavg-1', stat: 'load1', digits: 2 },
        { head: 'ldavg-5', stat: 'load5', digits: 2 },
        { head: 'ldavg-15', stat: 'load15', digits: 2 },
        { head: 'cswch/s', stat: 'context_switches_per_second' },
        { head: 'intr/s', stat: 'interrupts_per_second' },
        { head: 'proc/s', stat: 'forks_per_second' },
      ],
    },
  ],
  compute,
} satisfies Section;
