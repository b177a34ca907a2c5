/** The order of an instant vector; ranges are always in the order of their labels. */
import { type Evaluation, vectorOf } from '../eval/evaluation.ts';
import type { Grid, Series, VectorValue } from '../eval/value.ts';
import type { FunctionFamily, NodeFunction } from '../function.ts';
import { compareLabels } from '../label-set.ts';
import type { Call, StringLiteral } from '../promql/ast.ts';
import { withoutParens } from '../promql/ast.ts';

type Order = (a: Series, b: Series) => number;

async function sorted(call: Call, grid: Grid, evaluation: Evaluation, order: Order): Promise<VectorValue> {
  const series = await vectorOf(evaluation, call.args[0], grid);
  return { type: 'vector', series: grid.count === 1 ? series.toSorted(order) : series };
}

/** By value; `NaN` is last in both directions. */
function byValue(sign: 1 | -1): Order {
  return ({ values: [a] }, { values: [b] }) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === b) return 0;
    return a < b ? -sign : sign;
  };
}

/** Numbers inside texts count as numbers: `eth2` is before `eth10`. */
function natural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    const difference = Number(left[i]) - Number(right[i]);
    if (!Number.isNaN(difference) && difference !== 0) return difference;
    if (Number.isNaN(difference)) return left[i] < right[i] ? -1 : 1;
  }
  return left.length - right.length;
}

function byLabels(names: readonly string[], sign: 1 | -1): Order {
  return (a, b) => {
    for (const name of names) {
      const difference = natural(a.labels.get(name), b.labels.get(name));
      if (difference !== 0) return difference * sign;
    }
    return compareLabels(a.labels, b.labels) * sign;
  };
}

function valueOrder(name: string, sign: 1 | -1): NodeFunction {
  return {
    kind: 'node',
    name,
    args: ['instant vector'],
    evaluate: (call, grid, evaluation) => sorted(call, grid, evaluation, byValue(sign)),
  };
}

function labelOrder(name: string, sign: 1 | -1): NodeFunction {
  return {
    kind: 'node',
    name,
    args: ['instant vector', 'string'],
    variadic: -1,
    experimental: true,
    evaluate: (call, grid, evaluation) => {
      const labels = call.args.slice(1).map((arg) => (withoutParens(arg) as StringLiteral).value);
      return sorted(call, grid, evaluation, byLabels(labels, sign));
    },
  };
}

export default [
  valueOrder('sort', 1),
  valueOrder('sort_desc', -1),
  labelOrder('sort_by_label', 1),
  labelOrder('sort_by_label_desc', -1),
] satisfies FunctionFamily;
