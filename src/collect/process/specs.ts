/** The tables of processes: single ones under our own names, groups under process-exporter's, totals under node_exporter's. */
import type { Column, MetricType, TableSpec, Unit } from '../../core/metric.ts';

/** Places of the figures in the table of processes. */
export const P = {
  user: 0,
  system: 1,
  minorFaults: 2,
  majorFaults: 3,
  readBytes: 4,
  writeBytes: 5,
  voluntary: 6,
  nonvoluntary: 7,
  cancelledWriteBytes: 8,
  run: 9,
  wait: 10,
  ioDelay: 11,
  resident: 12,
  virtual: 13,
  swap: 14,
  threads: 15,
  openFds: 16,
  maxFds: 17,
  startTime: 18,
  state: 19,
  nice: 20,
} as const;

/** The counters of a process that its group adds up: the first ones of both tables. */
export const GROUP_COUNTERS = 8;

/** Places of the gauges of a group. */
export const G = {
  processes: 8,
  resident: 9,
  virtual: 10,
  swapped: 11,
  openFds: 12,
  worstFdRatio: 13,
  oldestStart: 14,
  threads: 15,
  states: 16,
} as const;

function figure(metric: string, type: MetricType, unit: Unit, help: string, labels?: Column['labels']): Column {
  return labels === undefined ? { metric, type, unit, help } : { metric, type, unit, help, labels };
}

const own = (name: string, type: MetricType, unit: Unit, help: string, labels?: Column['labels']): Column =>
  figure(`codoperf_process_${name}`, type, unit, help, labels);

/** The kernel tells these of a process's first thread only, so the label says so. */
const mainThread = { thread: 'main' };
const cpuHelp = 'CPU time of all threads of a process; the time of children is theirs.';
const faultHelp = 'Page faults of a process: major ones waited for storage.';
const switchHelp = 'Times the main thread left its CPU: voluntary to wait, nonvoluntary when it was taken away.';

/** What a state's letter is shown as in `codoperf_process_state`: the place in this list. */
const processStates = ['running', 'sleeping', 'waiting', 'stopped', 'zombie', 'other'] as const;

/** Every process that is visible. */
export const processSpec: TableSpec = {
  name: 'processes',
  labels: ['pid', 'comm'],
  bornAtZero: true,
  columns: [
    own('cpu_seconds_total', 'counter', 'seconds', cpuHelp, { mode: 'user' }),
    own('cpu_seconds_total', 'counter', 'seconds', cpuHelp, { mode: 'system' }),
    own('page_faults_total', 'counter', 'count', faultHelp, { kind: 'minor' }),
    own('page_faults_total', 'counter', 'count', faultHelp, { kind: 'major' }),
    own('read_bytes_total', 'counter', 'bytes', 'Bytes a process had storage read.'),
    own('write_bytes_total', 'counter', 'bytes', 'Bytes a process marked to be written to storage.'),
    own('context_switches_total', 'counter', 'count', switchHelp, { ...mainThread, kind: 'voluntary' }),
    own('context_switches_total', 'counter', 'count', switchHelp, { ...mainThread, kind: 'nonvoluntary' }),
    own('cancelled_write_bytes_total', 'counter', 'bytes', 'Written bytes dropped again before they reached storage.'),
    own('run_seconds_total', 'counter', 'seconds', 'Time the main thread ran, to the nanosecond.', mainThread),
    own(
      'run_queue_wait_seconds_total',
      'counter',
      'seconds',
      'Time the main thread could run but waited for a CPU.',
      mainThread,
    ),
    own(
      'io_delay_seconds_total',
      'counter',
      'seconds',
      'Time the main thread waited for block devices and swap.',
      mainThread,
    ),
    own('resident_memory_bytes', 'gauge', 'bytes', 'Memory of a process that is in RAM, shared pages included.'),
    own('virtual_memory_bytes', 'gauge', 'bytes', 'Address space of a process.'),
    own('swap_bytes', 'gauge', 'bytes', 'Memory of a process that is swapped out.'),
    own('threads', 'gauge', 'count', 'Threads of a process.'),
    own('open_fds', 'gauge', 'count', 'Open file descriptors of a process.'),
    own('max_fds', 'gauge', 'count', 'Soft limit of open file descriptors of a process.'),
    own('start_time_seconds', 'gauge', 'seconds', 'Unix time at which a process started.'),
    own(
      'state',
      'gauge',
      'info',
      `State of a process: ${processStates.map((state, i) => `${i} ${state}`).join(', ')}.`,
    ),
    own('nice', 'gauge', 'count', 'Nice value: above 0 the process yields its CPU to others, below 0 it comes first.'),
  ],
};

/** What does not change from sample to sample; to be joined on `pid`. */
export const infoSpec: TableSpec = {
  name: 'info',
  labels: ['pid', 'comm', 'uid', 'cgroup'],
  columns: [own('info', 'gauge', 'info', 'Owner and control group of a process; always 1.')],
};

const group = (name: string, type: MetricType, unit: Unit, help: string, labels?: Column['labels']): Column =>
  figure(`namedprocess_namegroup_${name}`, type, unit, help, labels);
const since = 'by the processes of one name since codoperf started';
const groupMemory = 'Memory of the processes of one name; shared pages count in each.';
const groupStates = 'Processes of one name by state.';

/** States of a group as process-exporter names them, in the order of the columns. */
export const groupStateNames = ['Running', 'Sleeping', 'Waiting', 'Zombie', 'Other'] as const;

/** Processes of the same name together; threads of the kernel belong to no group. */
export const groupSpec: TableSpec = {
  name: 'groups',
  labels: ['groupname'],
  bornAtZero: true,
  columns: [
    group('cpu_seconds_total', 'counter', 'seconds', `CPU time used ${since}.`, { mode: 'user' }),
    group('cpu_seconds_total', 'counter', 'seconds', `CPU time used ${since}.`, { mode: 'system' }),
    group('minor_page_faults_total', 'counter', 'count', `Page faults without storage access ${since}.`),
    group('major_page_faults_total', 'counter', 'count', `Page faults that waited for storage ${since}.`),
    group('read_bytes_total', 'counter', 'bytes', `Bytes read from storage ${since}.`),
    group('write_bytes_total', 'counter', 'bytes', `Bytes written to storage ${since}.`),
    group('context_switches_total', 'counter', 'count', `Context switches ${since}.`, { ctxswitchtype: 'voluntary' }),
    group('context_switches_total', 'counter', 'count', `Context switches ${since}.`, {
      ctxswitchtype: 'nonvoluntary',
    }),
    group('num_procs', 'gauge', 'count', 'Processes of one name.'),
    group('memory_bytes', 'gauge', 'bytes', groupMemory, { memtype: 'resident' }),
    group('memory_bytes', 'gauge', 'bytes', groupMemory, { memtype: 'virtual' }),
    group('memory_bytes', 'gauge', 'bytes', groupMemory, { memtype: 'swapped' }),
    group('open_filedesc', 'gauge', 'count', 'Open file descriptors of the processes of one name.'),
    group('worst_fd_ratio', 'gauge', 'ratio', 'Open descriptors over their limit, of the process closest to it.'),
    group(
      'oldest_start_time_seconds',
      'gauge',
      'seconds',
      'Unix time at which the oldest process of one name started.',
    ),
    group('num_threads', 'gauge', 'count', 'Threads of the processes of one name.'),
    ...groupStateNames.map((state) => group('states', 'gauge', 'count', groupStates, { state })),
  ],
};

/** Whether what is shown is all there is. */
export const factsSpec: TableSpec = {
  name: 'facts',
  labels: [],
  columns: [
    figure(
      'codoperf_processes_hidden',
      'gauge',
      'info',
      '1 when procfs hides the processes of other users from us (hidepid).',
    ),
  ],
};

/** Letters of `/proc/<pid>/stat` that a process can be in. https://docs.kernel.org/filesystems/proc.html */
export const stateLetters = ['R', 'S', 'D', 'T', 't', 'Z', 'X', 'I'] as const;

/** Places of the figures in the totals, before the states. */
export const T = { pids: 0, threads: 1, maxProcesses: 2, maxThreads: 3, states: 4 } as const;

/** node_exporter's `processes` collector, without the states of single threads. */
export const totalsSpec: TableSpec = {
  name: 'totals',
  labels: [],
  columns: [
    figure('node_processes_pids', 'gauge', 'count', 'Processes.'),
    figure('node_processes_threads', 'gauge', 'count', 'Threads of all processes.'),
    figure('node_processes_max_processes', 'gauge', 'count', 'Largest number of pids that the kernel gives out.'),
    figure('node_processes_max_threads', 'gauge', 'count', 'Largest number of threads that the kernel allows.'),
    ...stateLetters.map((state) => figure('node_processes_state', 'gauge', 'count', 'Processes by state.', { state })),
  ],
};
