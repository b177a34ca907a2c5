import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, freshTable } from '../section.ts';

const stats: readonly Stat[] = [
  {
    name: 'run_queue',
    unit: 'count',
    help: 'Threads that ran or waited for a CPU at the moment of the sample, our own left out.',
  },
  { name: 'blocked', unit: 'count', help: 'Threads that waited for a disk at the moment of the sample.' },
  {
    name: 'waiting_threads',
    unit: 'count',
    help: 'Threads that waited for a CPU on average: seconds waited a second.',
  },
  { name: 'context_switches_per_second', unit: 'per_second', help: 'Context switches.' },
  { name: 'interrupts_per_second', unit: 'per_second', help: 'Interrupts serviced.' },
  { name: 'forks_per_second', unit: 'per_second', help: 'Processes and threads created.' },
  { name: 'load1', unit: 'count', help: 'Load average over one minute (runnable and uninterruptible threads).' },
  { name: 'load5', unit: 'count', help: 'Load average over five minutes.' },
  { name: 'load15', unit: 'count', help: 'Load average over fifteen minutes.' },
];

const running = new Figure('node_procs_running');
const blocked = new Figure('node_procs_blocked');
const switches = new Figure('node_context_switches_total');
const interrupts = new Figure('node_intr_total');
const forks = new Figure('node_forks_total');
const waiting = new Figure('node_schedstat_waiting_seconds_total');
const loads = ['node_load1', 'node_load5', 'node_load15'].map((metric) => new Figure(metric));

function writeCounters(stat: RepairedTable, out: Float64Array): void {
  out[0] = Math.max(0, running.value(stat, 0) - 1);
  out[1] = blocked.value(stat, 0);
  out[3] = switches.perSecond(stat, 0);
  out[4] = interrupts.perSecond(stat, 0);
  out[5] = forks.perSecond(stat, 0);
}

function waitingThreads(table: RepairedTable): number {
  let sum = 0;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (table.table.present(slot)) sum += waiting.perSecond(table, slot);
  }
  return sum;
}

function compute(frame: Frame, out: SectionWriter): void {
  const row = out.row('', frame.elapsedSeconds);
  const stat = freshTable(frame, 'stat', 'stat');
  if (stat !== undefined && stat.table.anyPresent()) writeCounters(stat, row);
  const sched = freshTable(frame, 'schedstat', 'schedstat');
  if (sched !== undefined && sched.table.anyPresent()) row[2] = waitingThreads(sched);
  const load = freshTable(frame, 'loadavg', 'loadavg');
  if (load !== undefined && load.table.anyPresent()) for (let i = 0; i < 3; i++) row[6 + i] = loads[i].value(load, 0);
}

export default {
  resource: 'cpu',
  key: 'scheduler',
  types: ['cpu'],
  collectors: ['stat', 'loadavg', 'schedstat'],
  stats,
  tables: [
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
