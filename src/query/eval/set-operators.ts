/** `and`, `or`, `unless`: which series there are, whatever their values. */
import type { Binary } from '../promql/ast.ts';
import { type Evaluation, release, vector } from './evaluation.ts';
import { anyPresent, matchGroups } from './signatures.ts';
import type { Series, VectorValue } from './value.ts';

/** Combines two vectors by the labels that the operator matches. */
export function combineSets(
  node: Binary,
  left: readonly Series[],
  right: readonly Series[],
  evaluation: Evaluation,
): VectorValue {
  for (const group of matchGroups(node.matching, left, right)) {
    if (node.op === 'or') keep(group.right, group.left, false);
    else keep(group.left, group.right, node.op === 'and');
  }
  if (node.op !== 'or') release(evaluation, right);
  return vector(evaluation, node.op === 'or' ? [...left, ...right] : left, node);
}

/** Removes the values of `series` at the steps where others are present, or where they are not. */
function keep(series: readonly Series[], others: readonly Series[], wanted: boolean): void {
  if (series.length === 0 || (others.length === 0 && !wanted)) return;
  const count = series[0].present.length;
  const any = anyPresent(others, count);
  const value = wanted ? 1 : 0;
  for (const { present } of series) for (let i = 0; i < count; i++) if (any[i] !== value) present[i] = 0;
}
