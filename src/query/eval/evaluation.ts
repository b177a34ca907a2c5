/** What the parts of the evaluator share during one query. */
import { METRIC_NAME, type LabelSet } from '../label-set.ts';
import type { Expr, VectorSelector } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import type { Limits } from './limits.ts';
import type { Notes } from './notes.ts';
import { type Grid, isEmpty, type Series, type Value, type VectorValue } from './value.ts';

/** Samples of one series as the source gave them, stale markers included. */
export interface SelectedSeries {
  readonly labels: LabelSet;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** Settings of the engine that change results. */
export interface Semantics {
  /** How long an instant selector looks back, in ms. */
  readonly lookbackMs: number;
  /** Resolution of subqueries that name none, in ms. */
  readonly subqueryStepMs: number;
  /** Names are dropped when the whole query is done, not by each function. */
  readonly delayedNameRemoval: boolean;
}

/** One query that is being evaluated. */
export interface Evaluation {
  readonly semantics: Semantics;
  readonly limits: Limits;
  readonly notes: Notes;
  /** The value of an expression at every step. */
  evaluate(expr: Expr, grid: Grid): Promise<Value>;
  /** The series that were read for a selector. */
  selected(selector: VectorSelector): readonly SelectedSeries[];
}

/** Evaluates what the type check has found to be an instant vector. */
export async function vectorOf(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<readonly Series[]> {
  return ((await evaluation.evaluate(expr, grid)) as VectorValue).series;
}

/** Evaluates what the type check has found to be a scalar. */
export async function scalarOf(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Float64Array> {
  const value = await evaluation.evaluate(expr, grid);
  return value.type === 'scalar' ? value.values : new Float64Array(grid.count);
}

/** A new series without values, counted as held. */
export function newSeries({ limits }: Evaluation, labels: LabelSet, { count }: Grid, dropName = false): Series {
  limits.hold(count);
  return { labels, values: new Float64Array(count), present: new Uint8Array(count), dropName };
}

/** Series that are no longer needed. */
export function release({ limits }: Evaluation, series: readonly Series[]): void {
  for (const { values } of series) limits.release(values.length);
}

/** The series as what a function makes of it: no longer the metric of that name. */
export function renamed(evaluation: Evaluation, series: Series): Series {
  if (evaluation.semantics.delayedNameRemoval) return { ...series, dropName: true };
  return { ...series, labels: series.labels.withoutName() };
}

/** A vector of the series that have values; those with the same labels become one, unless they overlap. */
export function vector(evaluation: Evaluation, series: readonly Series[], place: Expr): VectorValue {
  const merged = new Map<string, Series>();
  for (const each of series) {
    if (isEmpty(each)) {
      evaluation.limits.release(each.values.length);
      continue;
    }
    const { key } = each.labels;
    const other = merged.get(key);
    merged.set(key, other === undefined ? each : joined(evaluation, other, each, place));
  }
  return { type: 'vector', series: [...merged.values()] };
}

function joined({ limits }: Evaluation, into: Series, from: Series, place: Expr): Series {
  for (let i = 0; i < from.present.length; i++) {
    if (from.present[i] === 0) continue;
    if (into.present[i] === 1) throw duplicates(place);
    into.present[i] = 1;
    into.values[i] = from.values[i];
  }
  limits.release(from.values.length);
  return into;
}

/** The error of two series with the same labels. */
export function duplicates({ from }: { readonly from: number }): MisplacedError {
  return new MisplacedError('execution', 'vector cannot contain metrics with the same labelset', from);
}

/** The metric name for a message; empty when it is gone. */
export function metricNameOf(labels: LabelSet): string {
  return labels.get(METRIC_NAME);
}
