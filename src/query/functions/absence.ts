/** `absent` and `absent_over_time`: 1 where there is nothing. */
import { type Evaluation, newSeries, release, vector, vectorOf } from '../eval/evaluation.ts';
import { callWindow } from '../eval/range-call.ts';
import { anyPresent } from '../eval/signatures.ts';
import type { Grid, Series, VectorValue } from '../eval/value.ts';
import type { FunctionFamily, WindowFunction } from '../function.ts';
import { LabelSet, METRIC_NAME } from '../label-set.ts';
import type { Call, Expr } from '../promql/ast.ts';
import { withoutParens } from '../promql/ast.ts';

/** What equality matchers say of the series that is missing; a label that is matched twice says nothing. */
function labelsOf(arg: Expr): LabelSet {
  const expr = withoutParens(arg);
  const selector = expr.type === 'matrix' ? expr.selector : expr;
  if (selector.type !== 'vector') return LabelSet.empty;
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (op === '=' && !seen.has(name)) labels.set(name, value);
    else labels.delete(name);
    if (op === '=') seen.add(name);
  }
  return LabelSet.from(labels);
}

function complement(call: Call, series: readonly Series[], grid: Grid, evaluation: Evaluation): VectorValue {
  const present = anyPresent(series, grid.count);
  release(evaluation, series);
  const out = newSeries(evaluation, labelsOf(call.args[0]), grid);
  for (let i = 0; i < grid.count; i++) out.present[i] = 1 - present[i];
  out.values.fill(1);
  return vector(evaluation, [out], call);
}

/** Keeps the names, so that series of different metrics are no duplicates. */
const present: WindowFunction = {
  kind: 'window',
  name: 'present',
  args: ['range vector'],
  compute: () => 1,
  keepsName: true,
};

export default [
  {
    kind: 'node',
    name: 'absent',
    args: ['instant vector'],
    evaluate: async (call, grid, evaluation) =>
      complement(call, await vectorOf(evaluation, call.args[0], grid), grid, evaluation),
  },
  {
    kind: 'node',
    name: 'absent_over_time',
    args: ['range vector'],
    evaluate: async (call, grid, evaluation) => {
      const { series } = await callWindow(present, call, grid, evaluation);
      return complement(call, series, grid, evaluation);
    },
  },
] satisfies FunctionFamily;
