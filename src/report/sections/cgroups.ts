import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, firstLabel, freshTable } from '../section.ts';

const stats: readonly Stat[] = [
  { name: 'cpu_cores', unit: 'count', help: 'CPU seconds used a second: 1 is one core all the time.' },
  { name: 'throttled_ratio', unit: 'ratio', help: 'Share of the scheduler periods in which it used up its CPU quota.' },
  { name: 'cpu_limit_ratio', unit: 'ratio', help: 'CPU used of its own quota.' },
  { name: 'working_set_bytes', unit: 'bytes', help: 'Memory charged less inactive file pages.' },
  { name: 'memory_limit_ratio', unit: 'ratio', help: 'Working set of its own memory limit.' },
  { name: 'oom_kills_per_second', unit: 'per_second', help: 'Processes killed because its memory ran out.' },
  { name: 'read_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes read from all devices.' },
  { name: 'write_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes written to all devices.' },
  { name: 'threads', unit: 'count', help: 'Threads in it and below it.' },
  { name: 'cpu_some_ratio', unit: 'ratio', help: 'Share of time in which some task of it waited for a CPU.' },
  { name: 'memory_full_ratio', unit: 'ratio', help: 'Share of time in which every task of it waited for memory.' },
  { name: 'io_full_ratio', unit: 'ratio', help: 'Share of time in which every task of it waited for a disk.' },
];
const at = Object.fromEntries(stats.map(({ name }, index) => [name, index]));

const figure = (name: string, labels?: Record<string, string>): Figure => new Figure(`container_${name}`, labels);
const cpu = figure('cpu_usage_seconds_total');
const periods = figure('cpu_cfs_periods_total');
const throttled = figure('cpu_cfs_throttled_periods_total');
const workingSet = figure('memory_working_set_bytes');
const kills = figure('oom_events_total');
const reads = figure('fs_reads_bytes_total');
const writes = figure('fs_writes_bytes_total');
const threads = figure('threads');
const cpuWaiting = figure('pressure_cpu_waiting_seconds_total');
const memoryStalled = figure('pressure_memory_stalled_seconds_total');
const ioStalled = figure('pressure_io_stalled_seconds_total');
const quota = figure('spec_cpu_quota');
const period = figure('spec_cpu_period');
const memoryLimit = figure('spec_memory_limit_bytes');

/** Calls `write` with the row of every cgroup of a table; rows of one cgroup in several tables are the same. */
function each(frame: Frame, name: string, write: (table: RepairedTable, slot: number) => void): void {
  const table = freshTable(frame, 'cgroup', name);
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) if (table.table.present(slot)) write(table, slot);
}

/** The values of all cgroups in one frame, by path: several tables fill one row. */
class Rows {
  private readonly rows = new Map<string, Float64Array>();
  private out: SectionWriter | undefined;
  private elapsed = 0;

  begin(out: SectionWriter, elapsedSeconds: number): void {
    this.out = out;
    this.elapsed = elapsedSeconds;
    this.rows.clear();
  }

  of(table: RepairedTable, slot: number): Float64Array {
    const id = firstLabel(table, slot);
    let row = this.rows.get(id);
    if (row === undefined) {
      row = (this.out as SectionWriter).row(id, this.elapsed);
      this.rows.set(id, row);
    }
    return row;
  }
}

const rows = new Rows();

function add(row: Float64Array, index: number, value: number): void {
  if (!Number.isNaN(value)) row[index] = (Number.isNaN(row[index]) ? 0 : row[index]) + value;
}

function writeCpu(table: RepairedTable, slot: number): void {
  const row = rows.of(table, slot);
  row[at.cpu_cores] = cpu.perSecond(table, slot);
  const all = periods.increase(table, slot);
  if (all > 0) row[at.throttled_ratio] = throttled.increase(table, slot) / all;
}

function writeLimits(table: RepairedTable, slot: number): void {
  const row = rows.of(table, slot);
  const cores = quota.value(table, slot) / period.value(table, slot);
  const memory = memoryLimit.value(table, slot);
  if (cores > 0) row[at.cpu_limit_ratio] = row[at.cpu_cores] / cores;
  if (memory > 0) row[at.memory_limit_ratio] = row[at.working_set_bytes] / memory;
}

function writePressure(table: RepairedTable, slot: number): void {
  const row = rows.of(table, slot);
  row[at.cpu_some_ratio] = cpuWaiting.perSecond(table, slot);
  row[at.memory_full_ratio] = memoryStalled.perSecond(table, slot);
  row[at.io_full_ratio] = ioStalled.perSecond(table, slot);
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'cgroup', 'cpu') ?? freshTable(frame, 'cgroup', 'memory');
  if (table === undefined) return;
  rows.begin(out, table.elapsedSeconds);
  each(frame, 'cpu', writeCpu);
  each(frame, 'memory', (memory, slot) => {
    const row = rows.of(memory, slot);
    row[at.working_set_bytes] = workingSet.value(memory, slot);
    row[at.oom_kills_per_second] = kills.perSecond(memory, slot);
  });
  each(frame, 'io', (io, slot) => {
    const row = rows.of(io, slot);
    add(row, at.read_bytes_per_second, reads.perSecond(io, slot));
    add(row, at.write_bytes_per_second, writes.perSecond(io, slot));
  });
  each(frame, 'pids', (pids, slot) => {
    rows.of(pids, slot)[at.threads] = threads.value(pids, slot);
  });
  each(frame, 'pressure', writePressure);
  each(frame, 'limits', writeLimits);
}

const KIB = 1 / 1024;

export default {
  resource: 'cgroups',
  key: 'groups',
  subject: 'cgroup',
  types: ['cpu', 'memory', 'disk'],
  collectors: ['cgroup'],
  stats,
  tables: [
    {
      title: 'Cgroups',
      subject: 'cgroup',
      rankBy: 'cpu_cores',
      columns: [
        { head: 'cores', stat: 'cpu_cores', digits: 2 },
        { head: '%quota', stat: 'cpu_limit_ratio', scale: 100 },
        { head: '%throttled', stat: 'throttled_ratio', scale: 100 },
        { head: 'kbworkset', stat: 'working_set_bytes', scale: KIB, digits: 0 },
        { head: '%limit', stat: 'memory_limit_ratio', scale: 100 },
        { head: 'rkB/s', stat: 'read_bytes_per_second', scale: KIB },
        { head: 'wkB/s', stat: 'write_bytes_per_second', scale: KIB },
        { head: '%scpu', stat: 'cpu_some_ratio', scale: 100 },
        { head: '%fmem', stat: 'memory_full_ratio', scale: 100 },
        { head: '%fio', stat: 'io_full_ratio', scale: 100 },
      ],
    },
  ],
  compute,
} satisfies Section;
