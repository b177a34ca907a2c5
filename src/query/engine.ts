/** The PromQL engine: queries in Prometheus's language over any source, with Prometheus's results. */
import type { Querier, QueryOptions } from '../core/querier.ts';
import type { SeriesSource } from '../core/source.ts';
import type { QuerySettings } from './query.ts';

/** Settings of an engine. */
export interface QueryEngineOptions {
  /** How long an instant selector looks back for a sample. Default: 300,000. */
  readonly lookback_ms?: number;
  /** Samples that a query may hold in memory at once. Default: 5e7. */
  readonly max_samples?: number;
  /** How long a query may take. Default: 120,000. */
  readonly timeout_ms?: number;
  /** Resolution of subqueries that name none (`[1h:]`). Default: 60,000. */
  readonly subquery_step_ms?: number;
  /** Drop metric names at the end of a query, as Prometheus's flag `promql-delayed-name-removal`. Default: false. */
  readonly delayed_name_removal?: boolean;
}

/** Answers queries; a query that fails throws a `QueryError`, a source that fails its own error. */
export type QueryEngine = Querier;

/** An engine over a source. */
export function createQueryEngine(source: SeriesSource, options: QueryEngineOptions = {}): QueryEngine {
  const settings: QuerySettings = {
    maxSamples: positive('max_samples', options.max_samples ?? 5e7),
    timeoutMs: positive('timeout_ms', options.timeout_ms ?? 120_000),
    semantics: {
      lookbackMs: positive('lookback_ms', options.lookback_ms ?? 300_000),
      subqueryStepMs: positive('subquery_step_ms', options.subquery_step_ms ?? 60_000),
      delayedNameRemoval: options.delayed_name_removal ?? false,
    },
  };
  // The grammar takes 60 ms to load: a program that imports the library and asks nothing does not pay for it.
  const query = async (expr: string, { signal }: QueryOptions) =>
    new (await import('./query.ts')).Query(expr, source, settings, signal);
  return {
    instant: async (expr, at_ms, more = {}) => (await query(expr, more)).instant(at_ms),
    range: async (expr, start_ms, end_ms, step_ms, more = {}) =>
      (await query(expr, more)).range(start_ms, end_ms, step_ms),
  };
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw new RangeError(`${name} must be greater than 0 (got ${value})`);
  return value;
}
