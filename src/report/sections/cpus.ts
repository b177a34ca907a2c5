import type { Frame } from '../../core/frame.ts';
import { CpuModeSums, cpuModeColumns, cpuModeStats } from '../cpu-modes.ts';
import type { Section, SectionWriter } from '../section.ts';
import { firstLabel, freshTable } from '../section.ts';

const one = new CpuModeSums();

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'cpu', 'cpu');
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    one.clear();
    if (one.add(table, slot)) one.write(out.slot(table, slot, firstLabel));
  }
}

export default {
  resource: 'cpu',
  key: 'cpus',
  subject: 'cpu',
  types: ['cpu'],
  collectors: ['cpu'],
  stats: cpuModeStats('one CPU'),
  tables: [{ title: 'CPU by core', subject: 'CPU', columns: cpuModeColumns, verbose: true }],
  verbose: true,
  compute,
} satisfies Section;
