/** What may follow an operand: `[5m]`, `[1h:1m]`, `offset 5m`, `@ end()`. */
import type { SyntaxNode } from '@lezer/common';
import type { AtModifier, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { parseNumber } from './literals.ts';
import { childrenNamed, fail, textOf } from './nodes.ts';

/** A modifier as it stands in the text. */
export type Modifier = { readonly from: number; readonly to: number } & (
  | { readonly kind: 'offset'; readonly ms: number }
  | { readonly kind: 'at'; readonly at: AtModifier }
  | { readonly kind: 'range'; readonly ms: number }
  | { readonly kind: 'subquery'; readonly rangeMs: number; readonly stepMs: number }
);

/** The modifier that a node of the grammar adds to its first child. */
export function readModifier(node: SyntaxNode, text: string): Modifier {
  const [first, second, third] = childrenNamed(node);
  const place = { from: first.to, to: node.to };
  switch (node.name) {
    case 'OffsetExpr':
      return { kind: 'offset', ms: duration(third, text), ...place };
    case 'MatrixSelector':
      return { kind: 'range', ms: positive(second, text), ...place };
    case 'SubqueryExpr': {
      const stepMs = third === undefined ? 0 : positive(third, text);
      return { kind: 'subquery', rangeMs: positive(second, text), stepMs, ...place };
    }
    case 'StepInvariantExpr':
      return { kind: 'at', at: readAt(third, text), ...place };
    default:
      return fail(second, `${textOf(second, text)} modifier is experimental and not enabled`);
  }
}

function readAt(node: SyntaxNode, text: string): AtModifier {
  if (node.name === 'AtModifierPreprocessors') return textOf(node, text).toLowerCase() as 'start' | 'end';
  const seconds = parseNumber(textOf(node, text), node.from);
  if (!(Math.abs(seconds) < 2 ** 63)) fail(node, `timestamp out of bounds for @ modifier: ${seconds}`);
  return Math.round(seconds * 1000);
}

function positive(node: SyntaxNode, text: string): number {
  const ms = duration(node, text);
  if (ms <= 0) fail(node, 'duration must be greater than 0');
  return ms;
}

/** Ms of a duration; computing with durations is an experiment of Prometheus. */
function duration(node: SyntaxNode, text: string): number {
  const children = childrenNamed(node);
  if (children.length === 1 && children[0].name === 'NumberDurationLiteralInDurationContext') {
    const seconds = parseNumber(textOf(children[0], text), node.from);
    if (!(Math.abs(seconds) < 2 ** 63 / 1e9)) fail(node, 'duration out of range');
    return Math.round(seconds * 1000);
  }
  if (children.length === 2 && children[0].name === 'UnaryOp') {
    const ms = duration(children[1], text);
    return textOf(children[0], text) === '-' ? -ms : ms;
  }
  return fail(node, 'experimental duration expression is not enabled');
}

/** The operand with its modifier. */
export function applyModifier(expr: Expr, modifier: Modifier): Expr {
  const { to } = modifier;
  switch (modifier.kind) {
    case 'range':
      return range(expr, modifier.ms, to);
    case 'subquery': {
      const { rangeMs, stepMs } = modifier;
      return { type: 'subquery', expr, rangeMs, stepMs, offsetMs: 0, from: expr.from, to };
    }
    case 'offset': {
      const target = modifiable(expr, 'offset modifier');
      if (timeOf(target).offsetMs !== 0) fail(expr, 'offset may not be set multiple times');
      return change(target, { offsetMs: modifier.ms }, to);
    }
    default: {
      const target = modifiable(expr, '@ modifier');
      if (timeOf(target).at !== undefined) fail(expr, '@ <timestamp> may not be set multiple times');
      return change(target, { at: modifier.at }, to);
    }
  }
}

function range(expr: Expr, rangeMs: number, to: number): Expr {
  if (expr.type !== 'vector') return fail(expr, 'ranges only allowed for vector selectors');
  if (expr.offsetMs !== 0) fail(expr, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) fail(expr, 'no @ modifiers allowed before range');
  return { type: 'matrix', selector: expr, rangeMs, from: expr.from, to };
}

type Modifiable = VectorSelector | MatrixSelector | Subquery;
type Time = Pick<VectorSelector, 'offsetMs' | 'at'>;

function modifiable(expr: Expr, what: string): Modifiable {
  if (expr.type === 'vector' || expr.type === 'matrix' || expr.type === 'subquery') return expr;
  return fail(expr, `${what} must be preceded by an instant vector selector or range vector selector or a subquery`);
}

/** The node that keeps offset and `@`: that of a range is its selector. */
function timeOf(expr: Modifiable): Time {
  return expr.type === 'matrix' ? expr.selector : expr;
}

function change(expr: Modifiable, time: Partial<Time>, to: number): Expr {
  if (expr.type === 'matrix') return { ...expr, selector: { ...expr.selector, ...time }, to };
  return { ...expr, ...time, to };
}
