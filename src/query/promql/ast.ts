/** The syntax tree of PromQL. Times are in ms; `from` and `to` are offsets in the text of the query. */
import type { LabelMatcher } from '../../core/source.ts';

/** Where a node stands in the text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The operators that combine label sets. */
export type SetOperator = 'and' | 'or' | 'unless';
/** The operators that compare. */
export type Comparison = '==' | '!=' | '>' | '<' | '>=' | '<=';
/** The operators that compute. */
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
/** Every binary operator. */
export type BinaryOperator = SetOperator | Comparison | Arithmetic;

/** `@ 1234.5`, `@ start()`, `@ end()`; a number is Unix ms. */
export type AtModifier = number | 'start' | 'end';

/** A number, or a duration, which is a number of seconds. */
export interface NumberLiteral extends Span {
  readonly type: 'number';
  readonly value: number;
}

/** A text in quotes. */
export interface StringLiteral extends Span {
  readonly type: 'string';
  readonly value: string;
}

/** `name{label="value"} offset 5m @ end()`. */
export interface VectorSelector extends Span {
  readonly type: 'vector';
  /** Name before or inside the braces; it is among the matchers too. */
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
  readonly offsetMs: number;
  readonly at?: AtModifier;
}

/** `selector[5m]`. */
export interface MatrixSelector extends Span {
  readonly type: 'matrix';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

/** `expression[1h:1m]`; without a resolution `stepMs` is 0. */
export interface Subquery extends Span {
  readonly type: 'subquery';
  readonly expr: Expr;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly offsetMs: number;
  readonly at?: AtModifier;
}

/** A call of a function. */
export interface Call extends Span {
  readonly type: 'call';
  readonly func: string;
  readonly args: readonly Expr[];
}

/** `sum by (job) (…)`. */
export interface Aggregation extends Span {
  readonly type: 'aggregation';
  readonly op: string;
  readonly param?: Expr;
  readonly expr: Expr;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

/** How the sides of a binary operator find each other. */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** Labels that `group_left` or `group_right` takes over from the "one" side. */
  readonly include: readonly string[];
}

/** Two operands and what is between them. */
export interface Binary extends Span {
  readonly type: 'binary';
  readonly op: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  readonly matching: Matching;
  /** Where the operator stands. */
  readonly operatorFrom: number;
}

/** A sign. */
export interface Unary extends Span {
  readonly type: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
}

/** Parentheses, kept for the printer. */
export interface Paren extends Span {
  readonly type: 'paren';
  readonly expr: Expr;
}

/** Something that is the same at every step (`@`): it is computed once. Made by `resolve`, never by the parser. */
export interface StepInvariant extends Span {
  readonly type: 'invariant';
  readonly expr: Expr;
}

/** Any node. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren
  | StepInvariant;

/** The types of PromQL, as its documentation calls them. */
export type ValueType = 'scalar' | 'string' | 'instant vector' | 'range vector';

const comparisons: ReadonlySet<string> = new Set<Comparison>(['==', '!=', '>', '<', '>=', '<=']);
const setOperators: ReadonlySet<string> = new Set<SetOperator>(['and', 'or', 'unless']);

/** Whether the operator compares. */
export function isComparison(op: BinaryOperator): op is Comparison {
  return comparisons.has(op);
}

/** Whether the operator combines label sets. */
export function isSetOperator(op: BinaryOperator): op is SetOperator {
  return setOperators.has(op);
}

/** The expression without parentheses around it. */
export function withoutParens(expr: Expr): Expr {
  return expr.type === 'paren' ? withoutParens(expr.expr) : expr;
}

/** The nodes directly below. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'vector':
      return [];
    case 'matrix':
      return [expr.selector];
    case 'call':
      return expr.args;
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [expr.expr];
  }
}
