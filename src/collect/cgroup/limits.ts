/** What binds a cgroup: its own limits and those of every cgroup above it. */

/** The limits that one cgroup sets; `Infinity` = none, `NaN` = not known. */
export interface GroupLimits {
  readonly id: string;
  /** Seconds of CPU time a second. */
  readonly cpuCores: number;
  readonly memoryBytes: number;
  /** Above it the kernel reclaims and slows down instead of killing (v2 only). */
  readonly memoryHighBytes: number;
  readonly pids: number;
}

/** A limit and the cgroup that sets it. */
export interface EffectiveLimit {
  readonly value: number;
  readonly id: string;
}

/** The tightest limits; one that nobody sets is left out. */
export interface EffectiveLimits {
  readonly cpuCores?: EffectiveLimit;
  readonly memoryBytes?: EffectiveLimit;
  readonly memoryHighBytes?: EffectiveLimit;
  readonly pids?: EffectiveLimit;
}

/**
 * The limits that bind the first of `groups`, which are ordered from it up to the root. The kernel
 * enforces every level, so the least counts, and of equal ones the nearest.
 */
export function effectiveLimits(groups: readonly GroupLimits[]): EffectiveLimits {
  const least = (of: (group: GroupLimits) => number): EffectiveLimit | undefined => {
    let found: EffectiveLimit | undefined;
    for (const group of groups) {
      const value = of(group);
      if (value < (found?.value ?? Number.POSITIVE_INFINITY)) found = { value, id: group.id };
    }
    return found;
  };
  return {
    cpuCores: least((group) => group.cpuCores),
    memoryBytes: least((group) => group.memoryBytes),
    memoryHighBytes: least((group) => group.memoryHighBytes),
    pids: least((group) => group.pids),
  };
}

/** How many CPUs a kernel list such as `0-3,8` names; `NaN` for an empty or broken one. */
export function countCpus(list: string): number {
  let count = 0;
  for (const part of list.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return Number.NaN;
    count += Number(match[2] ?? match[1]) - Number(match[1]) + 1;
  }
  return count;
}
