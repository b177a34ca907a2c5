import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { MetricIndex, freshTable } from '../section.ts';

/** Gauges taken as they are: statistic and field of `/proc/meminfo`. */
const gauges: readonly (readonly [string, string, string])[] = [
  ['total_bytes', 'MemTotal', 'Memory of the host.'],
  ['free_bytes', 'MemFree', 'Memory that holds nothing at all; not what is available.'],
  ['available_bytes', 'MemAvailable', "What can be given to programs without swapping, by the kernel's estimate."],
  ['buffers_bytes', 'Buffers', 'Block device cache.'],
  ['cached_bytes', 'Cached', 'Page cache, tmpfs included.'],
  ['slab_bytes', 'Slab', 'Kernel data structures.'],
  ['anonymous_bytes', 'AnonPages', 'Memory of programs that no file backs.'],
  ['shared_bytes', 'Shmem', 'tmpfs and shared memory.'],
  ['active_bytes', 'Active', 'Memory used recently.'],
  ['inactive_bytes', 'Inactive', 'Memory not used recently: reclaimed first.'],
  ['dirty_bytes', 'Dirty', 'Waits to be written to disk.'],
  ['committed_bytes', 'Committed_AS', 'Address space promised to programs.'],
  ['swap_total_bytes', 'SwapTotal', 'Swap space.'],
  ['swap_free_bytes', 'SwapFree', 'Swap space not in use.'],
];

const derived: readonly Stat[] = [
  { name: 'used_bytes', unit: 'bytes', help: "total - free - buffers - cached - slab (sar's kbmemused)." },
  { name: 'used_ratio', unit: 'ratio', help: 'used_bytes of total_bytes.' },
  { name: 'available_ratio', unit: 'ratio', help: 'available_bytes of total_bytes.' },
  { name: 'committed_ratio', unit: 'ratio', help: 'committed_bytes of memory and swap together.' },
  { name: 'swap_used_ratio', unit: 'ratio', help: 'Used share of the swap space.' },
];

/** Page-sized and plain events of `/proc/vmstat` as rates. */
const rates: readonly (readonly [string, string, string])[] = [
  ['page_in_kib_per_second', 'pgpgin', 'KiB read from disks a second, as the memory manager counts.'],
  ['page_out_kib_per_second', 'pgpgout', 'KiB written to disks a second, as the memory manager counts.'],
  ['faults_per_second', 'pgfault', 'Page faults, minor ones included.'],
  ['major_faults_per_second', 'pgmajfault', 'Page faults that had to read from a disk.'],
  ['swap_in_pages_per_second', 'pswpin', 'Pages read back from swap.'],
  ['swap_out_pages_per_second', 'pswpout', 'Pages written to swap.'],
  ['oom_kills_per_second', 'oom_kill', 'Processes killed because memory ran out.'],
];

const stats: readonly Stat[] = [
  ...gauges.map(([name, , help]): Stat => ({ name, unit: 'bytes', help })),
  ...derived,
  ...rates.map(([name, , help]): Stat => ({ name, unit: 'per_second', help })),
];
const at = Object.fromEntries(stats.map(({ name }, index) => [name, index]));
const meminfo = new MetricIndex();
const vmstat = new MetricIndex();
const gaugeMetrics = gauges.map(([, field]) => `node_memory_${field}_bytes`);
const rateMetrics = rates.map(([, field]) => `node_vmstat_${field}`);

function writeMemory(table: RepairedTable, out: Float64Array): void {
  meminfo.bind(table);
  for (let i = 0; i < gaugeMetrics.length; i++) out[i] = meminfo.value(gaugeMetrics[i]);
  const total = out[at.total_bytes];
  const caches = out[at.free_bytes] + out[at.buffers_bytes] + out[at.cached_bytes] + out[at.slab_bytes];
  out[at.used_bytes] = Math.max(0, total - caches);
  out[at.used_ratio] = out[at.used_bytes] / total;
  out[at.available_ratio] = out[at.available_bytes] / total;
  const swap = out[at.swap_total_bytes];
  out[at.committed_ratio] = out[at.committed_bytes] / (total + swap);
  // Without swap space there is no share of it in use.
  out[at.swap_used_ratio] = swap > 0 ? 1 - out[at.swap_free_bytes] / swap : Number.NaN;
}

function compute(frame: Frame, out: SectionWriter): void {
  const row = out.row('', frame.elapsedSeconds);
  const memory = freshTable(frame, 'meminfo', 'bytes');
  if (memory !== undefined) writeMemory(memory, row);
  const events = freshTable(frame, 'vmstat', 'vmstat');
  if (events === undefined) return;
  vmstat.bind(events);
  const from = at[rates[0][0]];
  for (let i = 0; i < rateMetrics.length; i++) row[from + i] = vmstat.perSecond(rateMetrics[i]);
}

const KIB = 1 / 1024;

export default {
  resource: 'memory',
  key: '',
  types: ['memory'],
  collectors: ['meminfo', 'vmstat'],
  stats,
  tables: [
    {
      title: 'Memory',
      subject: '',
      columns: [
        { head: 'kbmemfree', stat: 'free_bytes', scale: KIB, digits: 0 },
        { head: 'kbavail', stat: 'available_bytes', scale: KIB, digits: 0 },
        { head: 'kbmemused', stat: 'used_bytes', scale: KIB, digits: 0 },
        { head: '%memused', stat: 'used_ratio', scale: 100 },
        { head: 'kbbuffers', stat: 'buffers_bytes', scale: KIB, digits: 0 },
        { head: 'kbcached', stat: 'cached_bytes', scale: KIB, digits: 0 },
        { head: 'kbcommit', stat: 'committed_bytes', scale: KIB, digits: 0 },
        { head: '%commit', stat: 'committed_ratio', scale: 100 },
        { head: 'kbdirty', stat: 'dirty_bytes', scale: KIB, digits: 0 },
      ],
    },
    {
      title: 'Paging',
      subject: '',
      verbose: true,
      columns: [
        { head: 'pgpgin/s', stat: 'page_in_kib_per_second' },
        { head: 'pgpgout/s', stat: 'page_out_kib_per_second' },
        { head: 'fault/s', stat: 'faults_per_second' },
        { head: 'majflt/s', stat: 'major_faults_per_second' },
        { head: 'pswpin/s', stat: 'swap_in_pages_per_second' },
        { head: 'pswpout/s', stat: 'swap_out_pages_per_second' },
        { head: '%swpused', stat: 'swap_used_ratio', scale: 100 },
      ],
    },
  ],
  compute,
} satisfies Section;
