/** Which metrics an expression reads, and which of them it cannot do without. */
import { childrenOf, type Expr, type VectorSelector } from '../../query/promql/ast.ts';

/** How a metric is read. */
export interface MetricUse {
  readonly metric: string;
  /** Over a range: one sample is not enough. */
  readonly ranged: boolean;
}

/** Rules are looked through again and again, and their trees stay. */
const known = new WeakMap<Expr, readonly MetricUse[]>();

/** The metrics of an expression by name; selectors that match names by pattern have none. */
export function metricsOf(tree: Expr): readonly MetricUse[] {
  const uses = known.get(tree) ?? usesIn(tree, false);
  known.set(tree, uses);
  return uses;
}

function usesIn(tree: Expr, ranged: boolean): MetricUse[] {
  if (tree.type === 'vector') return tree.metric === '' ? [] : [{ metric: tree.metric, ranged }];
  const inRange = ranged || tree.type === 'matrix' || tree.type === 'subquery';
  return childrenOf(tree).flatMap((child) => usesIn(child, inRange));
}

/** The selectors of an expression. */
export function selectorsOf(tree: Expr): VectorSelector[] {
  return tree.type === 'vector' ? [tree] : childrenOf(tree).flatMap(selectorsOf);
}

/**
 * What keeps an expression from an answer, given what is wrong with each metric: nothing (empty) when it can tell. Of
 * `a or b` one side is enough, `a unless b` needs no `b`, and `absent(a)` needs nothing.
 */
export function lacking<T>(tree: Expr, wrongWith: (use: MetricUse) => T | undefined, ranged = false): T[] {
  if (tree.type === 'vector') {
    const wrong = tree.metric === '' ? undefined : wrongWith({ metric: tree.metric, ranged });
    return wrong === undefined ? [] : [wrong];
  }
  if (tree.type === 'call' && tree.func.startsWith('absent')) return [];
  if (tree.type === 'binary' && tree.op === 'unless') return lacking(tree.left, wrongWith, ranged);
  if (tree.type === 'binary' && tree.op === 'or') {
    const left = lacking(tree.left, wrongWith, ranged);
    return left.length === 0 || lacking(tree.right, wrongWith, ranged).length === 0 ? [] : left;
  }
  const inRange = ranged || tree.type === 'matrix' || tree.type === 'subquery';
  return childrenOf(tree).flatMap((child) => lacking(child, wrongWith, inRange));
}
