/** Puts the report of a query together, whoever answered it. */
import type { QueryResult } from '../../core/querier.ts';
import { ownCpuSeconds, peakResidentBytes } from '../../record/budget.ts';
import type { HostFacts } from '../../report/monitor-report.ts';
import type { QueryReport, QuerySource } from '../../report/query-report.ts';
import { version } from '../version.ts';

/** Nothing is known of the host behind a server; text does not ask. */
export const unknownHost: HostFacts = {
  hostname: null,
  kernel: null,
  machine: null,
  cpus_online: null,
  memory_bytes: null,
  boot_time: null,
};

/** What an answer is made of. */
export interface AnswerParts {
  readonly source: QuerySource;
  readonly host: HostFacts;
  /** Times in Unix ms. */
  readonly window: {
    readonly startMs: number;
    readonly endMs: number;
    readonly intervalSeconds: number;
    readonly samples: number;
    readonly missed: number;
    readonly interrupted: boolean;
  };
  readonly notes: readonly string[];
  readonly result: QueryResult;
  /** CPU seconds of this process when the query began. */
  readonly cpuAtStart: number;
}

/** The report. */
export function queryReport(expression: string, parts: AnswerParts): QueryReport {
  const { source, host, notes, cpuAtStart } = parts;
  const { startMs, endMs, intervalSeconds, samples, missed, interrupted } = parts.window;
  const { resultType, result, warnings, infos } = parts.result;
  const seconds = (endMs - startMs) / 1000;
  const cpu = ownCpuSeconds() - cpuAtStart;
  return {
    schema: 'codoperf/query@1',
    version,
    expression,
    source,
    host,
    window: {
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      duration_seconds: seconds,
      interval_seconds: intervalSeconds,
      samples,
      missed,
      interrupted,
    },
    data: { resultType, result },
    warnings,
    infos,
    notes,
    findings: [],
    overhead: {
      cpu_seconds: cpu,
      cpu_ratio: source.kind === 'live' && seconds > 0 ? cpu / seconds : null,
      max_rss_bytes: peakResidentBytes(),
    },
  };
}
