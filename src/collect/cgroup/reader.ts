/**
 * Reads every cgroup. In each sample: the counters. Every half minute, or at once when the kernel's
 * count of cgroups says that some came or went: the tree. Spread over the same time: limits and
 * other figures that change seldom or cost much.
 */
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { fillCpu, fillMemory, fillPids, limitsFiller } from './fill.ts';
import { IoRows } from './io.ts';
import { Machine } from './machine.ts';
import type { Layout } from './mounts.ts';
import { chainOf, findLayout } from './mounts.ts';
import { OwnTables } from './own-tables.ts';
import { OwnGroups } from './own.ts';
import { FilePool } from './pool.ts';
import { GroupRows, sourcesOf } from './rows.ts';
import { SlowReader } from './slow.ts';
import { blkioSpec, cpuSpec, ioSpec, limitsSpec, memorySpec, ownLimitsSpec, ownSpec } from './tables.ts';
import { pidsSpec, pressureSpec, treeSpec } from './tables.ts';
import type { Group } from './tree.ts';
import { GroupTree } from './tree.ts';

/** How much of a machine one reader takes. */
export interface Bounds {
  /** More cgroups than these are left out. */
  readonly groups: number;
  /** More files than these are opened for each read. */
  readonly descriptors: number;
}

/** The bounds of a normal run. */
export const defaultBounds: Bounds = { groups: 1000, descriptors: 2000 };

/** The tables of a reader, in its order. */
export const cgroupSpecs = [
  cpuSpec,
  memorySpec,
  ioSpec,
  blkioSpec,
  pidsSpec,
  pressureSpec,
  limitsSpec,
  ownLimitsSpec,
  ownSpec,
  treeSpec,
];

const RESCAN_SECONDS = 30;
/** Limits and the like: an administrator changes them, not the load. */
const SLOW_SECONDS = 30;

/** Opens the cgroups that stand under the context's paths. */
export function openCgroups(context: CollectContext, bounds: Bounds = defaultBounds): Reader {
  const { cgroupfs } = context.paths;
  const layout = findLayout(cgroupfs);
  if (layout !== undefined) return new CgroupReader(context, layout, bounds);
  return {
    tables: cgroupSpecs.map((spec) => new Table(spec)),
    read() {
      throw new Unavailable('absent', `no cgroup hierarchy is mounted under ${cgroupfs}`);
    },
  };
}

class CgroupReader implements Reader {
  readonly tables: readonly Table[];
  private readonly context: CollectContext;
  private readonly ownGroups: OwnGroups;
  private readonly pool: FilePool;
  private readonly tree: GroupTree;
  private readonly rows: readonly GroupRows[];
  private readonly io: IoRows;
  private readonly slow: SlowReader;
  private readonly own = new OwnTables();
  private readonly counts = new Table(treeSpec);
  /** Change when cgroups come or go: the controllers' counts, and v2's own. */
  private readonly signs: readonly PseudoFile[];
  private readonly perSample: readonly Table[];
  private readonly fresh: Group[] = [];
  private scannedAt = Number.NaN;
  private readAt = Number.NaN;
  private gone = false;

  constructor(context: CollectContext, layout: Layout, bounds: Bounds) {
    const { files, paths } = context;
    this.context = context;
    this.ownGroups = new OwnGroups(paths.procfs, layout);
    this.pool = new FilePool(bounds.descriptors);
    const shared = { layout, pool: this.pool, scan: new Scanner() };
    const machine = new Machine(files.file(`${paths.procfs}/meminfo`));
    const kinds = [
      { spec: cpuSpec, sources: sourcesOf(layout, 'cpu'), fill: fillCpu },
      { spec: memorySpec, sources: sourcesOf(layout, 'memory'), fill: fillMemory(machine) },
      { spec: pidsSpec, sources: sourcesOf(layout, 'pids'), fill: fillPids },
      { spec: pressureSpec, sources: sourcesOf(layout, 'pressure') },
      { spec: limitsSpec, sources: [], fill: limitsFiller(machine) },
    ];
    let firstFile = 0;
    this.rows = kinds.map(({ spec, sources, fill }, index) => {
      const rows = new GroupRows(spec, sources, { index, firstFile }, shared, fill);
      firstFile += sources.length;
      return rows;
    });
    this.io = new IoRows(shared, firstFile, paths.sysfs);
    this.slow = new SlowReader(shared);
    this.tree = new GroupTree(layout, bounds.groups, kinds.length);
    const [cpu, memory, pids, pressure, limits] = this.rows.map(({ table }) => table);
    this.perSample = [cpu, memory, this.io.table, this.io.blkio, pids, pressure, limits];
    this.tables = [...this.perSample, this.own.limits, this.own.own, this.counts];
    this.signs = signPaths(paths, layout).map((path) => files.file(path));
  }

  read(): void {
    const now = this.context.clock.monotonicSeconds();
    const changed = this.signsChanged();
    this.gone = false;
    if (changed || !(now - this.scannedAt < RESCAN_SECONDS)) this.scan(now);
    this.slow.readSome(this.tree.groups, Number.isNaN(this.readAt) ? 0 : (now - this.readAt) / SLOW_SECONDS);
    this.readAt = now;
    for (const table of this.perSample) table.begin();
    const { groups } = this.tree;
    for (let i = 0; i < groups.length; i++) this.readGroup(groups[i]);
    if (this.gone) this.readAgain(now);
    for (let i = 0; i < this.fresh.length; i++) this.fresh[i].late = false;
    this.fresh.length = 0;
    for (const table of this.perSample) table.commit();
    this.showCounts();
    if (!this.tables.some(anyPresent)) {
      throw new Unavailable('broken', `the cgroups under ${this.context.paths.cgroupfs} hold no figures`);
    }
  }

  close(): void {
    for (const group of this.tree.byPath.values()) this.closeFiles(group);
  }

  private readGroup(group: Group): void {
    let there = this.io.read(group);
    for (let i = 0; i < this.rows.length && there; i++) there = this.rows[i].read(group);
    if (there) return;
    this.tree.forget(group);
    this.gone = true;
  }

  /** Some cgroup went away under our hands: another may stand in its place. */
  private readAgain(now: number): void {
    this.scan(now);
    for (const group of this.fresh) this.readGroup(group);
  }

  private signsChanged(): boolean {
    let changed = false;
    for (let i = 0; i < this.signs.length; i++) changed = this.signs[i].tryRead() || changed;
    return changed;
  }

  private scan(now: number): void {
    this.scannedAt = now;
    const own = this.ownGroups.find();
    const important = new Set(own.flatMap(({ path }) => (path === undefined ? [] : chainOf(path))));
    this.tree.scan(important, {
      removed: (group) => this.closeFiles(group),
      changed: (group) => this.setUp(group),
    });
    this.own.update(own, this.tree, this.slow);
  }

  private setUp(group: Group): void {
    this.closeFiles(group);
    this.io.setUp(group);
    for (const rows of this.rows) rows.setUp(group);
    this.slow.read(group);
    this.fresh.push(group);
  }

  private closeFiles(group: Group): void {
    for (const file of group.files) if (file !== undefined) this.pool.close(file);
    group.files.length = 0;
  }

  private showCounts(): void {
    this.counts.begin();
    const slot = this.counts.single();
    this.counts.values[slot * 2] = this.tree.groups.length;
    this.counts.values[slot * 2 + 1] = this.tree.skipped.size;
    this.counts.commit();
  }
}

function anyPresent(table: Table): boolean {
  return table.spec !== treeSpec && table.anyPresent();
}

/** `/proc/cgroups` counts v1's cgroups, and those of v2 by controller; `cgroup.stat` those of v2. */
function signPaths(paths: CollectContext['paths'], layout: Layout): string[] {
  const signs = layout.hierarchies.some(({ version }) => version === 1) ? [`${paths.procfs}/cgroups`] : [];
  const unified = layout.hierarchies.find(({ version }) => version === 2);
  if (unified === undefined) return signs;
  return [...signs, signs.length === 0 ? `${paths.cgroupfs}/cgroup.stat` : `${paths.cgroupfs}/unified/cgroup.stat`];
}
