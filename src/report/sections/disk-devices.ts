import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, firstLabel, freshTable } from '../section.ts';

const stats: readonly Stat[] = [
  { name: 'transfers_per_second', unit: 'per_second', help: 'Requests completed: reads, writes and discards.' },
  { name: 'reads_per_second', unit: 'per_second', help: 'Read requests completed.' },
  { name: 'writes_per_second', unit: 'per_second', help: 'Write requests completed.' },
  { name: 'discards_per_second', unit: 'per_second', help: 'Discard requests completed.' },
  { name: 'flushes_per_second', unit: 'per_second', help: 'Flush requests completed.' },
  { name: 'read_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes read.' },
  { name: 'write_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes written.' },
  { name: 'discard_bytes_per_second', unit: 'bytes_per_second', help: 'Bytes discarded.' },
  { name: 'reads_merged_per_second', unit: 'per_second', help: 'Reads merged in the queue.' },
  { name: 'writes_merged_per_second', unit: 'per_second', help: 'Writes merged in the queue.' },
  { name: 'read_wait_seconds', unit: 'seconds', help: 'Time a read took, queue included.', weight: 'reads_per_second' },
  {
    name: 'write_wait_seconds',
    unit: 'seconds',
    help: 'Time a write took, queue included.',
    weight: 'writes_per_second',
  },
  { name: 'flush_wait_seconds', unit: 'seconds', help: 'Time a flush took.', weight: 'flushes_per_second' },
  {
    name: 'wait_seconds',
    unit: 'seconds',
    help: 'Time a request took, queue included.',
    weight: 'transfers_per_second',
  },
  { name: 'request_bytes', unit: 'bytes', help: 'Size of a request.', weight: 'transfers_per_second' },
  { name: 'queue_depth', unit: 'count', help: 'Requests in the queue or under way, on average.' },
  {
    name: 'utilisation_ratio',
    unit: 'ratio',
    help: 'Share of time with at least one request under way; a device that serves requests in parallel has room at 100 %.',
  },
];

const at = Object.fromEntries(stats.map(({ name }, index) => [name, index]));
const figure = (name: string): Figure => new Figure(`node_disk_${name}`);
const reads = figure('reads_completed_total');
const writes = figure('writes_completed_total');
const discards = figure('discards_completed_total');
const flushes = figure('flush_requests_total');
const readBytes = figure('read_bytes_total');
const writtenBytes = figure('written_bytes_total');
const discardedSectors = figure('discarded_sectors_total');
const readsMerged = figure('reads_merged_total');
const writesMerged = figure('writes_merged_total');
const readTime = figure('read_time_seconds_total');
const writeTime = figure('write_time_seconds_total');
const discardTime = figure('discard_time_seconds_total');
const flushTime = figure('flush_requests_time_seconds_total');
const busyTime = figure('io_time_seconds_total');
const weightedTime = figure('io_time_weighted_seconds_total');
const SECTOR_BYTES = 512;

/** What an old kernel does not count did not happen as far as sums go. */
const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
/** A time per operation is not known when there was no operation. */
const per = (sum: number, operations: number): number => (operations > 0 ? sum / operations : Number.NaN);

function writeDevice(table: RepairedTable, slot: number, out: Float64Array): void {
  const r = reads.perSecond(table, slot);
  const w = writes.perSecond(table, slot);
  const d = discards.perSecond(table, slot);
  const f = flushes.perSecond(table, slot);
  const all = r + w + orZero(d);
  const rTime = readTime.perSecond(table, slot);
  const wTime = writeTime.perSecond(table, slot);
  const rBytes = readBytes.perSecond(table, slot);
  const wBytes = writtenBytes.perSecond(table, slot);
  const dBytes = discardedSectors.perSecond(table, slot) * SECTOR_BYTES;
  out[at.transfers_per_second] = all;
  out[at.reads_per_second] = r;
  out[at.writes_per_second] = w;
  out[at.discards_per_second] = d;
  out[at.flushes_per_second] = f;
  out[at.read_bytes_per_second] = rBytes;
  out[at.write_bytes_per_second] = wBytes;
  out[at.discard_bytes_per_second] = dBytes;
  out[at.reads_merged_per_second] = readsMerged.perSecond(table, slot);
  out[at.writes_merged_per_second] = writesMerged.perSecond(table, slot);
  out[at.read_wait_seconds] = per(rTime, r);
  out[at.write_wait_seconds] = per(wTime, w);
  out[at.flush_wait_seconds] = per(flushTime.perSecond(table, slot), f);
  out[at.wait_seconds] = per(rTime + wTime + orZero(discardTime.perSecond(table, slot)), all);
  out[at.request_bytes] = per(rBytes + wBytes + orZero(dBytes), all);
  out[at.queue_depth] = weightedTime.perSecond(table, slot);
  out[at.utilisation_ratio] = busyTime.perSecond(table, slot);
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'diskstats', 'disks');
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (table.table.present(slot)) writeDevice(table, slot, out.slot(table, slot, firstLabel));
  }
}

const KIB = 1 / 1024;
const MS = 1000;

export default {
  resource: 'disk',
  key: 'devices',
  subject: 'device',
  types: ['disk'],
  collectors: ['diskstats'],
  stats,
  tables: [
    {
      title: 'Disks',
      subject: 'Device',
      rankBy: 'utilisation_ratio',
      columns: [
        { head: 'r/s', stat: 'reads_per_second' },
        { head: 'rkB/s', stat: 'read_bytes_per_second', scale: KIB },
        { head: 'r_await', stat: 'read_wait_seconds', scale: MS, digits: 2 },
        { head: 'w/s', stat: 'writes_per_second' },
        { head: 'wkB/s', stat: 'write_bytes_per_second', scale: KIB },
        { head: 'w_await', stat: 'write_wait_seconds', scale: MS, digits: 2 },
        { head: 'f/s', stat: 'flushes_per_second' },
        { head: 'f_await', stat: 'flush_wait_seconds', scale: MS, digits: 2 },
        { head: 'areq-sz', stat: 'request_bytes', scale: KIB },
        { head: 'aqu-sz', stat: 'queue_depth', digits: 2 },
        { head: '%util', stat: 'utilisation_ratio', scale: 100 },
      ],
    },
  ],
  compute,
} satisfies Section;
