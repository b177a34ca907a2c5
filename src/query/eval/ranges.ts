/** Range vectors, which are arguments of functions: a selector's samples, or what a subquery computes. */
import { bitsOf, isStaleAt } from '../../core/stale.ts';
import type { LabelSet } from '../label-set.ts';
import type { Expr, MatrixSelector, Subquery } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import { type Evaluation, release, type SelectedSeries, vectorOf } from './evaluation.ts';
import type { Grid, Series } from './value.ts';

/** The samples of one series, without stale markers. */
export interface RangeSeries {
  readonly labels: LabelSet;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly dropName: boolean;
}

/** A range vector at every step: samples, and which of them belong to a step. */
export interface RangeVector {
  readonly series: readonly RangeSeries[];
  readonly rangeMs: number;
  readonly offsetMs: number;
  /** The moment that all steps have in common, in Unix ms. */
  readonly at: number | undefined;
  /** To be released when the samples are no longer needed. */
  readonly held: readonly Series[];
}

/** The range vector that an argument stands for. */
export async function rangeVector(evaluation: Evaluation, arg: Expr, grid: Grid): Promise<RangeVector> {
  if (arg.type === 'invariant') return rangeVector(evaluation, arg.expr, grid);
  return arg.type === 'subquery' ? subquery(evaluation, arg, grid) : matrix(evaluation, arg as MatrixSelector);
}

function matrix(evaluation: Evaluation, { selector, rangeMs }: MatrixSelector): RangeVector {
  const { offsetMs, at } = selector;
  const series = evaluation.selected(selector).map((each) => ({ ...withoutStale(each), dropName: false }));
  return { series, rangeMs, offsetMs, at: typeof at === 'number' ? at : undefined, held: [] };
}

/** The series without stale markers; the columns themselves when there are none. */
function withoutStale(series: SelectedSeries): SelectedSeries {
  const { labels, timestamps, values } = series;
  let bits: Uint32Array | undefined;
  const stale: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] === values[i]) continue;
    bits ??= bitsOf(values);
    if (isStaleAt(bits, i)) stale.push(i);
  }
  if (stale.length === 0) return series;
  const gone = new Set(stale);
  const keep = (_: number, i: number): boolean => !gone.has(i);
  return { labels, timestamps: timestamps.filter(keep), values: values.filter(keep) };
}

async function subquery(evaluation: Evaluation, node: Subquery, grid: Grid): Promise<RangeVector> {
  const { rangeMs, offsetMs } = node;
  const at = typeof node.at === 'number' ? node.at : undefined;
  const inner = subqueryGrid(node, at, grid, evaluation.semantics.subqueryStepMs);
  if (inner === undefined) return { series: [], rangeMs, offsetMs, at, held: [] };
  evaluation.limits.check(inner.count);
  const held = await vectorOf(evaluation, node.expr, inner);
  const all = Float64Array.from(
    { length: held.length === 0 ? 0 : inner.count },
    (_, i) => inner.start + i * inner.step,
  );
  return { series: held.map((each) => sampled(each, all)), rangeMs, offsetMs, at, held };
}

/** Steps are absolute multiples of the resolution, the first one after the open left end. */
function subqueryGrid(node: Subquery, at: number | undefined, grid: Grid, defaultMs: number): Grid | undefined {
  const step = node.stepMs || defaultMs;
  const left = (at ?? grid.start) - node.offsetMs - node.rangeMs;
  const end = (at ?? grid.start + (grid.count - 1) * grid.step) - node.offsetMs;
  let start = Math.trunc(left / step) * step;
  if (start <= left) start += step;
  if (end < start) return undefined;
  const count = Math.floor((end - start) / step) + 1;
  if (!Number.isSafeInteger(count)) throw new MisplacedError('execution', 'too many steps', node.from);
  return { start, step, count };
}

function sampled({ labels, values, present, dropName }: Series, all: Float64Array): RangeSeries {
  if (!present.includes(0)) return { labels, timestamps: all, values, dropName };
  const keep = (_: number, i: number): boolean => present[i] === 1;
  return { labels, timestamps: all.filter(keep), values: values.filter(keep), dropName };
}

/** Releases what a range vector holds. */
export function releaseRange(evaluation: Evaluation, { held }: RangeVector): void {
  release(evaluation, held);
}
