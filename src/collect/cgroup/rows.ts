/** One table with a row a cgroup, filled from a few files each. */
import type { Scanner } from '../../core/scanner.ts';
import type { TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { Layout } from './mounts.ts';
import type { FilePool } from './pool.ts';
import { GONE, pooledFile } from './pool.ts';
import type { Source, SourceSet } from './source.ts';
import { Slow } from './source.ts';
import type { Group } from './tree.ts';
import { v1Sources } from './v1.ts';
import { v2Sources } from './v2.ts';

/** The sources that a layout has for one kind of row: v2's first, so that v1's figures win in hybrid mode. */
export function sourcesOf(layout: Layout, kind: keyof SourceSet): Source[] {
  const served = (version: 1 | 2) => (source: Source) => layout.roles.get(source.role)?.version === version;
  return [...v2Sources[kind].filter(served(2)), ...v1Sources[kind].filter(served(1))];
}

/** Shared by all tables of a reader. */
export interface RowContext {
  readonly layout: Layout;
  readonly pool: FilePool;
  readonly scan: Scanner;
}

/** Adds to a row what does not stand in its files; `true` when that alone is worth a row. */
export type Fill = (row: Float64Array, group: Group) => boolean;

/** A table of cgroups; `index` is its place in `Group.slots`, `firstFile` that of its files in `Group.files`. */
export class GroupRows {
  readonly table: Table;
  readonly sources: readonly Source[];
  readonly index: number;
  readonly firstFile: number;
  private readonly row: Float64Array;
  private readonly context: RowContext;
  private readonly finish: Fill | undefined;
  private readonly hierarchies: readonly number[];

  constructor(
    spec: TableSpec,
    sources: readonly Source[],
    place: { readonly index: number; readonly firstFile: number },
    context: RowContext,
    finish?: Fill,
  ) {
    this.table = new Table(spec);
    this.sources = sources;
    this.index = place.index;
    this.firstFile = place.firstFile;
    this.context = context;
    this.finish = finish;
    this.row = new Float64Array(this.table.width);
    this.hierarchies = hierarchiesOf(context.layout, sources);
  }

  /** Opens the files of a cgroup; called when they may have changed. */
  setUp(group: Group): void {
    this.sources.forEach((source, i) => {
      const hierarchy = this.context.layout.roles.get(source.role);
      const there = hierarchy !== undefined && group.names[hierarchy.index]?.has(source.file) === true;
      const dir = group.path === '/' ? hierarchy?.dir : `${hierarchy?.dir}${group.path}`;
      group.files[this.firstFile + i] = there ? pooledFile(`${dir}/${source.file}`) : undefined;
    });
  }

  /** Reads the row of a cgroup; `false` when the cgroup is gone, which then has no row. */
  read(group: Group): boolean {
    const { sources, context, table, index } = this;
    // What stands in no file (the slow figures, those of the machine) may have moved as well.
    let moved = group.late || group.path === '/' || group.slowReads !== group.shownReads[index];
    for (let i = 0; i < sources.length; i++) {
      const file = group.files[this.firstFile + i];
      if (file === undefined || (sources[i].needsQuota === true && !hasQuota(group))) continue;
      const change = context.pool.refresh(file);
      if (change === GONE) return false;
      if (change === 1) moved = true;
    }
    const slot = group.slots[index];
    if (!moved && holds(table, slot, group.path)) {
      table.keep(slot);
      return true;
    }
    this.parse(group);
    return true;
  }

  private parse(group: Group): void {
    const { row, sources, context } = this;
    row.fill(Number.NaN);
    let known = false;
    for (let i = 0; i < sources.length; i++) {
      const file = group.files[this.firstFile + i];
      if (file === undefined || file.length < 0) continue;
      if (sources[i].needsQuota === true && !hasQuota(group)) continue;
      known = true;
      context.scan.reset(file.bytes, file.length);
      sources[i].parse(context.scan, row, file);
    }
    const worthShowing = this.finish?.(row, group) === true || known;
    if (group.late) row.fill(Number.NaN);
    // A row that is not shown is asked for again, and so is one whose figures were held back.
    group.shownReads[this.index] = worthShowing && !group.late ? group.slowReads : -1;
    if (worthShowing) this.write(group);
  }

  private write(group: Group): void {
    const { table, row } = this;
    let slot = group.slots[this.index];
    if (holds(table, slot, group.path)) table.touch(slot);
    else group.slots[this.index] = slot = table.slot(group.path, [group.id]);
    table.identify(slot, identityOf(group, this.hierarchies));
    const from = slot * table.width;
    const { values } = table;
    for (let c = 0; c < row.length; c++) values[from + c] = row[c];
  }
}

/** Whether a slot that was once given to `key` is still its: after an absence another may have it. */
export function holds(table: Table, slot: number, key: string): boolean {
  return slot >= 0 && table.used(slot) && table.row(slot).key === key;
}

/** Places of the hierarchies that the sources read from. */
function hierarchiesOf(layout: Layout, sources: readonly Source[]): number[] {
  return [...new Set(sources.map(({ role }) => layout.roles.get(role)?.index ?? 0))];
}

/** Tells a cgroup from an earlier one at its path: another inode in one of these hierarchies. */
function identityOf(group: Group, hierarchies: readonly number[]): number {
  let identity = 0;
  for (let i = 0; i < hierarchies.length; i++) identity = identity * 31 + group.inodes[hierarchies[i]];
  return identity;
}

/** Whether a CPU quota is set. */
export function hasQuota(group: Group): boolean {
  return group.slow[Slow.quota] < Number.POSITIVE_INFINITY;
}
