import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, freshTable } from '../section.ts';

const counters: readonly (readonly [Stat, Figure])[] = [
  [
    { name: 'user_cores', unit: 'count', help: 'CPU seconds in user code a second: 1 is one core.' },
    new Figure('codoperf_process_cpu_seconds_total', { mode: 'user' }),
  ],
  [
    { name: 'system_cores', unit: 'count', help: 'CPU seconds in the kernel a second.' },
    new Figure('codoperf_process_cpu_seconds_total', { mode: 'system' }),
  ],
  [
    { name: 'run_queue_wait_ratio', unit: 'ratio', help: 'Share of time the main thread waited for a CPU.' },
    new Figure('codoperf_process_run_queue_wait_seconds_total'),
  ],
  [
    { name: 'read_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes it had storage read.' },
    new Figure('codoperf_process_read_bytes_total'),
  ],
  [
    { name: 'write_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes it had storage write.' },
    new Figure('codoperf_process_write_bytes_total'),
  ],
  [
    { name: 'minor_faults_per_second', unit: 'per_second', help: 'Page faults without a disk.' },
    new Figure('codoperf_process_page_faults_total', { kind: 'minor' }),
  ],
  [
    { name: 'major_faults_per_second', unit: 'per_second', help: 'Page faults that waited for a disk.' },
    new Figure('codoperf_process_page_faults_total', { kind: 'major' }),
  ],
  [
    {
      name: 'voluntary_switches_per_second',
      unit: 'per_second',
      help: 'Times the main thread gave up its CPU to wait.',
    },
    new Figure('codoperf_process_context_switches_total', { kind: 'voluntary' }),
  ],
  [
    {
      name: 'nonvoluntary_switches_per_second',
      unit: 'per_second',
      help: 'Times its CPU was taken from the main thread.',
    },
    new Figure('codoperf_process_context_switches_total', { kind: 'nonvoluntary' }),
  ],
];
const gauges: readonly (readonly [Stat, Figure])[] = [
  [
    { name: 'resident_bytes', unit: 'bytes', help: 'Memory in RAM, shared pages included.' },
    new Figure('codoperf_process_resident_memory_bytes'),
  ],
  [
    { name: 'virtual_bytes', unit: 'bytes', help: 'Address space.' },
    new Figure('codoperf_process_virtual_memory_bytes'),
  ],
  [
    { name: 'swap_bytes', unit: 'bytes', help: 'Memory that is swapped out.' },
    new Figure('codoperf_process_swap_bytes'),
  ],
  [{ name: 'threads', unit: 'count', help: 'Threads.' }, new Figure('codoperf_process_threads')],
  [{ name: 'open_fds', unit: 'count', help: 'Open file descriptors.' }, new Figure('codoperf_process_open_fds')],
];

function nameOf(table: RepairedTable, slot: number): string {
  return table.table.row(slot).labels[0];
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'process', 'processes');
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    const row = out.slot(table, slot, nameOf);
    for (let i = 0; i < counters.length; i++) row[i] = counters[i][1].perSecond(table, slot);
    for (let i = 0; i < gauges.length; i++) row[counters.length + i] = gauges[i][1].value(table, slot);
  }
}

export default {
  resource: 'processes',
  key: 'selected',
  subject: 'pid',
  types: ['cpu', 'memory', 'disk', 'network'],
  collectors: ['process'],
  stats: [...counters, ...gauges].map(([stat]) => stat),
  tables: [
    {
      title: 'PID',
      subject: 'pid',
      columns: [
        { head: '%usr', stat: 'user_cores', scale: 100 },
        { head: '%system', stat: 'system_cores', scale: 100 },
        { head: '%wait', stat: 'run_queue_wait_ratio', scale: 100 },
        { head: 'minflt/s', stat: 'minor_faults_per_second' },
        { head: 'majflt/s', stat: 'major_faults_per_second' },
        { head: 'RSS', stat: 'resident_bytes', scale: 1 / 1024, digits: 0 },
        { head: 'kB_rd/s', stat: 'read_bytes_per_second', scale: 1 / 1024 },
        { head: 'kB_wr/s', stat: 'write_bytes_per_second', scale: 1 / 1024 },
        { head: 'cswch/s', stat: 'voluntary_switches_per_second' },
        { head: 'nvcswch/s', stat: 'nonvoluntary_switches_per_second' },
        { head: 'threads', stat: 'threads', digits: 0 },
        { head: 'fd-nr', stat: 'open_fds', digits: 0 },
      ],
    },
  ],
  onlySelected: true,
  compute,
} satisfies Section;
