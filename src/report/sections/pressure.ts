import type { Frame } from '../../core/frame.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, freshTable } from '../section.ts';

/** Statistic, metric and meaning. https://docs.kernel.org/accounting/psi.html */
const sources: readonly (readonly [string, string, string])[] = [
  ['cpu_some_ratio', 'node_pressure_cpu_waiting_seconds_total', 'some task waited for a CPU'],
  ['memory_some_ratio', 'node_pressure_memory_waiting_seconds_total', 'some task waited for memory'],
  ['memory_full_ratio', 'node_pressure_memory_stalled_seconds_total', 'every task that could run waited for memory'],
  ['io_some_ratio', 'node_pressure_io_waiting_seconds_total', 'some task waited for a disk'],
  ['io_full_ratio', 'node_pressure_io_stalled_seconds_total', 'every task that could run waited for a disk'],
  ['irq_full_ratio', 'node_pressure_irq_stalled_seconds_total', 'every task that could run waited for interrupts'],
];

const stats = sources.map(
  ([name, , meaning]): Stat => ({ name, unit: 'ratio', help: `Share of time in which ${meaning}.` }),
);
const figures = sources.map(([, metric]) => new Figure(metric));

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'pressure', 'pressure');
  if (table === undefined) return;
  const row = out.row('', table.elapsedSeconds);
  for (let i = 0; i < figures.length; i++) row[i] = figures[i].perSecond(table, 0);
}

export default {
  resource: 'pressure',
  key: '',
  types: ['cpu', 'memory', 'disk'],
  collectors: ['pressure'],
  stats,
  tables: [
    {
      title: 'Pressure',
      subject: '',
      columns: [
        { head: '%scpu', stat: 'cpu_some_ratio', scale: 100, digits: 2 },
        { head: '%smem', stat: 'memory_some_ratio', scale: 100, digits: 2 },
        { head: '%fmem', stat: 'memory_full_ratio', scale: 100, digits: 2 },
        { head: '%sio', stat: 'io_some_ratio', scale: 100, digits: 2 },
        { head: '%fio', stat: 'io_full_ratio', scale: 100, digits: 2 },
        { head: '%firq', stat: 'irq_full_ratio', scale: 100, digits: 2 },
      ],
    },
  ],
  compute,
} satisfies Section;
