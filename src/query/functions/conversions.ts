/** Between scalars, vectors and time. */
import { type Evaluation, newSeries, release, renamed, scalarOf, vector, vectorOf } from '../eval/evaluation.ts';
import { evaluateSelector } from '../eval/selector.ts';
import type { Grid, ScalarValue, Series, VectorValue } from '../eval/value.ts';
import type { FunctionFamily } from '../function.ts';
import { LabelSet } from '../label-set.ts';
import type { Call, Expr } from '../promql/ast.ts';

function stepTimes({ start, step, count }: Grid): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (start + i * step) / 1000);
}

async function toScalar(call: Call, grid: Grid, evaluation: Evaluation): Promise<ScalarValue> {
  const series = await vectorOf(evaluation, call.args[0], grid);
  const values = new Float64Array(grid.count).fill(Number.NaN);
  for (let i = 0; i < grid.count; i++) {
    const present = series.filter((each) => each.present[i] === 1);
    if (present.length === 1) values[i] = present[0].values[i];
  }
  release(evaluation, series);
  return { type: 'scalar', values };
}

async function toVector(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const series = newSeries(evaluation, LabelSet.empty, grid);
  series.values.set(await scalarOf(evaluation, call.args[0], grid));
  series.present.fill(1);
  return { type: 'vector', series: [series] };
}

function bare(expr: Expr): Expr {
  return expr.type === 'paren' || expr.type === 'invariant' ? bare(expr.expr) : expr;
}

/** When each value was sampled; what is computed, is computed at the step. */
async function timestamps(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const subject = bare(call.args[0]);
  let series: readonly Series[];
  if (subject.type === 'vector') {
    series = await evaluateSelector(evaluation, subject, grid, true);
  } else {
    series = await vectorOf(evaluation, call.args[0], grid);
    const times = stepTimes(grid);
    for (const { values } of series) values.set(times);
  }
  return vector(
    evaluation,
    series.map((each) => renamed(evaluation, each)),
    call,
  );
}

export default [
  {
    kind: 'node',
    name: 'time',
    args: [],
    returns: 'scalar',
    evaluate: (_, grid) => Promise.resolve({ type: 'scalar', values: stepTimes(grid) }),
  },
  {
    kind: 'node',
    name: 'pi',
    args: [],
    returns: 'scalar',
    evaluate: (_, { count }) => Promise.resolve({ type: 'scalar', values: new Float64Array(count).fill(Math.PI) }),
  },
  { kind: 'node', name: 'scalar', args: ['instant vector'], returns: 'scalar', evaluate: toScalar },
  { kind: 'node', name: 'vector', args: ['scalar'], evaluate: toVector },
  { kind: 'node', name: 'timestamp', args: ['instant vector'], evaluate: timestamps },
] satisfies FunctionFamily;
