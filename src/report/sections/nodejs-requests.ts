import type { Frame } from '../../core/frame.ts';
import { NodeFigure, NodeHistogram, sumOver } from '../node-figures.ts';
import { NodeProcesses } from '../node-processes.ts';
import type { NodeProcessView } from '../node-processes.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';

const served = { weight: 'requests_per_second' } as const;
const made = { weight: 'outgoing_per_second' } as const;
const stats = [
  {
    name: 'requests_per_second',
    unit: 'per_second',
    help: 'HTTP requests that it served to the end, or that were given up.',
  },
  { name: 'duration_mean_seconds', unit: 'seconds', help: 'Mean duration of these.', ...served },
  { name: 'duration_p99_seconds', unit: 'seconds', help: 'Duration that 99 % of these did not exceed.', ...served },
  { name: 'error_ratio', unit: 'ratio', help: 'Those that it answered with a status of 500 and above.', ...served },
  { name: 'aborted_ratio', unit: 'ratio', help: 'Those whose client went away before the end.', ...served },
  { name: 'aborted_per_second', unit: 'per_second', help: 'Requests whose client went away before the end.' },
  { name: 'active', unit: 'count', help: 'Requests under way.' },
  { name: 'outgoing_per_second', unit: 'per_second', help: 'HTTP requests that it made, with fetch or node:http.' },
  { name: 'outgoing_mean_seconds', unit: 'seconds', help: 'Mean duration of these.', ...made },
  {
    name: 'outgoing_error_ratio',
    unit: 'ratio',
    help: 'Those that failed or were answered with 400 and above.',
    ...made,
  },
  { name: 'pool_wait_seconds', unit: 'seconds', help: "Time that a tiny job waited for libuv's pool of threads." },
  { name: 'pool_cpu_cores', unit: 'count', help: "CPU time a second of libuv's pool: 1 is one core." },
  { name: 'pool_run_queue_cores', unit: 'count', help: "Threads of libuv's pool that waited for a CPU, on average." },
  { name: 'pool_threads', unit: 'count', help: "Threads of libuv's pool." },
] as const satisfies readonly Stat[];
type Name = (typeof stats)[number]['name'];
const at = Object.fromEntries(stats.map(({ name }, index) => [name, index])) as Record<Name, number>;

const processes = new NodeProcesses();
const server = new NodeHistogram('http_server_request_duration_seconds');
const client = new NodeHistogram('http_client_request_duration_seconds');
const active = new NodeFigure('http_server_active_requests');
const poolWait = new NodeFigure('codoperf_threadpool_probe_seconds');
const poolSize = new NodeFigure('codoperf_threadpool_size');
const poolCpu = new NodeFigure('codoperf_thread_cpu_seconds_total', { role: 'pool' });
const poolQueue = new NodeFigure('codoperf_thread_run_queue_wait_seconds_total', { role: 'pool' });
const figures = [server, client, active, poolWait, poolSize, poolCpu, poolQueue];

/** Labels of a row behind process and thread: method, status, error. */
const STATUS = 1;
const ERROR = 2;
const isServerError = (labels: readonly string[]): boolean => labels[STATUS] >= '500';
const isAborted = (labels: readonly string[]): boolean => labels[ERROR] === 'aborted';
const isFailure = (labels: readonly string[]): boolean => labels[ERROR] !== '';
const none = (value: number): number => (Number.isNaN(value) ? 0 : value);

function write(row: Float64Array, { pid, threads, elapsedSeconds }: NodeProcessView): void {
  const requests = sumOver(threads, (thread) => server.count.increase(pid, thread));
  const aborted = none(sumOver(threads, (thread) => server.count.increase(pid, thread, isAborted)));
  row[at.active] = sumOver(threads, (thread) => active.value(pid, thread));
  // A process that serves HTTP has the gauge; rows of durations come with the first request.
  row[at.requests_per_second] = Number.isNaN(row[at.active]) ? Number.NaN : none(requests) / elapsedSeconds;
  row[at.aborted_per_second] = Number.isNaN(row[at.active]) ? Number.NaN : aborted / elapsedSeconds;
  if (requests > 0) {
    row[at.duration_mean_seconds] = sumOver(threads, (thread) => server.sum.increase(pid, thread)) / requests;
    row[at.duration_p99_seconds] = server.quantile(0.99, pid, threads);
    row[at.error_ratio] =
      none(sumOver(threads, (thread) => server.count.increase(pid, thread, isServerError))) / requests;
    row[at.aborted_ratio] = aborted / requests;
  }
  const outgoing = sumOver(threads, (thread) => client.count.increase(pid, thread));
  row[at.outgoing_per_second] = outgoing / elapsedSeconds;
  if (outgoing > 0) {
    const failed = none(sumOver(threads, (thread) => client.count.increase(pid, thread, isFailure)));
    row[at.outgoing_mean_seconds] = sumOver(threads, (thread) => client.sum.increase(pid, thread)) / outgoing;
    row[at.outgoing_error_ratio] = failed / outgoing;
  }
  row[at.pool_wait_seconds] = poolWait.value(pid);
  row[at.pool_threads] = poolSize.value(pid);
  row[at.pool_cpu_cores] = poolCpu.increase(pid) / elapsedSeconds;
  row[at.pool_run_queue_cores] = poolQueue.increase(pid) / elapsedSeconds;
}

function compute(frame: Frame, out: SectionWriter): void {
  const found = processes.of(frame);
  for (const figure of figures) figure.bind(frame);
  for (const process of found) {
    if (!Number.isNaN(process.elapsedSeconds)) write(out.row(process.subject, process.elapsedSeconds), process);
  }
}

const MS = 1000;

export default {
  resource: 'nodejs',
  key: 'requests',
  subject: 'process',
  types: [],
  collectors: ['nodejs'],
  stats,
  tables: [
    {
      title: 'Node.js requests',
      subject: 'process',
      rankBy: 'requests_per_second',
      columns: [
        { head: 'req/s', stat: 'requests_per_second' },
        { head: 'mean ms', stat: 'duration_mean_seconds', scale: MS },
        { head: 'p99 ms', stat: 'duration_p99_seconds', scale: MS },
        { head: '%5xx', stat: 'error_ratio', scale: 100 },
        { head: 'abort/s', stat: 'aborted_per_second' },
        { head: 'active', stat: 'active' },
        { head: 'out/s', stat: 'outgoing_per_second' },
        { head: 'out ms', stat: 'outgoing_mean_seconds', scale: MS },
        { head: 'pool ms', stat: 'pool_wait_seconds', scale: MS },
        { head: 'pool CPU', stat: 'pool_cpu_cores', digits: 2 },
      ],
    },
  ],
  compute,
} satisfies Section;
