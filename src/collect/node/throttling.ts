/**
 * How long CPU quotas stopped a process: of its cgroup and of those above it, each of which can have one.
 * https://docs.kernel.org/scheduler/sched-bwc.html#statistics, https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
import fs from 'node:fs';
import type { Layout } from '../cgroup/mounts.ts';
import { chainOf, fsPath } from '../cgroup/mounts.ts';
import { OwnGroups } from '../cgroup/own.ts';

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** What one cgroup was stopped for. */
export interface ThrottledGroup {
  readonly cgroup: string;
  /** Of all its CPUs together. */
  readonly seconds: number;
}

/** The quotas above one process. */
export class Throttling {
  private readonly layout: Layout | undefined;
  private readonly groups: OwnGroups | undefined;

  constructor(procfs: string, layout: Layout | undefined, pid: number) {
    this.layout = layout;
    this.groups = layout === undefined ? undefined : new OwnGroups(procfs, layout, String(pid));
  }

  /** The cgroups that ever had a quota, the nearest first. */
  read(): ThrottledGroup[] {
    const hierarchy = this.layout?.roles.get('cpu');
    const group = this.groups?.find().find((each) => each.hierarchy === hierarchy);
    if (hierarchy === undefined || group?.path === undefined) return [];
    return chainOf(group.path).flatMap((path) => {
      const seconds = throttledSeconds(`${hierarchy.dir}${path}/cpu.stat`);
      return Number.isNaN(seconds) ? [] : [{ cgroup: Buffer.from(path, 'latin1').toString(), seconds }];
    });
  }
}

/** NaN where there is no quota: the kernel counts no periods there. */
function throttledSeconds(file: string): number {
  let text: string;
  try {
    text = fs.readFileSync(fsPath(file), 'latin1');
  } catch {
    return Number.NaN; // The root of v2 has no such file, nor has a cgroup that is gone.
  }
  if (!/^nr_periods [1-9]/m.test(text)) return Number.NaN;
  const [, unit, figure] = /^throttled_(usec|time) (\d+)/m.exec(text) ?? [];
  return Number(figure) / (unit === 'usec' ? MICROSECONDS : NANOSECONDS);
}
