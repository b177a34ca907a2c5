/** Aggregations over series: `sum by (job) (…)`. */
import type { Aggregation } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import { quantileWarning } from '../quantile.ts';
import { accumulators } from './accumulators.ts';
import { countValues } from './count-values.ts';
import { type Evaluation, newSeries, release, scalarOf, vector, vectorOf } from './evaluation.ts';
import { groupsOf } from './groups.ts';
import { selectFirst, selectTop } from './top.ts';
import type { Grid, Series, VectorValue } from './value.ts';

/** The value of an aggregation at every step. */
export async function evaluateAggregation(node: Aggregation, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const { op, param } = node;
  if (op === 'count_values') return countValues(node, await vectorOf(evaluation, node.expr, grid), grid, evaluation);
  const params = param === undefined ? new Float64Array() : await scalarOf(evaluation, param, grid);
  const series = await vectorOf(evaluation, node.expr, grid);
  if (op === 'topk' || op === 'bottomk') return selectTop(node, series, params, evaluation);
  if (op === 'limitk') return selectFirst(node, series, params, evaluation);
  if (op === 'quantile') warnOfQuantiles(node, params, evaluation);
  const result = await accumulate(node, series, params, grid, evaluation);
  release(evaluation, series);
  return vector(evaluation, result, node);
}

async function accumulate(
  node: Aggregation,
  series: readonly Series[],
  params: Float64Array,
  grid: Grid,
  evaluation: Evaluation,
): Promise<Series[]> {
  const create = accumulators[node.op];
  if (create === undefined) throw new MisplacedError('bad_data', `${node.op} is not supported`, node.from);
  const result: Series[] = [];
  for (const { labels, members } of groupsOf(node, series)) {
    const dropName = members.some((each) => each.dropName);
    const out = newSeries(evaluation, labels, grid, dropName);
    const accumulator = create(grid.count, params);
    for (const member of members) {
      if (evaluation.limits.due()) await evaluation.limits.pause();
      accumulator.add(member, out.present);
      for (let i = 0; i < grid.count; i++) out.present[i] |= member.present[i];
    }
    accumulator.finish(out.values);
    result.push(out);
  }
  return result;
}

function warnOfQuantiles(node: Aggregation, params: Float64Array, { notes }: Evaluation): void {
  for (const q of params) {
    const warning = quantileWarning(q);
    if (warning !== undefined) notes.warn(warning, node.param ?? node);
  }
}
