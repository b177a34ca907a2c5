/** `count_values`: how many series have each value. */
import { formatFloat } from '../format-float.ts';
import type { Aggregation, StringLiteral } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import { type Evaluation, newSeries, release, vector } from './evaluation.ts';
import { groupLabels } from './groups.ts';
import type { Grid, Series, VectorValue } from './value.ts';

/** A series for each value of each group, named by the label that the parameter gives. */
export async function countValues(
  node: Aggregation,
  series: readonly Series[],
  grid: Grid,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const { value: label } = node.param as StringLiteral;
  if (label === '') throw new MisplacedError('execution', `invalid label name "${label}"`, node.from);
  const labelsOf = groupLabels(node.without ? node : { ...node, grouping: [...node.grouping, label] });
  const counts = new Map<string, Series>();
  for (const { labels, values, present } of series) {
    if (evaluation.limits.due()) await evaluation.limits.pause();
    for (let i = 0; i < grid.count; i++) {
      if (present[i] === 0) continue;
      const group = labelsOf(labels.with(label, formatFloat(values[i])));
      let count = counts.get(group.key);
      if (count === undefined) counts.set(group.key, (count = newSeries(evaluation, group, grid)));
      count.values[i]++;
      count.present[i] = 1;
    }
  }
  release(evaluation, series);
  return vector(evaluation, [...counts.values()], node);
}
