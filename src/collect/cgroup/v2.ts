/** The files of cgroup v2. https://docs.kernel.org/admin-guide/cgroup-v2.html */
import type { Scanner } from '../../core/scanner.ts';
import type { KeyHolder } from './keys.ts';
import { KeyMap } from './keys.ts';
import type { Source, SourceSet } from './source.ts';
import { Slow, limit, parseLimit, single } from './source.ts';
import { Cpu, Memory, Pids } from './tables.ts';

const MICROSECONDS = 1e6;

const cpuStat = new KeyMap({
  usage_usec: Cpu.usage,
  user_usec: Cpu.user,
  system_usec: Cpu.system,
  nr_periods: Cpu.periods,
  nr_throttled: Cpu.throttledPeriods,
  throttled_usec: Cpu.throttled,
});
const memoryStat = new KeyMap({
  anon: Memory.rss,
  file: Memory.cache,
  file_mapped: Memory.mappedFile,
  kernel: Memory.kernel,
  active_file: Memory.activeFile,
  inactive_file: Memory.inactiveFile,
  pgfault: Memory.faults,
  pgmajfault: Memory.majorFaults,
  workingset_refault_file: Memory.fileRefaults,
  workingset_refault_anon: Memory.anonRefaults,
});
/** `max` counts what v1's failcnt does: usage about to go over the limit. Both include the cgroups below. */
const memoryEvents = new KeyMap({ max: Memory.failcnt, oom_kill: Memory.oomKills });

function parseCpuStat(scan: Scanner, row: Float64Array, file: KeyHolder): void {
  cpuStat.parse(scan, row, file);
  row[Cpu.usage] /= MICROSECONDS;
  row[Cpu.user] /= MICROSECONDS;
  row[Cpu.system] /= MICROSECONDS;
  row[Cpu.throttled] /= MICROSECONDS;
}

const TOTAL = Buffer.from(' total=');

/** `some avg10=… avg60=… avg300=… total=microseconds`, then `full …`. https://docs.kernel.org/accounting/psi.html */
function parsePressure(scan: Scanner, row: Float64Array, column: number): void {
  do {
    if (!scan.word()) continue;
    const target = scan.wordIs('some') ? column : scan.wordIs('full') ? column + 1 : -1;
    if (target >= 0 && scan.seek(TOTAL)) row[target] = scan.uint() / MICROSECONDS;
  } while (scan.nextLine());
}

function pressure(resource: string, column: number): Source {
  return {
    role: 'pressure',
    file: `${resource}.pressure`,
    parse: (scan, row) => parsePressure(scan, row, column),
  };
}

/** `cpu.max`: quota, or `max`, and period, both in microseconds. */
function parseCpuMax(scan: Scanner, row: Float64Array): void {
  row[Slow.quota] = parseLimit(scan);
  row[Slow.period] = scan.uint();
}

/** A weight of 1 to 10,000 as the v1 shares of 2 to 262,144 that cAdvisor shows for it. */
function parseCpuWeight(scan: Scanner, row: Float64Array): void {
  const weight = scan.uint();
  row[Slow.shares] = weight >= 1 && weight <= 10_000 ? 2 + Math.floor(((weight - 1) * 262_142) / 9999) : Number.NaN;
}

/** What v2 has, by table. */
export const v2Sources: SourceSet = {
  cpu: [{ role: 'cpuacct', file: 'cpu.stat', parse: parseCpuStat }],
  memory: [
    single('memory', 'memory.current', Memory.usage),
    { role: 'memory', file: 'memory.stat', parse: (scan, row, file) => memoryStat.parse(scan, row, file) },
    single('memory', 'memory.swap.current', Memory.swap),
    { role: 'memory', file: 'memory.events', parse: (scan, row, file) => memoryEvents.parse(scan, row, file) },
  ],
  pids: [single('pids', 'pids.current', Pids.threads)],
  pressure: [pressure('cpu', 0), pressure('memory', 2), pressure('io', 4)],
  slow: [
    { role: 'cpu', file: 'cpu.max', parse: parseCpuMax },
    { role: 'cpu', file: 'cpu.weight', parse: parseCpuWeight },
    limit('memory', 'memory.max', Slow.memory),
    limit('memory', 'memory.min', Slow.reservation),
    limit('memory', 'memory.high', Slow.memoryHigh),
    limit('memory', 'memory.swap.max', Slow.swap),
    single('memory', 'memory.peak', Slow.maxUsage),
    limit('pids', 'pids.max', Slow.pids),
  ],
};
