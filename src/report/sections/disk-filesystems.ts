import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, freshTable } from '../section.ts';

const stats: readonly Stat[] = [
  { name: 'size_bytes', unit: 'bytes', help: 'Size of the filesystem.' },
  { name: 'free_bytes', unit: 'bytes', help: 'Free space, what is reserved for root included.' },
  { name: 'available_bytes', unit: 'bytes', help: 'Free space for everybody else.' },
  { name: 'used_ratio', unit: 'ratio', help: 'Used share of what everybody may use (the %fsused of df).' },
  { name: 'inodes', unit: 'count', help: 'Files that the filesystem can hold.' },
  { name: 'inodes_free', unit: 'count', help: 'Files that it can still take.' },
  { name: 'inodes_used_ratio', unit: 'ratio', help: 'Used share of the inodes.' },
];

const figure = (name: string): Figure => new Figure(`node_filesystem_${name}`);
const size = figure('size_bytes');
const free = figure('free_bytes');
const available = figure('avail_bytes');
const files = figure('files');
const filesFree = figure('files_free');

function mountPoint(table: RepairedTable, slot: number): string {
  return table.table.row(slot).labels[table.table.spec.labels.indexOf('mountpoint')];
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'filesystem', 'filesystems');
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    const row = out.slot(table, slot, mountPoint);
    row[0] = size.value(table, slot);
    row[1] = free.value(table, slot);
    row[2] = available.value(table, slot);
    const used = row[0] - row[1];
    row[3] = used / (used + row[2]);
    row[4] = files.value(table, slot);
    row[5] = filesFree.value(table, slot);
    // Some filesystems (btrfs, vfat) have no fixed number of inodes and say 0.
    row[6] = row[4] > 0 ? 1 - row[5] / row[4] : Number.NaN;
  }
}

const MIB = 1 / 1024 ** 2;

export default {
  resource: 'disk',
  key: 'filesystems',
  subject: 'mount point',
  types: ['disk'],
  collectors: ['filesystem'],
  stats,
  tables: [
    {
      title: 'Filesystems',
      subject: 'Mount point',
      rankBy: 'used_ratio',
      columns: [
        { head: 'MBfsfree', stat: 'free_bytes', scale: MIB, digits: 0 },
        { head: 'MBavail', stat: 'available_bytes', scale: MIB, digits: 0 },
        { head: 'MBsize', stat: 'size_bytes', scale: MIB, digits: 0 },
        { head: '%ufsused', stat: 'used_ratio', scale: 100 },
        { head: 'Ifree', stat: 'inodes_free', digits: 0 },
        { head: '%Iused', stat: 'inodes_used_ratio', scale: 100 },
      ],
    },
  ],
  compute,
} satisfies Section;
