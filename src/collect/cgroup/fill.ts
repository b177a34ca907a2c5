/** What rows hold beside the figures of their files. */
import type { Machine } from './machine.ts';
import type { Fill } from './rows.ts';
import { hasQuota } from './rows.ts';
import { Slow } from './source.ts';
import { Cpu, Limits, Memory, Pids } from './tables.ts';

/** Leaves out throttling where there is no quota. */
export const fillCpu: Fill = (row, group) => {
  if (hasQuota(group)) return false;
  row[Cpu.periods] = Number.NaN;
  row[Cpu.throttledPeriods] = Number.NaN;
  row[Cpu.throttled] = Number.NaN;
  return false;
};

/** The working set, the slow figures, and the root's usage, which v2 does not account: pages of processes and files. */
export function fillMemory(machine: Machine): Fill {
  return (row, { path, slow }) => {
    if (path === '/' && Number.isNaN(row[Memory.usage]) && !Number.isNaN(row[Memory.rss])) {
      machine.read();
      row[Memory.usage] = row[Memory.rss] + row[Memory.cache];
      row[Memory.swap] = machine.swapTotal - machine.swapFree;
    }
    row[Memory.workingSet] = Math.max(0, row[Memory.usage] - row[Memory.inactiveFile]);
    row[Memory.maxUsage] = slow[Slow.maxUsage];
    if (Number.isNaN(row[Memory.kernel])) row[Memory.kernel] = slow[Slow.kernel];
    // v2 counts faults of the cgroups below as well, and cAdvisor shows them under both scopes.
    if (Number.isNaN(row[Memory.allFaults])) row[Memory.allFaults] = row[Memory.faults];
    if (Number.isNaN(row[Memory.allMajorFaults])) row[Memory.allMajorFaults] = row[Memory.majorFaults];
    return false;
  };
}

/** The number of processes, and the limit on threads: 0 for none, as cAdvisor has it. */
export const fillPids: Fill = (row, { slow }) => {
  row[Pids.processes] = slow[Slow.processes];
  row[Pids.threadsMax] = zeroForNone(slow[Slow.pids]);
  return !Number.isNaN(slow[Slow.processes]);
};

/** The limits of the cgroup itself; the root has the whole machine. */
export function limitsFiller(machine: Machine): Fill {
  return (row, { path, slow, startSeconds }) => {
    if (slow[Slow.quota] < Number.POSITIVE_INFINITY) row[Limits.quota] = slow[Slow.quota];
    row[Limits.period] = slow[Slow.period];
    row[Limits.shares] = slow[Slow.shares];
    row[Limits.memory] = zeroForNone(slow[Slow.memory]);
    row[Limits.reservation] = zeroForNone(slow[Slow.reservation]);
    row[Limits.swap] = zeroForNone(slow[Slow.swap]);
    row[Limits.start] = startSeconds;
    if (path === '/' && !(row[Limits.memory] > 0)) {
      machine.read();
      row[Limits.memory] = machine.memTotal;
      row[Limits.swap] = machine.swapTotal;
    }
    for (let i = 0; i < row.length; i++) if (!Number.isNaN(row[i])) return true;
    return false;
  };
}

function zeroForNone(limit: number): number {
  return limit === Number.POSITIVE_INFINITY ? 0 : limit;
}
