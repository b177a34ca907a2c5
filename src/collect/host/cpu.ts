import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import { cpuList } from '../cpu-list.ts';
import { listDirectory, readText } from '../files.ts';

/** USER_HZ: what the kernel exports to user space, 100 on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;
/** A CPU's counters fall by less than this without a reset; node_exporter's rule. */
const JUMP_BACK_SECONDS = 3;

const modes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'];
const guestModes = ['user', 'nice'];

function column(metric: string, mode: string, help: string): Column {
  return { metric, type: 'counter', unit: 'seconds', help, labels: { mode }, mayFallBy: JUMP_BACK_SECONDS };
}

const spec: TableSpec = {
  name: 'cpu',
  labels: ['cpu'],
  // Guest time stands inside user and nice as well: never add the two.
  columns: [
    ...modes.map((mode) => column('node_cpu_seconds_total', mode, 'Seconds a CPU spent in each mode.')),
    ...guestModes.map((mode) => column('node_cpu_guest_seconds_total', mode, 'Seconds a CPU ran virtual machines.')),
  ],
  labelsOf: (key) => [key.slice(3)],
};

const throttles = (metric: string, help: string): Column => ({ metric, type: 'counter', unit: 'count', help });
const coreThrottles: TableSpec = {
  name: 'core_throttles',
  labels: ['package', 'core'],
  columns: [throttles('node_cpu_core_throttles_total', 'Times a core was slowed down for heat.')],
};
const packageThrottles: TableSpec = {
  name: 'package_throttles',
  labels: ['package'],
  columns: [throttles('node_cpu_package_throttles_total', 'Times a CPU package was slowed down for heat.')],
};
const isolated: TableSpec = {
  name: 'isolated',
  labels: ['cpu'],
  columns: [
    { metric: 'node_cpu_isolated', type: 'gauge', unit: 'info', help: 'CPUs that the scheduler leaves alone.' },
  ],
};

/**
 * The `cpuN` lines of `/proc/stat`: ten counters in ticks. The line of all CPUs is left out (it can be
 * summed), and so are fields that an old kernel lacks. https://docs.kernel.org/filesystems/proc.html#proc-stat
 */
export function parseCpu(scan: Scanner, table: Table): void {
  do {
    if (!scan.word() || !scan.startsWithAt(scan.wordStart, 'cpu')) break;
    if (scan.wordEnd - scan.wordStart === 3) continue;
    const slot = table.at(scan.buf, scan.wordStart, scan.wordEnd);
    const from = slot * table.width;
    for (let i = 0; i < table.width; i++) table.values[from + i] = scan.uint() / TICKS_PER_SECOND;
  } while (scan.nextLine());
}

interface ThrottleFile {
  readonly path: string;
  readonly table: Table;
  readonly labels: readonly string[];
}

/** Each core and each package once, whichever of its CPUs shows the counter. */
function findThrottleFiles(sysfs: string, cores: Table, packages: Table): ThrottleFile[] {
  const found = new Map<string, ThrottleFile>();
  const root = `${sysfs}/devices/system/cpu`;
  for (const cpu of listDirectory(root).filter((name) => /^cpu\d+$/.test(name))) {
    const pkg = readText(`${root}/${cpu}/topology/physical_package_id`);
    const core = readText(`${root}/${cpu}/topology/core_id`);
    if (pkg === undefined || core === undefined) continue;
    const add = (file: string, table: Table, labels: string[]) => {
      const path = `${root}/${cpu}/thermal_throttle/${file}`;
      const key = `${file} ${labels.join(' ')}`;
      if (!found.has(key) && readText(path) !== undefined) found.set(key, { path, table, labels });
    };
    add('core_throttle_count', cores, [pkg, core]);
    add('package_throttle_count', packages, [pkg]);
  }
  return [...found.values()];
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/stat`);
  const tables = [spec, coreThrottles, packageThrottles, isolated].map((each) => new Table(each));
  const [cpus, cores, packages, alone] = tables;
  const scan = new Scanner();
  const isolatedCpus = cpuList(readText(`${paths.sysfs}/devices/system/cpu/isolated`) ?? '');
  const throttleFiles = findThrottleFiles(paths.sysfs, cores, packages).map((each) => ({
    ...each,
    file: files.file(each.path),
    key: each.labels.join(' '),
  }));

  function readThrottles(): void {
    cores.begin();
    packages.begin();
    for (const { file: counter, table, labels, key } of throttleFiles) {
      counter.tryRead();
      if (!counter.found) continue;
      scan.reset(counter.buf, counter.length);
      table.values[table.slot(key, labels)] = scan.uint();
    }
    cores.commit();
    packages.commit();
  }

  function showIsolated(): void {
    alone.begin();
    for (const cpu of isolatedCpus) alone.values[alone.slot(cpu)] = 1;
    alone.commit();
  }

  return {
    tables,
    read() {
      if (file.read()) {
        cpus.begin();
        scan.reset(file.buf, file.length);
        parseCpu(scan, cpus);
        cpus.commit();
      }
      if (!cpus.anyPresent()) throw new Unavailable('broken', `${file.path} shows no CPU`);
      if (isolatedCpus.length > 0) showIsolated();
      if (throttleFiles.length > 0) readThrottles();
    },
  };
}

export default {
  name: 'cpu',
  enabledByDefault: true,
  // The kernel accounts CPU time in ticks of 10 ms: over less than a second the shares are mostly rounding.
  minIntervalSeconds: 1,
  help: 'Time of each CPU by mode (/proc/stat) and slow-downs for heat (sysfs).',
  tables: [spec, coreThrottles, packageThrottles, isolated],
  open,
} satisfies Collector;
