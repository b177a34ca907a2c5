import type { Frame } from '../../core/frame.ts';
import { NodeFigure } from '../node-figures.ts';
import { NodeProcesses } from '../node-processes.ts';
import type { NodeProcessView } from '../node-processes.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';

const stats = [
  {
    name: 'utilization_ratio',
    unit: 'ratio',
    help: 'Time that the event loop was not idle, of one thread: 100 % can serve nothing more.',
  },
  { name: 'delay_p50_seconds', unit: 'seconds', help: 'Median delay of what came due, corrected for omission.' },
  { name: 'delay_p99_seconds', unit: 'seconds', help: 'Delay that 99 % of what came due did not exceed, corrected.' },
  { name: 'delay_max_seconds', unit: 'seconds', help: 'Longest time that the event loop kept something waiting.' },
  { name: 'work_ratio', unit: 'ratio', help: 'Time that the main thread was on a CPU.' },
  {
    name: 'run_queue_ratio',
    unit: 'ratio',
    help: 'Time that the main thread was ready while others had the CPUs: starved.',
  },
  {
    name: 'throttled_ratio',
    unit: 'ratio',
    help: 'Time that the main thread was stopped for the CPU quota of its cgroup.',
  },
  {
    name: 'blocked_ratio',
    unit: 'ratio',
    help: 'Time that the loop was neither idle nor ready nor on a CPU: a synchronous call waited in the kernel.',
  },
  { name: 'gc_ratio', unit: 'ratio', help: 'Time in pauses for garbage collection.' },
  { name: 'unanswered_seconds', unit: 'seconds', help: 'Time that the process has owed an answer; 0 when it answers.' },
] as const satisfies readonly Stat[];
type Name = (typeof stats)[number]['name'];
const at = Object.fromEntries(stats.map(({ name }, index) => [name, index])) as Record<Name, number>;

const processes = new NodeProcesses();
const active = new NodeFigure('codoperf_eventloop_active_seconds_total');
const idle = new NodeFigure('codoperf_eventloop_idle_seconds_total');
const p50 = new NodeFigure('codoperf_eventloop_delay_p50_seconds');
const p99 = new NodeFigure('codoperf_eventloop_delay_p99_seconds');
const max = new NodeFigure('codoperf_eventloop_delay_max_seconds');
const pauses = new NodeFigure('nodejs_gc_duration_seconds_sum');
const figures = [active, idle, p50, p99, max, pauses];

function writeThread(row: Float64Array, { pid, elapsedSeconds }: NodeProcessView, thread: string): void {
  const busy = active.increase(pid, thread);
  row[at.utilization_ratio] = busy / (busy + idle.increase(pid, thread));
  row[at.delay_p50_seconds] = p50.value(pid, thread);
  row[at.delay_p99_seconds] = p99.value(pid, thread);
  row[at.delay_max_seconds] = max.value(pid, thread);
  row[at.gc_ratio] = pauses.increase(pid, thread) / elapsedSeconds;
}

function writeProcess(row: Float64Array, process: NodeProcessView): void {
  const { elapsedSeconds, unansweredSeconds } = process;
  row[at.unanswered_seconds] = unansweredSeconds;
  if (Number.isNaN(elapsedSeconds)) return;
  writeThread(row, process, '');
  const { work, runQueue, throttled, blocked } = processes.split(process);
  row[at.work_ratio] = work / elapsedSeconds;
  row[at.run_queue_ratio] = runQueue / elapsedSeconds;
  row[at.throttled_ratio] = throttled / elapsedSeconds;
  row[at.blocked_ratio] = blocked / elapsedSeconds;
}

function compute(frame: Frame, out: SectionWriter): void {
  const found = processes.of(frame);
  for (const figure of figures) figure.bind(frame);
  for (const process of found) {
    const { subject, threads, elapsedSeconds } = process;
    const known = !Number.isNaN(elapsedSeconds);
    writeProcess(out.row(subject, known ? elapsedSeconds : frame.elapsedSeconds), process);
    if (!known) continue;
    for (const thread of threads.slice(1)) {
      writeThread(out.row(`${subject} worker ${thread}`, elapsedSeconds), process, thread);
    }
  }
}

const MS = 1000;

export default {
  resource: 'nodejs',
  key: 'loop',
  subject: 'process',
  types: ['cpu'],
  collectors: ['nodejs'],
  stats,
  tables: [
    {
      title: 'Node.js loop',
      subject: 'process',
      rankBy: 'utilization_ratio',
      columns: [
        { head: '%loop', stat: 'utilization_ratio', scale: 100 },
        { head: '%work', stat: 'work_ratio', scale: 100 },
        { head: '%starved', stat: 'run_queue_ratio', scale: 100 },
        { head: '%throttled', stat: 'throttled_ratio', scale: 100 },
        { head: '%blocked', stat: 'blocked_ratio', scale: 100 },
        { head: '%gc', stat: 'gc_ratio', scale: 100 },
        { head: 'p50 ms', stat: 'delay_p50_seconds', scale: MS },
        { head: 'p99 ms', stat: 'delay_p99_seconds', scale: MS },
        { head: 'max ms', stat: 'delay_max_seconds', scale: MS, largest: true },
      ],
    },
  ],
  compute,
} satisfies Section;
