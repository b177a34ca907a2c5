/** One process of a run, out of what its agent said last. */
import { reportedCache, reportedFunction } from '../cache-info/look.ts';
import type { ReportedThread, RunProcess } from '../../report/run-report.ts';
import type { AgentCaches, AgentMetrics, AgentThread } from '../../wire/agent/messages.ts';
import { Figures, httpFigures } from './figures.ts';

/** The last answers of one process. */
export interface LastWords {
  readonly metrics: AgentMetrics;
  readonly caches: AgentCaches;
  /** Whether they were written as the process ended. */
  readonly atExit: boolean;
  /** Wall clock, milliseconds since 1970, at which they were said. */
  readonly wallMs: number;
}

/** What is told about it. */
export function runProcess({ metrics, caches, atExit, wallMs }: LastWords): RunProcess {
  const { process, threads } = metrics;
  const { pid, name, node, cluster, started_ms } = process;
  const figures = new Figures(threads.flatMap(({ rows }) => rows));
  const seconds = (wallMs - started_ms) / 1000;
  const settings = { showStats: true };
  return {
    pid,
    name,
    node,
    cluster,
    at_exit: atExit,
    duration_seconds: seconds >= 0 ? seconds : null,
    cpu_seconds: figures.sum('process_cpu_seconds_total'),
    resident_bytes: figures.max('process_resident_memory_bytes'),
    threadpool_max_seconds: figures.max('codoperf_threadpool_probe_max_seconds'),
    threads: threads.map(reportedThread),
    caches: caches.caches.map((cache) => reportedCache(cache, { pid, at: caches.at }, settings, undefined)),
    functions: caches.functions.map((each) => reportedFunction(each, pid)),
  };
}

/** The interpolation inside a bucket can go beyond the largest value; known only while that looks back far enough. */
const WINDOW_SECONDS = 300;

function atMost(value: number | null, largest: number | null, seconds: number | null): number | null {
  if (value === null || largest === null || seconds === null || seconds > WINDOW_SECONDS) return value;
  return Math.min(value, largest);
}

function reportedThread({ thread, name, state, rows }: AgentThread): ReportedThread {
  const figures = new Figures(rows);
  const active = figures.sum('codoperf_eventloop_active_seconds_total');
  const idle = figures.sum('codoperf_eventloop_idle_seconds_total');
  const seconds = active === null || idle === null ? null : active + idle;
  const gc = figures.sum('nodejs_gc_duration_seconds_sum');
  const share = (part: number | null): number | null =>
    part === null || seconds === null || seconds <= 0 ? null : part / seconds;
  const longest = figures.max('codoperf_eventloop_delay_max_seconds');
  const delay = (q: number): number | null =>
    atMost(figures.quantile('codoperf_eventloop_delay_seconds', q), longest, seconds);
  return {
    thread,
    name,
    state,
    loop: {
      active_ratio: share(active),
      delay_p50_seconds: delay(0.5),
      delay_p99_seconds: delay(0.99),
      delay_max_seconds: longest,
    },
    gc: { pauses: figures.sum('nodejs_gc_duration_seconds_count'), seconds: gc, ratio: share(gc) },
    heap_used_bytes: figures.sum('nodejs_heap_size_used_bytes'),
    heap_limit_bytes: figures.max('codoperf_heap_limit_bytes'),
    http_server: httpFigures(figures, 'http_server'),
    http_client: httpFigures(figures, 'http_client'),
  };
}
