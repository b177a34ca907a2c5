import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import { CpuModeSums, cpuModeColumns, cpuModeStats } from '../cpu-modes.ts';
import type { Section, SectionWriter } from '../section.ts';
import { freshTable } from '../section.ts';

const modeStats = cpuModeStats('all online CPUs');
const ONLINE = modeStats.length;
const BUSIEST = ONLINE + 1;
const BUSY = modeStats.length - 1;
const all = new CpuModeSums();
const one = new CpuModeSums();
const oneShares = new Float64Array(modeStats.length);

function busyShare(table: RepairedTable, slot: number): number {
  one.clear();
  oneShares.fill(Number.NaN);
  if (one.add(table, slot)) one.write(oneShares);
  return oneShares[BUSY];
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'cpu', 'cpu');
  if (table === undefined) return;
  const row = out.row('', table.elapsedSeconds);
  all.clear();
  let online = 0;
  let busiest = Number.NaN;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    online++;
    all.add(table, slot);
    const busy = busyShare(table, slot);
    if (!(busiest >= busy)) busiest = busy;
  }
  all.write(row);
  row[ONLINE] = online;
  row[BUSIEST] = busiest;
}

export default {
  resource: 'cpu',
  key: '',
  types: ['cpu'],
  collectors: ['cpu'],
  stats: [
    ...modeStats,
    { name: 'online_cpus', unit: 'count', help: 'CPUs that are switched on.' },
    { name: 'busiest_cpu_ratio', unit: 'ratio', help: 'Busy share of the busiest CPU; 100 % is that one CPU.' },
  ],
  tables: [{ title: 'CPU', subject: 'CPU', columns: cpuModeColumns }],
  compute,
} satisfies Section;
