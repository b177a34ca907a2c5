/** The library: what `import … from 'codoperf'` gives. Signatures are frozen in docs/contracts.md. */
import type { CacheInfoResult } from './cli/cache-info/handle.ts';
import type { CacheInfoArgs } from './cli/cache-info/settings.ts';
import type { MonitorStatsResult } from './cli/monitor-stats/handle.ts';
import type { MonitorStatsArgs } from './cli/monitor-stats/settings.ts';

export type { CacheInfoResult } from './cli/cache-info/handle.ts';
export type { CacheInfoArgs } from './cli/cache-info/settings.ts';
export type { MonitorStatsResult } from './cli/monitor-stats/handle.ts';
export type { MonitorStatsArgs } from './cli/monitor-stats/settings.ts';
export type { Paths } from './collect/collector.ts';
export type { CollectorState, Sample, Sampler, SamplerOptions } from './collect/sampler.ts';
export { createSampler } from './collect/sampler.ts';
export type { Clock } from './core/clock.ts';
export { CodoperfError, ExitCode } from './core/errors.ts';
export type {
  MatrixResult,
  Metric,
  Querier,
  QueryOptions,
  QueryResult,
  Sample as QuerySample,
  ScalarResult,
  StringResult,
  VectorResult,
} from './core/querier.ts';
export type { Labels, SeriesRow } from './core/series.ts';
export type { LabelMatcher, SelectHints, SeriesSource, SourceSeries } from './core/source.ts';
export type { QueryEngine, QueryEngineOptions } from './query/engine.ts';
export { createQueryEngine } from './query/engine.ts';
export type { MemorySeries } from './query/memory-source.ts';
export { createMemorySource } from './query/memory-source.ts';
export type { QueryErrorCode } from './query/query-error.ts';
export { QueryError } from './query/query-error.ts';
export type { CacheReport } from './report/cache-report.ts';
export type { Finding } from './report/finding.ts';
export type { MonitorReport } from './report/monitor-report.ts';

/** Runs the command line with the arguments after the script name; resolves to the exit code, never ends the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const cli = await import('./cli/main.ts');
  return cli.main(argv);
}

/** Measures the host as `codoperf monitor-stats` does and resolves to its report, printing nothing; `signal` ends it early. */
export async function handleMonitorStats(
  args: MonitorStatsArgs = {},
  options: { readonly signal?: AbortSignal } = {},
): Promise<MonitorStatsResult> {
  const command = await import('./cli/monitor-stats/handle.ts');
  return command.handleMonitorStats(args, options);
}

/** Looks at caches as `codoperf cache-info` does and resolves to the report, printing nothing and asking nobody. */
export async function handleCacheInfo(
  args: CacheInfoArgs = {},
  options: { readonly signal?: AbortSignal } = {},
): Promise<CacheInfoResult> {
  const command = await import('./cli/cache-info/handle.ts');
  return command.handleCacheInfo(args, options);
}
