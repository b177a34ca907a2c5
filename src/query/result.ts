/** Results in the form of Prometheus's HTTP API. */
import type { Grid, Series, Value } from './eval/value.ts';
import { formatSample } from './format-float.ts';
import { compareLabels } from './label-set.ts';

/** Unix seconds, and the value as text. */
export type Sample = readonly [time: number, value: string];

/** Labels of a series, `__name__` included. */
export type Metric = Readonly<Record<string, string>>;

interface Annotated {
  /** What is wrong with the query or its data. */
  readonly warnings: readonly string[];
  /** What may be worth a look. */
  readonly infos: readonly string[];
}

/** A number at one moment. */
export interface ScalarResult extends Annotated {
  readonly resultType: 'scalar';
  readonly result: Sample;
}

/** A text, as it stands in the query. */
export interface StringResult extends Annotated {
  readonly resultType: 'string';
  readonly result: Sample;
}

/** Series with a value each at one moment. */
export interface VectorResult extends Annotated {
  readonly resultType: 'vector';
  readonly result: readonly { readonly metric: Metric; readonly value: Sample }[];
}

/** Series with values at several moments. */
export interface MatrixResult extends Annotated {
  readonly resultType: 'matrix';
  readonly result: readonly { readonly metric: Metric; readonly values: readonly Sample[] }[];
}

/** Prometheus's `data` object, with what the query had to say. */
export type QueryResult = ScalarResult | StringResult | VectorResult | MatrixResult;

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
