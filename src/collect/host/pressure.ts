import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';

const column = (name: string, help: string): Column => ({
  metric: `node_pressure_${name}_seconds_total`,
  type: 'counter',
  unit: 'seconds',
  help,
});

const spec: TableSpec = {
  name: 'pressure',
  labels: [],
  columns: [
    column('cpu_waiting', 'Seconds in which some thread waited for a CPU.'),
    column('io_waiting', 'Seconds in which some thread waited for IO.'),
    column('io_stalled', 'Seconds in which every thread that was not idle waited for IO.'),
    column('memory_waiting', 'Seconds in which some thread waited for memory.'),
    column('memory_stalled', 'Seconds in which every thread that was not idle waited for memory.'),
    column('irq_stalled', 'Seconds that interrupts took from the threads.'),
  ],
};

/** Columns of the `some` and the `full` line; the kernel's `full` of cpu is 0 by definition, irq has no `some`. */
const resources = [
  { name: 'cpu', some: 0, full: -1 },
  { name: 'io', some: 1, full: 2 },
  { name: 'memory', some: 3, full: 4 },
  { name: 'irq', some: -1, full: 5 },
] as const;

const TOTAL = Buffer.from(' total=');

/**
 * One file of `/proc/pressure`: a `some` and a `full` line, whose `total` is in microseconds. The
 * sums are put in their columns, -1 leaving one out. https://docs.kernel.org/accounting/psi.html
 */
export function parsePressure(scan: Scanner, table: Table, some: number, full: number): void {
  do {
    if (!scan.word()) continue;
    const column = scan.wordIs('some') ? some : scan.wordIs('full') ? full : -1;
    if (column < 0) continue;
    if (!scan.seek(TOTAL)) continue;
    const microseconds = scan.uint();
    if (!Number.isNaN(microseconds)) table.values[table.single() * table.width + column] = microseconds / 1000 / 1000;
  } while (scan.nextLine());
}

function open({ files, paths }: CollectContext): Reader {
  const sources = resources.map(({ name, some, full }) => {
    return { file: files.file(`${paths.procfs}/pressure/${name}`), some, full };
  });
  const table = new Table(spec);
  const scan = new Scanner();

  /** Kernels before 6.1 have no irq file; a missing one is a missing figure, not a failure. */
  function readAll(): boolean {
    let changed = false;
    for (const { file } of sources) if (file.tryRead()) changed = true;
    return changed;
  }

  return {
    tables: [table],
    read() {
      if (!readAll() && table.anyPresent() && allFound(sources)) return;
      table.begin();
      for (const { file, some, full } of sources) {
        scan.reset(file.buf, file.length);
        parsePressure(scan, table, some, full);
      }
      table.commit();
      if (table.anyPresent()) return;
      if (!sources.some(({ file }) => file.found)) sources[0].file.read();
      throw new Unavailable('broken', `${paths.procfs}/pressure holds no figures`);
    },
  };
}

function allFound(sources: readonly { readonly file: PseudoFile }[]): boolean {
  for (const { file } of sources) if (!file.found) return false;
  return true;
}

export default {
  name: 'pressure',
  enabledByDefault: true,
  help: 'Time in which threads had to wait for CPU, IO or memory (/proc/pressure, Linux 4.20).',
  tables: [spec],
  open,
} satisfies Collector;
