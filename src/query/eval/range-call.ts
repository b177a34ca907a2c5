/** Functions of ranges: for each series a window that slides over its samples. */
import type { Window, WindowFunction } from '../function.ts';
import type { Call, Expr } from '../promql/ast.ts';
import { withoutParens } from '../promql/ast.ts';
import { duplicates, type Evaluation, metricNameOf, newSeries, renamed, scalarOf, vector } from './evaluation.ts';
import { type RangeSeries, type RangeVector, rangeVector, releaseRange } from './ranges.ts';
import { firstAfter } from './selector.ts';
import { type Grid, isEmpty, type Series, type VectorValue } from './value.ts';

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/;
/** So many windows are computed between two looks at the clock. */
const BATCH = 64;

/** Calls a function of a range vector at every step. */
export async function callWindow(
  fn: WindowFunction,
  call: Call,
  grid: Grid,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const { limits, semantics } = evaluation;
  const index = fn.args.indexOf('range vector');
  const scalars: Float64Array[] = [];
  for (const [i, arg] of call.args.entries()) if (i !== index) scalars.push(await scalarOf(evaluation, arg, grid));
  const range = await rangeVector(evaluation, withoutParens(call.args[index]), grid);
  const series: Series[] = [];
  for (const each of range.series) {
    const out = newSeries(evaluation, each.labels, grid, each.dropName);
    await slide(fn, each, range, scalars, grid, evaluation, out);
    if (isEmpty(out)) {
      limits.release(grid.count);
      continue;
    }
    annotate(fn, call.args[index], each, scalars, evaluation);
    series.push(fn.keepsName === true ? out : renamed(evaluation, out));
  }
  releaseRange(evaluation, range);
  if (!semantics.delayedNameRemoval && new Set(series.map(({ labels }) => labels.key)).size < series.length)
    throw duplicates(call);
  return semantics.delayedNameRemoval ? vector(evaluation, series, call) : { type: 'vector', series };
}

async function slide(
  fn: WindowFunction,
  { timestamps, values }: RangeSeries,
  { rangeMs, offsetMs, at }: RangeVector,
  [first, second]: readonly Float64Array[],
  grid: Grid,
  { limits }: Evaluation,
  out: Series,
): Promise<void> {
  const window: Window = { timestamps, values, from: 0, to: 0, startMs: 0, endMs: 0, atMs: 0 };
  for (let i = 0; i < grid.count; i++) {
    if (i % BATCH === 0 && limits.due()) await limits.pause();
    window.atMs = grid.start + i * grid.step;
    window.endMs = (at ?? window.atMs) - offsetMs;
    window.startMs = window.endMs - rangeMs;
    advance(window, i === 0);
    if (window.from >= window.to) continue;
    limits.check(window.to - window.from);
    const value = fn.compute(window, first === undefined ? 0 : first[i], second === undefined ? 0 : second[i]);
    if (value === undefined) continue;
    out.values[i] = value;
    out.present[i] = 1;
  }
}

/** Moves both ends of the window forward to its range. */
function advance(window: Window, search: boolean): void {
  const { timestamps, startMs, endMs } = window;
  if (search) {
    window.from = firstAfter(timestamps, startMs);
    window.to = firstAfter(timestamps, endMs, window.from);
    return;
  }
  while (window.from < timestamps.length && timestamps[window.from] <= startMs) window.from++;
  while (window.to < timestamps.length && timestamps[window.to] <= endMs) window.to++;
}

function annotate(
  fn: WindowFunction,
  arg: Expr,
  { labels }: RangeSeries,
  [first]: readonly Float64Array[],
  { notes }: Evaluation,
): void {
  const name = metricNameOf(labels);
  if (fn.wantsCounter === true && name !== '' && !COUNTER_NAME.test(name))
    notes.inform(
      `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
      arg,
    );
  const warning = fn.warnOf?.(first === undefined ? 0 : first[0]);
  if (warning !== undefined) notes.warn(warning, arg);
}
