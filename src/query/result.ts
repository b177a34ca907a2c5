/** Results in the form of Prometheus's HTTP API. */
import type { Annotated, MatrixResult, Sample, ScalarResult, StringResult, VectorResult } from '../core/querier.ts';
import type { Grid, Series, Value } from './eval/value.ts';
import { formatSample } from './format-float.ts';
import { compareLabels } from './label-set.ts';

/** The part of a result that the value alone makes. */
export type ResultData =
  | Omit<ScalarResult, keyof Annotated>
  | Omit<StringResult, keyof Annotated>
  | Omit<VectorResult, keyof Annotated>
  | Omit<MatrixResult, keyof Annotated>;

/** The result of an instant query. */
export function instantResult(value: Value, atMs: number): ResultData {
  const time = atMs / 1000;
  if (value.type === 'string') return { resultType: 'string', result: [time, value.text] };
  if (value.type === 'scalar') return { resultType: 'scalar', result: [time, formatSample(value.values[0])] };
  return {
    resultType: 'vector',
    result: value.series.map(({ labels, values }) => ({
      metric: labels.toRecord(),
      value: [time, formatSample(values[0])],
    })),
  };
}

/** The result of a range query. */
export function rangeResult(value: Value, grid: Grid): ResultData {
  if (value.type === 'string') throw new TypeError('a range query of a string');
  if (value.type === 'scalar')
    return { resultType: 'matrix', result: [{ metric: {}, values: samples(value.values, undefined, grid) }] };
  const sorted = value.series.toSorted((a, b) => compareLabels(a.labels, b.labels));
  return {
    resultType: 'matrix',
    result: sorted.map(({ labels, values, present }) => ({
      metric: labels.toRecord(),
      values: samples(values, present, grid),
    })),
  };
}

function samples(values: Float64Array, present: Series['present'] | undefined, { start, step }: Grid): Sample[] {
  const list: Sample[] = [];
  for (let i = 0; i < values.length; i++) {
    if (present === undefined || present[i] === 1) list.push([(start + i * step) / 1000, formatSample(values[i])]);
  }
  return list;
}
