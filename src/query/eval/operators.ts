/** What binary operators do with two numbers, as Go computes them. */
import type { Arithmetic, BinaryOperator, Comparison } from '../promql/ast.ts';

/** Go's `math.Pow`, which differs from JavaScript's where one side is 1 or -1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY)) return 1;
  return base ** exponent;
}

const arithmetic: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

const comparisons: Readonly<Record<Comparison, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** The operator as a function of two numbers: a comparison gives 1 or 0. */
export function numeric(op: BinaryOperator): (left: number, right: number) => number {
  const compare = comparison(op);
  return compare === undefined ? arithmetic[op as Arithmetic] : (left, right) => (compare(left, right) ? 1 : 0);
}

/** The operator as a condition, or `undefined` when it is none. */
export function comparison(op: BinaryOperator): ((left: number, right: number) => boolean) | undefined {
  return comparisons[op as Comparison];
}

/** Whether the result is no longer the metric of that name. */
export function changesMetric(op: BinaryOperator): boolean {
  return op in arithmetic;
}
