/** What `run` found about a program and the Node.js processes below it; JSON is this object, text a view of it. */
import type { ReportedCache, ReportedFunction } from './cache-report.ts';
import type { Finding } from './finding.ts';
import type { HostFacts, Overhead } from './monitor-report.ts';

/** The event loop of a thread over its whole life. */
export interface LoopFigures {
  /** Share of time that it did something. */
  active_ratio: number | null;
  /** Corrected for coordinated omission, without the timer's resolution. */
  delay_p50_seconds: number | null;
  delay_p99_seconds: number | null;
  /** Longest of the last five minutes. */
  delay_max_seconds: number | null;
}

/** Requests of one side of HTTP. */
export interface HttpFigures {
  requests: number;
  /** Answered with 5xx, failed or aborted. */
  errors: number;
  aborted: number;
  mean_seconds: number | null;
  p99_seconds: number | null;
  in_flight: number | null;
}

/** One thread. */
export interface ReportedThread {
  thread: number;
  name: string;
  state: 'answered' | 'silent' | 'bare';
  loop: LoopFigures;
  gc: { pauses: number | null; seconds: number | null; ratio: number | null };
  heap_used_bytes: number | null;
  heap_limit_bytes: number | null;
  http_server: HttpFigures | null;
  http_client: HttpFigures | null;
}

/** One Node.js process. */
export interface RunProcess {
  pid: number;
  name: string;
  node: string;
  cluster: string | null;
  /** Whether the figures are those of its end; else of the last time it answered. */
  at_exit: boolean;
  /** From its start to the figures. */
  duration_seconds: number | null;
  cpu_seconds: number | null;
  resident_bytes: number | null;
  threadpool_max_seconds: number | null;
  threads: ReportedThread[];
  caches: ReportedCache[];
  functions: ReportedFunction[];
}

/** The result of `run`. */
export interface RunReport {
  schema: 'codoperf/run@1';
  version: string;
  host: HostFacts;
  /** As given. */
  command: string[];
  exit_code: number | null;
  signal: string | null;
  window: {
    start: string;
    end: string;
    duration_seconds: number;
    interval_seconds: number;
    samples: number;
    missed: number;
    interrupted: boolean;
  };
  processes: RunProcess[];
  notes: string[];
  findings: Finding[];
  overhead: Overhead;
}
