/**
 * The files of cgroup v1. https://docs.kernel.org/admin-guide/cgroup-v1/memory.html and its siblings
 * cpuacct.html, pids.html, blkio-controller.html; https://docs.kernel.org/scheduler/sched-bwc.html
 */
import { KeyMap } from './keys.ts';
import type { SourceSet } from './source.ts';
import { Slow, limit, single } from './source.ts';
import { Cpu, Memory, Pids } from './tables.ts';

const NANOSECONDS = 1e9;
/** USER_HZ, see the cpu collector. */
const TICKS_PER_SECOND = 100;

const cpuTimes = new KeyMap({ user: Cpu.user, system: Cpu.system });
const throttling = new KeyMap({
  nr_periods: Cpu.periods,
  nr_throttled: Cpu.throttledPeriods,
  throttled_time: Cpu.throttled,
});
/** `total_*` counts the cgroups below as well; it stands after the cgroup's own figure and so replaces it. */
const memoryStat = new KeyMap({
  rss: Memory.rss,
  total_rss: Memory.rss,
  cache: Memory.cache,
  total_cache: Memory.cache,
  swap: Memory.swap,
  total_swap: Memory.swap,
  mapped_file: Memory.mappedFile,
  total_mapped_file: Memory.mappedFile,
  active_file: Memory.activeFile,
  total_active_file: Memory.activeFile,
  inactive_file: Memory.inactiveFile,
  total_inactive_file: Memory.inactiveFile,
  pgfault: Memory.faults,
  total_pgfault: Memory.allFaults,
  pgmajfault: Memory.majorFaults,
  total_pgmajfault: Memory.allMajorFaults,
  workingset_refault_file: Memory.fileRefaults,
  total_workingset_refault_file: Memory.fileRefaults,
  workingset_refault_anon: Memory.anonRefaults,
  total_workingset_refault_anon: Memory.anonRefaults,
});
const oomControl = new KeyMap({ oom_kill: Memory.oomKills });

/** What v1 has, by table. */
export const v1Sources: SourceSet = {
  cpu: [
    single('cpuacct', 'cpuacct.usage', Cpu.usage, NANOSECONDS),
    {
      role: 'cpuacct',
      file: 'cpuacct.stat',
      parse: (scan, row, file) => cpuTimes.parse(scan, row, file, TICKS_PER_SECOND),
    },
    {
      role: 'cpu',
      file: 'cpu.stat',
      needsQuota: true,
      parse(scan, row, file) {
        throttling.parse(scan, row, file);
        row[Cpu.throttled] /= NANOSECONDS;
      },
    },
  ],
  memory: [
    single('memory', 'memory.usage_in_bytes', Memory.usage),
    { role: 'memory', file: 'memory.stat', parse: (scan, row, file) => memoryStat.parse(scan, row, file) },
    single('memory', 'memory.failcnt', Memory.failcnt),
    { role: 'memory', file: 'memory.oom_control', parse: (scan, row, file) => oomControl.parse(scan, row, file) },
  ],
  pids: [single('pids', 'pids.current', Pids.threads)],
  pressure: [],
  slow: [
    limit('cpu', 'cpu.cfs_quota_us', Slow.quota),
    single('cpu', 'cpu.cfs_period_us', Slow.period),
    single('cpu', 'cpu.shares', Slow.shares),
    limit('memory', 'memory.limit_in_bytes', Slow.memory),
    limit('memory', 'memory.soft_limit_in_bytes', Slow.reservation),
    limit('memory', 'memory.memsw.limit_in_bytes', Slow.swap),
    single('memory', 'memory.max_usage_in_bytes', Slow.maxUsage),
    single('memory', 'memory.kmem.usage_in_bytes', Slow.kernel),
    limit('pids', 'pids.max', Slow.pids),
  ],
};
