/**
 * Cgroups that run into a limit of their own: the host may be idle while a service is throttled or killed.
 * Throttling above a quarter of the periods is kubernetes-mixin's `CPUThrottlingHigh`; 90 % of the memory
 * limit, less what can be dropped, is netdata's.
 */
import type { Finding } from './finding.ts';
import { formatRatio } from './format.ts';
import type { Observed } from './judgement.ts';

const THROTTLED_WARNING = 0.25;
const MEMORY_WARNING = 0.9;

interface Limit {
  readonly stat: string;
  readonly limit: number;
  finding(cgroup: string, value: number): Pick<Finding, 'rule_id' | 'resource' | 'summary' | 'recommendation'>;
}

const throttling: Limit = {
  stat: 'throttled_ratio',
  limit: THROTTLED_WARNING,
  finding: (cgroup, value) => ({
    rule_id: 'cg.throttle',
    resource: 'cpu',
    summary: `The cgroup ${cgroup} used up its CPU quota in ${formatRatio(value)} of the scheduler periods and was stopped.`,
    recommendation:
      'Raise its quota (`systemctl set-property UNIT CPUQuota=…`, or the CPU limit of the container), or run fewer threads in it.',
  }),
};

const memory: Limit = {
  stat: 'memory_limit_ratio',
  limit: MEMORY_WARNING,
  finding: (cgroup, value) => ({
    rule_id: 'cg.mem',
    resource: 'memory',
    summary: `The working set of the cgroup ${cgroup} is ${formatRatio(value)} of its memory limit.`,
    recommendation:
      'Raise the limit (`systemctl set-property UNIT MemoryMax=…`, or that of the container) before the kernel kills something in it.',
  }),
};

function beyond({ mean, subjects }: Observed, { stat, limit, finding }: Limit): Finding[] {
  return subjects('cgroups', 'groups').flatMap((cgroup): Finding[] => {
    const value = mean('cgroups', 'groups', stat, cgroup);
    // The limit of the root is the machine, which is judged as such.
    if (cgroup === '/' || !(value > limit)) return [];
    const evidence = [{ stat: `cgroups.groups.${stat}`, value, unit: 'ratio', limit }];
    return [{ ...finding(cgroup, value), severity: 'warning', subject: cgroup, evidence }];
  });
}

/** Cgroups that were stopped for their CPU quota. */
export function throttledCgroups(observed: Observed): Finding[] {
  return beyond(observed, throttling);
}

/** Cgroups that are about to run out of the memory they may use. */
export function fullCgroups(observed: Observed): Finding[] {
  return beyond(observed, memory);
}
