/** The one model of an answered query: JSON is this object, text, CSV and charts are views of it. */
import type { Metric, QueryResult, Sample } from '../core/querier.ts';
import type { HostFacts, Overhead } from './monitor-report.ts';

/** Who answered. */
export interface QuerySource {
  readonly kind: 'live' | 'server';
  /** Address of the server without its login. */
  readonly url: string | null;
  readonly instance: string | null;
  readonly product: string | null;
  readonly version: string | null;
}

/** Prometheus's `data` object. */
export type QueryData = { readonly resultType: QueryResult['resultType']; readonly result: QueryResult['result'] };

/** Keys of the schema are always there; `null` means that the value is not known. */
export interface QueryReport {
  readonly schema: 'codoperf/query@1';
  readonly version: string;
  readonly expression: string;
  readonly source: QuerySource;
  readonly host: HostFacts;
  readonly window: {
    readonly start: string;
    readonly end: string;
    readonly duration_seconds: number;
    /** Between two samples, or two values of a range; 0 for one moment. */
    readonly interval_seconds: number;
    readonly samples: number;
    readonly missed: number;
    readonly interrupted: boolean;
  };
  readonly data: QueryData;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly [];
  readonly overhead: Overhead;
}

/** A series as every view sees it: one value, or several. */
export interface QuerySeries {
  readonly metric: Metric;
  readonly samples: readonly Sample[];
}

/** The series of a result; a scalar is one without labels. */
export function seriesOf({ resultType, result }: QueryData): readonly QuerySeries[] {
  switch (resultType) {
    case 'vector':
      return (result as Extract<QueryResult, { resultType: 'vector' }>['result']).map(({ metric, value }) => ({
        metric,
        samples: [value],
      }));
    case 'matrix':
      return (result as Extract<QueryResult, { resultType: 'matrix' }>['result']).map(({ metric, values }) => ({
        metric,
        samples: values,
      }));
    default:
      return [{ metric: {}, samples: [result as Sample] }];
  }
}

/** The number that a sample's text stands for. */
export function numberOf([, text]: Sample): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** Names of the labels that tell the series apart, sorted, the metric's name first; and the labels all of them share. */
export function labelColumns(series: readonly QuerySeries[]): { readonly apart: string[]; readonly shared: Metric } {
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].toSorted(
    (a, b) => Number(b === NAME) - Number(a === NAME) || (a < b ? -1 : 1),
  );
  const isShared = (name: string): boolean => series.every(({ metric }) => metric[name] === series[0].metric[name]);
  const apart = names.filter((name) => !isShared(name));
  const shared = names.filter(isShared).map((name) => [name, series[0].metric[name]] as const);
  return { apart, shared: Object.fromEntries(shared) };
}

const NAME = '__name__';
