/** Instant selectors: at each step the newest sample that is not older than the lookback. */
import { bitsOf, isStaleAt } from '../../core/stale.ts';
import type { VectorSelector } from '../promql/ast.ts';
import { type Evaluation, newSeries, type SelectedSeries } from './evaluation.ts';
import { type Grid, isEmpty, type Series } from './value.ts';

/** Index of the first element that is greater than `limit`; `from` is known to be not after it. */
export function firstAfter(sorted: Float64Array, limit: number, from = 0): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The values of a selector, or, with `times`, when they were sampled, in seconds. */
export async function evaluateSelector(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: Grid,
  times = false,
): Promise<readonly Series[]> {
  const { limits } = evaluation;
  const series: Series[] = [];
  for (const each of evaluation.selected(selector)) {
    if (limits.due()) await limits.pause();
    const out = newSeries(evaluation, each.labels, grid);
    look(each, selector, grid, evaluation.semantics.lookbackMs, out, times);
    if (isEmpty(out)) limits.release(grid.count);
    else series.push(out);
  }
  return series;
}

function look(
  { timestamps, values }: SelectedSeries,
  { at, offsetMs }: VectorSelector,
  grid: Grid,
  lookbackMs: number,
  out: Series,
  times: boolean,
): void {
  const bits = bitsOf(values);
  const fixed = typeof at === 'number' ? at : undefined;
  let next = firstAfter(timestamps, (fixed ?? grid.start) - offsetMs);
  for (let i = 0; i < grid.count; i++) {
    const moment = (fixed ?? grid.start + i * grid.step) - offsetMs;
    while (next < timestamps.length && timestamps[next] <= moment) next++;
    const last = next - 1;
    if (last < 0 || timestamps[last] <= moment - lookbackMs) continue;
    const value = values[last];
    if (value !== value && isStaleAt(bits, last)) continue;
    out.values[i] = times ? timestamps[last] / 1000 : value;
    out.present[i] = 1;
  }
}
