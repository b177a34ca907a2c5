/** The figures of a cgroup that are not read in every sample: limits, the peak, and the number of processes. */
import type { Hierarchy, Role } from './mounts.ts';
import type { RowContext } from './rows.ts';
import { sourcesOf } from './rows.ts';
import type { Source } from './source.ts';
import { Slow } from './source.ts';
import type { Group } from './tree.ts';

const NEWLINE = 0x0a;
/** Where to count processes: the first of these that has the cgroup. */
const processRoles: readonly Role[] = ['cpu', 'cpuacct', 'pids', 'memory', 'blkio', 'pressure'];

/** Fills `Group.slow`. */
export class SlowReader {
  private readonly context: RowContext;
  private readonly sources: readonly Source[];
  private next = 0;
  /** Cgroups that are due, with the fraction that the last call left over. */
  private owed = 0;

  constructor(context: RowContext) {
    this.context = context;
    this.sources = sourcesOf(context.layout, 'slow');
  }

  /** Goes on through the cgroups, so many that all of them are read once in `share` = 1. */
  readSome(groups: readonly Group[], share: number): void {
    this.owed = Math.min(groups.length, this.owed + groups.length * share);
    for (; this.owed >= 1; this.owed--) {
      this.next = this.next + 1 < groups.length ? this.next + 1 : 0;
      this.read(groups[this.next]);
    }
  }

  /** Reads all slow figures of one cgroup. */
  read(group: Group): void {
    const { layout, pool, scan } = this.context;
    group.slow.fill(Number.NaN);
    group.slowReads++;
    for (const { role, file, parse } of this.sources) {
      const hierarchy = layout.roles.get(role);
      if (hierarchy === undefined || group.names[hierarchy.index]?.has(file) !== true) continue;
      const length = pool.readOnce(pathOf(hierarchy, group, file));
      if (length < 0) continue;
      scan.reset(pool.buf, length);
      parse(scan, group.slow, {});
    }
    group.slow[Slow.processes] = this.countProcesses(group);
  }

  /** The text of a file of the cgroup; for what is read once in a while. */
  text(role: Role, group: Group, file: string): string | undefined {
    const hierarchy = this.context.layout.roles.get(role);
    if (hierarchy === undefined || group.names[hierarchy.index]?.has(file) !== true) return undefined;
    const { pool } = this.context;
    const length = pool.readOnce(pathOf(hierarchy, group, file));
    return length < 0 ? undefined : Buffer.from(pool.buf.subarray(0, length)).toString('latin1');
  }

  private countProcesses(group: Group): number {
    const { layout, pool } = this.context;
    for (const role of processRoles) {
      const hierarchy = layout.roles.get(role);
      if (hierarchy === undefined || group.names[hierarchy.index]?.has('cgroup.procs') !== true) continue;
      const length = pool.readOnce(pathOf(hierarchy, group, 'cgroup.procs'));
      if (length < 0) return Number.NaN;
      let lines = 0;
      for (let i = 0; i < length; i++) if (pool.buf[i] === NEWLINE) lines++;
      return lines;
    }
    return Number.NaN;
  }
}

function pathOf(hierarchy: Hierarchy, group: Group, file: string): string {
  return group.path === '/' ? `${hierarchy.dir}/${file}` : `${hierarchy.dir}${group.path}/${file}`;
}
