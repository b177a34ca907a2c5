/**
 * The figures of a cgroup under cAdvisor's names, with the label `id` = its path as the raw handler
 * shows it (`/`, `/system.slice/cron.service`).
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */
import type { Column, MetricType, TableSpec, Unit } from '../../core/metric.ts';

function column(
  metric: string,
  type: MetricType,
  unit: Unit,
  help: string,
  labels?: Readonly<Record<string, string>>,
): Column {
  return { metric, type, unit, help, labels };
}

/** Columns of `cpuSpec`. */
export const Cpu = { usage: 0, user: 1, system: 2, periods: 3, throttledPeriods: 4, throttled: 5 } as const;
/** CPU time and throttling. The throttling figures are there only for a cgroup that has a quota, as in cAdvisor. */
export const cpuSpec: TableSpec = {
  name: 'cpu',
  labels: ['id'],
  bornAtZero: true,
  columns: [
    column('container_cpu_usage_seconds_total', 'counter', 'seconds', 'CPU time used.', { cpu: 'total' }),
    column('container_cpu_user_seconds_total', 'counter', 'seconds', 'CPU time used in user mode.'),
    column('container_cpu_system_seconds_total', 'counter', 'seconds', 'CPU time used in the kernel.'),
    column('container_cpu_cfs_periods_total', 'counter', 'count', 'Enforcement periods that passed while it ran.'),
    column('container_cpu_cfs_throttled_periods_total', 'counter', 'count', 'Periods in which it used up its quota.'),
    column('container_cpu_cfs_throttled_seconds_total', 'counter', 'seconds', 'Time it was stopped for its quota.'),
  ],
};

/** Columns of `memorySpec`. */
export const Memory = {
  usage: 0,
  workingSet: 1,
  maxUsage: 2,
  rss: 3,
  cache: 4,
  swap: 5,
  mappedFile: 6,
  kernel: 7,
  activeFile: 8,
  inactiveFile: 9,
  failcnt: 10,
  oomKills: 11,
  faults: 12,
  majorFaults: 13,
  allFaults: 14,
  allMajorFaults: 15,
  fileRefaults: 16,
  anonRefaults: 17,
} as const;
const failures = 'Page faults (pgfault) and those that had to read from a disk (pgmajfault).';
const bytes = (metric: string, help: string): Column => column(metric, 'gauge', 'bytes', help);
const faults = (failure_type: string, scope: string): Column =>
  column('container_memory_failures_total', 'counter', 'count', failures, { failure_type, scope });
const refaultHelp =
  'Pages read back soon after they were dropped, as the memory in use does not fit; of the cgroups below, too.';
const refaults = (kind: string): Column =>
  column('codoperf_cgroup_refaults_total', 'counter', 'count', refaultHelp, { kind });
/** Memory. Working set = usage - inactive file pages, at least 0: what the kernel cannot simply drop. */
export const memorySpec: TableSpec = {
  name: 'memory',
  labels: ['id'],
  bornAtZero: true,
  columns: [
    bytes('container_memory_usage_bytes', 'All memory charged, page cache included.'),
    bytes('container_memory_working_set_bytes', 'Memory charged less inactive file pages.'),
    bytes('container_memory_max_usage_bytes', 'Highest memory usage so far.'),
    bytes('container_memory_rss', 'Anonymous memory, swap cache included.'),
    bytes('container_memory_cache', 'Page cache.'),
    bytes('container_memory_swap', 'Swap used.'),
    bytes('container_memory_mapped_file', 'File pages mapped into processes.'),
    bytes('container_memory_kernel_usage', 'Kernel memory.'),
    bytes('container_memory_total_active_file_bytes', 'File pages in recent use.'),
    bytes('container_memory_total_inactive_file_bytes', 'File pages not in recent use.'),
    column('container_memory_failcnt', 'counter', 'count', 'Times that usage ran into the limit.'),
    column('container_oom_events_total', 'counter', 'count', 'Processes killed for want of memory.'),
    faults('pgfault', 'container'),
    faults('pgmajfault', 'container'),
    faults('pgfault', 'hierarchy'),
    faults('pgmajfault', 'hierarchy'),
    refaults('file'),
    refaults('anon'),
  ],
};

/** Columns of `ioSpec`. */
export const Io = { readBytes: 0, reads: 1, writtenBytes: 2, writes: 3 } as const;
/** Disk traffic of a cgroup by device (`/dev/sda`). */
export const ioSpec: TableSpec = {
  name: 'io',
  labels: ['id', 'device'],
  bornAtZero: true,
  columns: [
    column('container_fs_reads_bytes_total', 'counter', 'bytes', 'Bytes read from the device.'),
    column('container_fs_reads_total', 'counter', 'count', 'Reads from the device.'),
    column('container_fs_writes_bytes_total', 'counter', 'bytes', 'Bytes written to the device.'),
    column('container_fs_writes_total', 'counter', 'count', 'Writes to the device.'),
  ],
};
const usage = (operation: string): Column =>
  column('container_blkio_device_usage_total', 'counter', 'bytes', 'Bytes moved by operation.', { operation });
/** The bytes of `ioSpec` once more, under cAdvisor's second name with the device's number: Read, Write. */
export const blkioSpec: TableSpec = {
  name: 'blkio',
  labels: ['id', 'device', 'major', 'minor'],
  bornAtZero: true,
  columns: [usage('Read'), usage('Write')],
};

/** Columns of `pidsSpec`. */
export const Pids = { processes: 0, threads: 1, threadsMax: 2 } as const;
/** Processes and threads. */
export const pidsSpec: TableSpec = {
  name: 'pids',
  labels: ['id'],
  columns: [
    column('container_processes', 'gauge', 'count', 'Processes in the cgroup itself, not in those below it.'),
    column('container_threads', 'gauge', 'count', 'Threads of the cgroup and those below it.'),
    column('container_threads_max', 'gauge', 'count', 'Most threads allowed; 0 means no limit.'),
  ],
};

const pressure = (resource: string, kind: string, help: string): Column =>
  column(`container_pressure_${resource}_${kind}_seconds_total`, 'counter', 'seconds', help);
/** Pressure: waiting = some task waited, stalled = all of them did. cpu, memory, io in pairs. */
export const pressureSpec: TableSpec = {
  name: 'pressure',
  labels: ['id'],
  bornAtZero: true,
  columns: ['cpu', 'memory', 'io'].flatMap((resource) => [
    pressure(resource, 'waiting', `Time in which some task waited for ${resource}.`),
    pressure(resource, 'stalled', `Time in which every task waited for ${resource}.`),
  ]),
};

/** Columns of `limitsSpec`. */
export const Limits = { quota: 0, period: 1, shares: 2, memory: 3, reservation: 4, swap: 5, start: 6 } as const;
/** What the cgroup itself is allowed. No limit on memory is shown as 0 and on CPU by no quota, as in cAdvisor. */
export const limitsSpec: TableSpec = {
  name: 'limits',
  labels: ['id'],
  columns: [
    column('container_spec_cpu_quota', 'gauge', 'count', 'Microseconds of CPU time allowed in a period.'),
    column('container_spec_cpu_period', 'gauge', 'count', 'Length of an enforcement period in microseconds.'),
    column('container_spec_cpu_shares', 'gauge', 'count', 'Share of CPU time under contention; 1024 is usual.'),
    bytes('container_spec_memory_limit_bytes', 'Memory limit; 0 means none, and / shows what the machine has.'),
    bytes('container_spec_memory_reservation_limit_bytes', 'Memory reservation; 0 means none.'),
    bytes('container_spec_memory_swap_limit_bytes', 'Swap limit (v1: memory and swap); 0 means none.'),
    column('container_start_time_seconds', 'gauge', 'seconds', 'Unix time of its creation, when we saw it appear.'),
  ],
};

/** Columns of `ownLimitsSpec`. */
export const OwnLimits = { cpu: 0, cpuset: 1, memory: 2, memoryHigh: 3, pids: 4 } as const;
/** The limits that bind codoperf's own cgroup; `id` is the cgroup, own or above, that sets the tightest. */
export const ownLimitsSpec: TableSpec = {
  name: 'own_limits',
  labels: ['id'],
  columns: [
    column('codoperf_cgroup_limit_cpu_cores', 'gauge', 'count', 'CPU time a second that our cgroup may use at most.'),
    column('codoperf_cgroup_limit_cpuset_cores', 'gauge', 'count', 'CPUs that our cgroup may run on.'),
    bytes('codoperf_cgroup_limit_memory_bytes', 'Memory that our cgroup may use at most.'),
    bytes('codoperf_cgroup_limit_memory_high_bytes', 'Memory above which our cgroup is slowed down.'),
    column('codoperf_cgroup_limit_pids', 'gauge', 'count', 'Threads that our cgroup may have at most.'),
  ],
};

/** Where codoperf runs itself; `controller` is empty for v2. */
export const ownSpec: TableSpec = {
  name: 'own',
  labels: ['controller', 'id'],
  columns: [column('codoperf_cgroup_own_info', 'gauge', 'info', 'The cgroup that codoperf runs in, by controller.')],
};

/** How much of the tree we show. */
export const treeSpec: TableSpec = {
  name: 'tree',
  labels: [],
  columns: [
    column('codoperf_cgroups', 'gauge', 'count', 'Cgroups read in every sample.'),
    column(
      'codoperf_cgroups_skipped',
      'gauge',
      'count',
      'Cgroups left out because there are too many, not counting those below them.',
    ),
  ],
};
