/** Binary operators: on scalars, on a vector and a scalar; those on two vectors are handed on. */
import type { Binary } from '../promql/ast.ts';
import { isSetOperator } from '../promql/ast.ts';
import { type Evaluation, renamed, vector } from './evaluation.ts';
import { matchVectors } from './matching.ts';
import { changesMetric, comparison, numeric } from './operators.ts';
import { combineSets } from './set-operators.ts';
import type { Grid, ScalarValue, Series, Value, VectorValue } from './value.ts';

/** The value of a binary expression at every step. */
export async function evaluateBinary(node: Binary, grid: Grid, evaluation: Evaluation): Promise<Value> {
  const left = (await evaluation.evaluate(node.left, grid)) as ScalarValue | VectorValue;
  const right = (await evaluation.evaluate(node.right, grid)) as ScalarValue | VectorValue;
  if (left.type === 'scalar') {
    if (right.type === 'scalar') return scalars(node, left, right);
    return withScalar(node, right.series, left.values, true, evaluation);
  }
  if (right.type === 'scalar') return withScalar(node, left.series, right.values, false, evaluation);
  return isSetOperator(node.op)
    ? combineSets(node, left.series, right.series, evaluation)
    : matchVectors(node, left.series, right.series, grid, evaluation);
}

function scalars({ op }: Binary, left: ScalarValue, right: ScalarValue): ScalarValue {
  const compute = numeric(op);
  return { type: 'scalar', values: left.values.map((value, i) => compute(value, right.values[i])) };
}

async function withScalar(
  node: Binary,
  series: readonly Series[],
  scalar: Float64Array,
  scalarFirst: boolean,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const { op, bool } = node;
  const filter = bool ? undefined : comparison(op);
  const compute = numeric(op);
  for (const { values, present } of series) {
    if (evaluation.limits.due()) await evaluation.limits.pause();
    for (let i = 0; i < values.length; i++) {
      if (present[i] === 0) continue;
      const left = scalarFirst ? scalar[i] : values[i];
      const right = scalarFirst ? values[i] : scalar[i];
      // A filter keeps the value of the vector, on whichever side it is.
      if (filter === undefined) values[i] = compute(left, right);
      else if (!filter(left, right)) present[i] = 0;
    }
  }
  const result = bool || changesMetric(op) ? series.map((each) => renamed(evaluation, each)) : series;
  return vector(evaluation, result, node);
}
