/** The process as a whole: CPU, memory, descriptors, version. */
import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Column, MetricType, Unit } from '../../core/metric.ts';
import type { Probe } from '../probe.ts';
import { attempt } from '../shield.ts';

const MICROSECONDS = 1e6;
const BYTES_PER_KIB = 1024;

function column(metric: string, type: MetricType, unit: Unit, help: string): Column {
  return { metric, type, unit, help };
}

const columns: readonly Column[] = [
  column('process_cpu_user_seconds_total', 'counter', 'seconds', 'CPU time in user mode of all threads.'),
  column('process_cpu_system_seconds_total', 'counter', 'seconds', 'CPU time in kernel mode of all threads.'),
  column('process_cpu_seconds_total', 'counter', 'seconds', 'CPU time of all threads.'),
  column('process_start_time_seconds', 'gauge', 'seconds', 'When the process began, in seconds since 1970.'),
  column('process_uptime_seconds', 'gauge', 'seconds', 'How long the process has been running.'),
  column('process_resident_memory_bytes', 'gauge', 'bytes', 'Memory that is in RAM.'),
  column('process_virtual_memory_bytes', 'gauge', 'bytes', 'Size of the address space.'),
  column(
    'process_heap_bytes',
    'gauge',
    'bytes',
    "Size of the data segment (VmData), as prom-client's process_heap_bytes.",
  ),
  column('process_thread_count', 'gauge', 'count', 'Threads.'),
  column('process_open_fds', 'gauge', 'count', 'Open file descriptors.'),
  column('process_max_fds', 'gauge', 'count', 'Descriptors that may be open (soft limit).'),
];

const version = column('nodejs_version_info', 'gauge', 'info', 'Version of Node.js, in the labels; always 1.');

/** `Name:  number[ kB]` of `/proc/self/status`; `NaN` when it is not there. https://docs.kernel.org/filesystems/proc.html */
function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
}

/** Soft limit of `Max open files` in `/proc/self/limits`; `NaN` when there is none. */
function maxFds(): number {
  const limits = attempt(() => fs.readFileSync('/proc/self/limits', 'latin1'), '');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
}

/** Since Linux 6.2 the size of the directory is the number of descriptors: 10^5 of them need no list. */
function openFds(): number {
  const { size } = fs.statSync('/proc/self/fd');
  return size > 0 ? size : fs.readdirSync('/proc/self/fd').length - 1; // One is the directory's own.
}

function figures(): number[] {
  const { user, system } = process.cpuUsage();
  const status = attempt(() => fs.readFileSync('/proc/self/status', 'latin1'), '');
  return [
    user / MICROSECONDS,
    system / MICROSECONDS,
    (user + system) / MICROSECONDS,
    performance.timeOrigin / 1000,
    process.uptime(),
    process.memoryUsage.rss(),
    field(status, 'VmSize') * BYTES_PER_KIB,
    field(status, 'VmData') * BYTES_PER_KIB,
    field(status, 'Threads'),
    attempt(openFds, Number.NaN),
    maxFds(),
  ];
}

export default {
  name: 'process',
  help: 'The process: CPU, memory, threads, descriptors, version.',
  scope: 'process',
  tables: [
    { name: 'process', labels: [], columns },
    { name: 'version', labels: ['version', 'major', 'minor', 'patch'], columns: [version] },
  ],
  start: () => ({
    read(emit) {
      emit('process', [], figures());
      const [major, minor, patch] = process.version.slice(1).split('.');
      emit('version', [process.version, major, minor, Number.parseInt(patch, 10).toString()], [1]);
    },
    stop() {},
  }),
} satisfies Probe;
