/**
 * The tree of cgroups over all hierarchies: one `Group` a path, found anew every few seconds.
 *
 * A scan stats every directory, whose inode tells a cgroup from another under the same name, and lists
 * only those that can hold something new: in the kernel's file systems a directory without children
 * has two links. The walk goes level by level, so that when there are too many, the cgroups that are
 * left out are the innermost ones: their figures are still in those of their parents.
 */
import fs from 'node:fs';
import type { Hierarchy, Layout } from './mounts.ts';
import { chainOf, fsPath } from './mounts.ts';
import type { PooledFile } from './pool.ts';
import { SLOW_WIDTH } from './source.ts';

/** Scans after which the files of a cgroup are listed again, as a controller may have been switched on. */
const RELIST_SCANS = 2;
const LEAF_LINKS = 2;

/** A device's row of a cgroup, with its slots in the two I/O tables. */
export interface GroupDevice {
  readonly major: number;
  readonly minor: number;
  readonly key: string;
  readonly label: string;
  slot: number;
  blkioSlot: number;
}

/** One cgroup: the same path in one or more hierarchies. */
export interface Group {
  /** `/`, `/a/b`: one character a byte. */
  readonly path: string;
  readonly id: string;
  /** By hierarchy; 0 where the cgroup does not exist. */
  readonly inodes: Float64Array;
  /** Names of its files by hierarchy, when last listed. */
  readonly names: (ReadonlySet<string> | undefined)[];
  /** Its files in the order of the reader's sources; `undefined` where there is none. */
  files: (PooledFile | undefined)[];
  /** Its rows in the reader's tables. */
  readonly slots: Int32Array;
  readonly devices: GroupDevice[];
  readonly slow: Float64Array;
  /** How often `slow` was filled, and at which of these fillings each row was last worked out. */
  slowReads: number;
  readonly shownReads: Int32Array;
  /** Unix seconds, when it appeared while we looked; else NaN. */
  startSeconds: number;
  /** The scan that last saw it, and the one that last listed it. */
  seenAt: number;
  listedAt: number;
  /** Its files have to be set up anew. */
  changed: boolean;
  /**
   * It was left out until now: its first sample shows nothing, or all that it ever did would pass for
   * what it did since the last one.
   */
  late: boolean;
}

/** What a scan tells the reader. */
export interface TreeEvents {
  removed(group: Group): void;
  changed(group: Group): void;
}

/** All cgroups; see the module comment. */
export class GroupTree {
  /** In the order of importance: outer before inner. */
  readonly groups: Group[] = [];
  readonly byPath = new Map<string, Group>();
  /** Those left out by the last scan; the ones below them are not looked at. */
  skipped = new Set<string>();
  private readonly hierarchies: readonly Hierarchy[];
  private readonly limit: number;
  private readonly tables: number;
  private scans = 0;
  private skippedBefore: ReadonlySet<string> = new Set();

  constructor(layout: Layout, limit: number, tables: number) {
    this.hierarchies = layout.hierarchies;
    this.limit = limit;
    this.tables = tables;
  }

  /** Walks the tree; `important` paths are kept however many others there are. */
  scan(important: ReadonlySet<string>, events: TreeEvents): void {
    this.scans++;
    this.skippedBefore = this.skipped;
    this.skipped = new Set();
    this.groups.length = 0;
    let room = this.limit - important.size;
    let level = ['/'];
    while (level.length > 0) {
      const next: string[] = [];
      for (const path of level) {
        const kept = important.has(path) || room-- > 0;
        if (kept) this.visit(path, next);
        else this.skipped.add(path);
      }
      level = next;
    }
    for (const group of this.byPath.values()) {
      if (group.seenAt !== this.scans) this.remove(group, events);
      else if (group.changed) events.changed(group);
      group.changed = false;
    }
  }

  /** Has a cgroup listed again by the next scan. */
  forget(group: Group): void {
    group.listedAt = Number.NEGATIVE_INFINITY;
  }

  private remove(group: Group, events: TreeEvents): void {
    this.byPath.delete(group.path);
    events.removed(group);
  }

  private visit(path: string, next: string[]): void {
    let group = this.byPath.get(path);
    const children = new Set<string>();
    let exists = false;
    for (const { index, dir } of this.hierarchies) {
      const full = path === '/' ? dir : dir + path;
      const stat = fs.statSync(fsPath(full), { throwIfNoEntry: false });
      const inode = stat?.isDirectory() ? stat.ino : 0;
      if (inode === 0 && group === undefined) continue;
      group ??= this.create(path);
      if (group.inodes[index] !== inode) this.appeared(group, index, inode, stat?.mtimeMs ?? Number.NaN);
      if (stat === undefined || inode === 0) continue;
      exists = true;
      const due = this.scans - group.listedAt >= RELIST_SCANS;
      if (due || group.names[index] === undefined || stat.nlink !== LEAF_LINKS) list(group, index, full, children);
    }
    if (group === undefined || !exists) return;
    if (this.scans - group.listedAt >= RELIST_SCANS) group.listedAt = this.scans;
    group.seenAt = this.scans;
    this.groups.push(group);
    for (const name of [...children].toSorted()) next.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }

  private create(path: string): Group {
    const group: Group = {
      path,
      id: Buffer.from(path, 'latin1').toString('utf8'),
      inodes: new Float64Array(this.hierarchies.length),
      names: this.hierarchies.map(() => undefined),
      files: [],
      slots: new Int32Array(this.tables).fill(-1),
      devices: [],
      slow: new Float64Array(SLOW_WIDTH).fill(Number.NaN),
      slowReads: 0,
      shownReads: new Int32Array(this.tables).fill(-1),
      startSeconds: Number.NaN,
      seenAt: 0,
      // Staggered, so that not all of them are listed again in one scan.
      listedAt: this.scans - (this.byPath.size % RELIST_SCANS),
      changed: true,
      late: this.skippedBefore.size > 0 && chainOf(path).some((each) => this.skippedBefore.has(each)),
    };
    this.byPath.set(path, group);
    return group;
  }

  /** Another cgroup than before, or none, in this hierarchy. */
  private appeared(group: Group, index: number, inode: number, mtimeMs: number): void {
    group.inodes[index] = inode;
    group.names[index] = undefined;
    group.changed = true;
    group.slow.fill(Number.NaN);
    group.slowReads++;
    // The kernel sets this time when the inode is first looked at, which is at creation only for what is new.
    if (this.scans > 1 && inode !== 0) group.startSeconds = mtimeMs / 1000;
  }
}

/** Reads a directory: its files, and the cgroups below it. */
function list(group: Group, index: number, dir: string, children: Set<string>): void {
  const names = new Set<string>();
  for (const entry of entriesOf(dir)) {
    if (entry.isDirectory()) children.add(entry.name);
    else names.add(entry.name);
  }
  const before = group.names[index];
  if (before !== undefined && before.size === names.size && [...names].every((name) => before.has(name))) return;
  group.names[index] = names;
  group.changed = true;
}

function entriesOf(dir: string): fs.Dirent[] {
  try {
    return fs.readdirSync(fsPath(dir), { withFileTypes: true, encoding: 'latin1' });
  } catch {
    return []; // Removed since it was seen, or denied: there is nothing to read in it.
  }
}
