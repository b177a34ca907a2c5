/**
 * Text to syntax tree. The grammar is Prometheus's own for editors, which leaves one thing open that an evaluator
 * cannot: how tightly `offset`, `@` and `[…]` bind (`a + b offset 5m` is one shifted sum there). So the operands,
 * operators and modifiers are read off its tree in the order of the text, and nested again by Prometheus's precedences.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { locate, MisplacedError } from '../query-error.ts';
import { type BinaryOperator, type Expr, type Matching, isSetOperator } from './ast.ts';
import { check } from './check.ts';
import { parseNumber, unquote } from './literals.ts';
import { applyModifier, type Modifier, readModifier } from './modifiers.ts';
import { childrenNamed, fail, textOf } from './nodes.ts';
import { readGrouping, readMatching, readSelector } from './selectors.ts';
import { rejectSyntaxErrors } from './syntax-error.ts';

/** Deeper trees would exhaust the stack. */
const MAX_DEPTH = 1000;
const MAX_LENGTH = 1_000_000;

type Token =
  | { readonly kind: 'operand'; readonly expr: Expr }
  | { readonly kind: 'sign'; readonly op: '+' | '-'; readonly from: number }
  | { readonly kind: 'modifier'; readonly modifier: Modifier }
  | {
      readonly kind: 'operator';
      readonly op: BinaryOperator;
      readonly bool: boolean;
      readonly matching?: Matching;
      readonly from: number;
    };

const precedences: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
/** A sign binds as a multiplication does: `-2 ^ 2` is -4. */
const SIGN = 6;

/** Rules and panels ask the same again and again. */
const known = new Map<string, Expr>();
const MAX_KNOWN = 2000;
const MAX_KNOWN_LENGTH = 2000;

/** The checked syntax tree of a query; throws a `QueryError` `bad_data` with line and column. */
export function parsePromql(text: string): Expr {
  const tree = known.get(text) ?? parse(text);
  rememberTree(text, tree);
  return tree;
}

/** Saves the parsing of a text that was printed from a tree; places in errors are then those of the tree. */
export function rememberTree(text: string, tree: Expr): void {
  if (known.size >= MAX_KNOWN) known.clear();
  if (text.length <= MAX_KNOWN_LENGTH) known.set(text, tree);
}

function parse(text: string): Expr {
  try {
    if (text.length > MAX_LENGTH) throw new MisplacedError('bad_data', 'the query is too long', 0);
    const tree = parser.parse(text);
    rejectSyntaxErrors(tree, text);
    const top = childrenNamed(tree.topNode).find(({ name }) => name !== 'LineComment');
    if (top === undefined) throw new MisplacedError('bad_data', 'no expression found in input', 0);
    const expr = new Reader(text).expression(top, 0);
    check(expr);
    return expr;
  } catch (error) {
    throw error instanceof MisplacedError ? locate(error, text) : error;
  }
}

class Reader {
  private readonly text: string;
  private tokens: readonly Token[] = [];
  private next = 0;

  constructor(text: string) {
    this.text = text;
  }

  expression(node: SyntaxNode, depth: number): Expr {
    if (depth > MAX_DEPTH) fail(node, 'the expression is nested too deeply');
    const { tokens, next } = this;
    const own: Token[] = [];
    this.flatten(node, own, depth);
    this.tokens = own;
    this.next = 0;
    const expr = this.climb(1);
    this.tokens = tokens;
    this.next = next;
    return expr;
  }

  /** Operands, operators and modifiers below `node` in the order of the text. */
  private flatten(node: SyntaxNode, out: Token[], depth: number): void {
    if (depth > MAX_DEPTH) fail(node, 'the expression is nested too deeply');
    const [first, ...rest] = childrenNamed(node);
    switch (node.name) {
      case 'BinaryExpr': {
        this.flatten(first, out, depth + 1);
        out.push(this.operator(rest[0], rest.slice(1, -1)));
        this.flatten(rest.at(-1) as SyntaxNode, out, depth + 1);
        return;
      }
      case 'UnaryExpr':
        out.push({ kind: 'sign', op: textOf(first, this.text) as '+' | '-', from: node.from });
        this.flatten(rest[0], out, depth + 1);
        return;
      case 'OffsetExpr':
      case 'StepInvariantExpr':
      case 'MatrixSelector':
      case 'SubqueryExpr':
      case 'AnchoredExpr':
      case 'SmoothedExpr':
        this.flatten(first, out, depth + 1);
        out.push({ kind: 'modifier', modifier: readModifier(node, this.text) });
        return;
      case 'NumberDurationLiteral':
        this.number(node, out);
        return;
      default:
        out.push({ kind: 'operand', expr: this.operand(node, depth) });
    }
  }

  private number(node: SyntaxNode, out: Token[]): void {
    const text = textOf(node, this.text);
    const body = text.replace(/^[-+]\s*/, '');
    if (body !== text) out.push({ kind: 'sign', op: text[0] as '+' | '-', from: node.from });
    const from = node.to - body.length;
    out.push({ kind: 'operand', expr: { type: 'number', value: parseNumber(body, from), from, to: node.to } });
  }

  private operator(node: SyntaxNode, modifiers: readonly SyntaxNode[]): Token {
    const op = textOf(node, this.text).toLowerCase();
    if (op === '</' || op === '>/') fail(node, `operator "${op}" needs native histograms, which are not supported`);
    const fill = modifiers.find(({ name }) => name === 'FillModifier');
    if (fill !== undefined) fail(fill, 'the experimental fill modifiers are not supported');
    const clause = modifiers.find(({ name }) => name === 'MatchingModifierClause');
    return {
      kind: 'operator',
      op: op as BinaryOperator,
      from: node.from,
      bool: modifiers.some(({ name }) => name === 'BoolModifier'),
      ...(clause !== undefined && { matching: readMatching(clause, this.text) }),
    };
  }

  /** Precedence climbing: everything whose operators bind at least as tightly as `least`. */
  private climb(least: number): Expr {
    let left = this.signed();
    for (;;) {
      const token = this.tokens[this.next];
      if (token?.kind !== 'operator' || precedences[token.op] < least) return left;
      this.next++;
      const own = precedences[token.op];
      const right = this.climb(token.op === '^' ? own : own + 1);
      left = binary(token, left, right);
    }
  }

  private signed(): Expr {
    const token = this.tokens[this.next++];
    if (token.kind === 'sign') {
      const expr = this.climb(SIGN);
      const { op, from } = token;
      if (expr.type === 'number') return { ...expr, value: op === '-' ? -expr.value : expr.value, from };
      return { type: 'unary', op, expr, from, to: expr.to };
    }
    let { expr } = token as Token & { kind: 'operand' };
    for (;;) {
      const after = this.tokens[this.next];
      if (after?.kind !== 'modifier') return expr;
      this.next++;
      expr = applyModifier(expr, after.modifier);
    }
  }

  private operand(node: SyntaxNode, depth: number): Expr {
    const { from, to } = node;
    const children = childrenNamed(node);
    switch (node.name) {
      case 'ParenExpr':
        return { type: 'paren', expr: this.expression(children[0], depth + 1), from, to };
      case 'StringLiteral':
        return { type: 'string', value: unquote(textOf(node, this.text), from), from, to };
      case 'VectorSelector':
        return readSelector(node, this.text);
      case 'FunctionCall':
        return { type: 'call', func: textOf(children[0], this.text), args: this.args(children[1], depth), from, to };
      case 'AggregateExpr':
        return this.aggregation(node, depth);
      default:
        return fail(node, `unexpected ${node.name}`);
    }
  }

  private args(body: SyntaxNode, depth: number): Expr[] {
    return childrenNamed(body).map((each) => this.expression(each, depth + 1));
  }

  private aggregation(node: SyntaxNode, depth: number): Expr {
    const children = childrenNamed(node);
    const op = textOf(children[0], this.text).toLowerCase();
    const modifier = children.find(({ name }) => name === 'AggregateModifier');
    const body = children.find(({ name }) => name === 'FunctionCallBody') as SyntaxNode;
    const args = this.args(body, depth);
    const expected = withParameter.has(op) ? 2 : 1;
    if (args.length === 0) fail(node, 'no arguments for aggregate expression provided');
    if (args.length !== expected)
      fail(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
      );
    return {
      type: 'aggregation',
      op,
      ...(expected === 2 && { param: args[0] }),
      expr: args[expected - 1],
      ...readGrouping(modifier, this.text),
      from: node.from,
      to: node.to,
    };
  }
}

const withParameter: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);

function binary(token: Token & { kind: 'operator' }, left: Expr, right: Expr): Expr {
  const { op, bool } = token;
  const given = token.matching ?? { on: false, labels: [], cardinality: 'one-to-one', include: [] };
  const matching: Matching =
    isSetOperator(op) && given.cardinality === 'one-to-one' ? { ...given, cardinality: 'many-to-many' } : given;
  const place = { operatorFrom: token.from, from: left.from, to: right.to };
  return { type: 'binary', op, left, right, bool, matching, ...place };
}
