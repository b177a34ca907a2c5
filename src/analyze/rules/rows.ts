/** Results of queries as rows of labels and numbers. */
import type { QueryResult } from '../../core/querier.ts';
import type { Labels } from '../../core/series.ts';

/** A series with its value. */
export interface Row {
  /** Without the name of the metric. */
  readonly labels: Labels;
  readonly value: number;
}

/** The rows of an instant result; a scalar is a row without labels. */
export function rowsOf(result: QueryResult): Row[] {
  if (result.resultType === 'scalar') return [{ labels: {}, value: numberOf(result.result[1]) }];
  if (result.resultType !== 'vector') return [];
  return result.result.map(({ metric, value }) => ({ labels: withoutName(metric), value: numberOf(value[1]) }));
}

/** The first moment in Unix ms of each series of a range result, by the key of its labels. */
export function firstMoments(result: QueryResult): Map<string, number> {
  const moments = new Map<string, number>();
  if (result.resultType !== 'matrix') return moments;
  for (const { metric, values } of result.result)
    if (values.length > 0) moments.set(labelsKey(withoutName(metric)), values[0][0] * 1000);
  return moments;
}

/** Equal for equal labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The rows that are about the same as `labels`: what both have is equal. */
export function rowsAbout(labels: Labels, rows: readonly Row[]): Row[] {
  return rows.filter((row) =>
    Object.entries(row.labels).every(([name, value]) => !Object.hasOwn(labels, name) || labels[name] === value),
  );
}

function withoutName(metric: Labels): Labels {
  if (!Object.hasOwn(metric, '__name__')) return metric;
  const { __name__: _, ...labels } = metric;
  return labels;
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
