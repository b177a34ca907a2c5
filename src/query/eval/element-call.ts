/** Functions that make a value of each value. */
import type { ElementFunction } from '../function.ts';
import { LabelSet } from '../label-set.ts';
import type { Call } from '../promql/ast.ts';
import { type Evaluation, newSeries, renamed, scalarOf, vector, vectorOf } from './evaluation.ts';
import type { Grid, Series, VectorValue } from './value.ts';

/** Calls a function of an instant vector at every step; without any argument it is about the time of the step. */
export async function callElement(
  fn: ElementFunction,
  call: Call,
  grid: Grid,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const [subject, ...rest] = call.args;
  const series = subject === undefined ? [stepTimes(evaluation, grid)] : await vectorOf(evaluation, subject, grid);
  const scalars: Float64Array[] = [];
  for (const arg of rest) scalars.push(await scalarOf(evaluation, arg, grid));
  for (const missing of fn.defaults?.slice(rest.length) ?? []) scalars.push(new Float64Array(grid.count).fill(missing));
  for (const each of series) {
    if (evaluation.limits.due()) await evaluation.limits.pause();
    apply(fn, each, scalars);
  }
  return vector(
    evaluation,
    series.map((each) => renamed(evaluation, each)),
    call,
  );
}

function stepTimes(evaluation: Evaluation, grid: Grid): Series {
  const series = newSeries(evaluation, LabelSet.empty, grid);
  series.present.fill(1);
  for (let i = 0; i < grid.count; i++) series.values[i] = (grid.start + i * grid.step) / 1000;
  return series;
}

function apply(fn: ElementFunction, { values, present }: Series, [first, second]: readonly Float64Array[]): void {
  for (let i = 0; i < values.length; i++) {
    if (present[i] === 0) continue;
    const value = fn.compute(values[i], first === undefined ? 0 : first[i], second === undefined ? 0 : second[i]);
    if (value === undefined) present[i] = 0;
    else values[i] = value;
  }
}
