/** The tables of the collector `nodejs`: its own, and those of the agent's probes with the process and the thread put before. */
import { probes } from '../../agent/probes.gen.ts';
import type { Column, MetricType, TableSpec, Unit } from '../../core/metric.ts';

const column = (metric: string, type: MetricType, unit: Unit, help: string, labels?: Column['labels']): Column => ({
  metric,
  type,
  unit,
  help,
  ...(labels === undefined ? {} : { labels }),
});

const processSpec: TableSpec = {
  name: 'processes',
  labels: ['pid'],
  columns: [
    column(
      'codoperf_nodejs_up',
      'gauge',
      'info',
      'Whether the agent in a Node.js process answered since the sample before: 1 or 0.',
    ),
    column('codoperf_nodejs_answer_seconds', 'gauge', 'seconds', 'Time the agent took for its last answer.'),
    column(
      'codoperf_nodejs_uptime_seconds_total',
      'counter',
      'seconds',
      'Age of a Node.js process when it answered last: the time that the increases of its counters are over.',
    ),
  ],
};

const infoSpec: TableSpec = {
  name: 'info',
  labels: ['pid', 'name', 'node', 'cluster'],
  omitsEmptyLabels: true,
  columns: [
    column(
      'codoperf_nodejs_info',
      'gauge',
      'info',
      'Main script (or title), version and role in a cluster of a Node.js process; always 1.',
    ),
  ],
};

const cpuHelp = 'CPU time of threads of a Node.js process: of its main one, or of the pool of libuv together.';
const waitHelp =
  'Time that threads of a Node.js process could run but waited for a CPU, stops for a CPU quota included: of its main one, or of the pool of libuv together.';
const threadColumns = (labels: Record<string, string>): Column[] => [
  column('codoperf_thread_cpu_seconds_total', 'counter', 'seconds', cpuHelp, labels),
  column('codoperf_thread_run_queue_wait_seconds_total', 'counter', 'seconds', waitHelp, labels),
];
const mainThreadSpec: TableSpec = { name: 'main_thread', labels: ['pid'], columns: threadColumns({ thread: 'main' }) };
const poolSpec: TableSpec = { name: 'pool', labels: ['pid'], columns: threadColumns({ role: 'pool' }) };

const throttlingSpec: TableSpec = {
  name: 'throttling',
  labels: ['pid', 'cgroup'],
  columns: [
    column(
      'codoperf_nodejs_throttled_seconds_total',
      'counter',
      'seconds',
      'Time that a CPU quota stopped the cgroup of a Node.js process, or one above it; of all its CPUs together.',
    ),
  ],
};

const since = 'since its last answer, of a Node.js process that owes one';
const silenceSpec: TableSpec = {
  name: 'silence',
  labels: ['pid', 'reason', 'state', 'wchan'],
  omitsEmptyLabels: true,
  columns: [
    column(
      'codoperf_nodejs_unanswered_seconds',
      'gauge',
      'seconds',
      'Time since the first question that a Node.js process has not answered; with the state of its main thread (R runs or waits for a CPU, S sleeps, D waits for a device) and where in the kernel it waits.',
    ),
    column('codoperf_nodejs_unanswered_cpu_seconds', 'gauge', 'seconds', `CPU time of the main thread ${since}.`),
    column(
      'codoperf_nodejs_unanswered_run_queue_wait_seconds',
      'gauge',
      'seconds',
      `Time that the main thread waited for a CPU ${since}; the kernel adds it once the thread gets one.`,
    ),
    column(
      'codoperf_nodejs_unanswered_throttled_seconds',
      'gauge',
      'seconds',
      `Time that CPU quotas stopped the cgroups ${since}.`,
    ),
  ],
};

/** Own tables, in the order of `OwnTable`. */
const ownSpecs: readonly TableSpec[] = [processSpec, infoSpec, mainThreadSpec, poolSpec, throttlingSpec, silenceSpec];
/** Places of the own tables. */
export const Own = { processes: 0, info: 1, mainThread: 2, pool: 3, throttling: 4, silence: 5 } as const;

/** Whether the rows of a table are of threads: then the second label is the thread's, empty for the main one. */
export function isOfThreads({ labels }: TableSpec): boolean {
  return labels[1] === 'thread';
}

/** A probe's table as the collector has it: `probe/table`, as rows of the agent name it. */
const probeSpecs: readonly TableSpec[] = probes.flatMap(({ name, scope, tables }) =>
  tables.map((table) => ({
    ...table,
    name: `${name}/${table.name}`,
    labels: [...(scope === 'thread' ? ['pid', 'thread'] : ['pid']), ...table.labels],
    // The main thread has no label: most programs have no other one.
    omitsEmptyLabels: true,
  })),
);

/** Every table, the own ones first. */
export const nodeSpecs: readonly TableSpec[] = [...ownSpecs, ...probeSpecs];
