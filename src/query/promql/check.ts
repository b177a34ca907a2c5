/** Types: what Prometheus's parser refuses though the grammar allows it. */
import { functionNamed } from '../registry.ts';
import { wholeMatch } from '../pattern.ts';
import type { LabelMatcher } from '../../core/source.ts';
import {
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  isComparison,
  isSetOperator,
  type ValueType,
} from './ast.ts';
import { fail } from './nodes.ts';

/** The type of an expression, with everything in it checked. */
export function check(expr: Expr): ValueType {
  switch (expr.type) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector':
      if (expr.matchers.every(matchesNothing))
        fail(expr, 'vector selector must contain at least one non-empty matcher');
      return 'instant vector';
    case 'matrix':
      check(expr.selector);
      return 'range vector';
    case 'subquery': {
      const type = check(expr.expr);
      if (type !== 'instant vector') fail(expr, `subquery is only allowed on instant vector, got ${type} instead`);
      return 'range vector';
    }
    case 'paren':
    case 'invariant':
      return check(expr.expr);
    case 'unary': {
      const type = check(expr.expr);
      if (type === 'scalar' || type === 'instant vector') return type;
      const allowed = 'unary expression only allowed on expressions of type scalar or instant vector';
      return fail(expr, `${allowed}, got "${type}"`);
    }
    case 'aggregation':
      return checkAggregation(expr);
    case 'call':
      return checkCall(expr);
    default:
      return checkBinary(expr);
  }
}

/** Whether the matcher is content with a series that lacks the label. */
function matchesNothing({ op, value }: LabelMatcher): boolean {
  if (op === '=' || op === '!=') return (value === '') === (op === '=');
  return wholeMatch(value)('') === (op === '=~');
}

function expect(expr: Expr, wanted: ValueType, context: string): void {
  const type = check(expr);
  if (type !== wanted) fail(expr, `expected type ${wanted} in ${context}, got ${type}`);
}

function checkAggregation({ op, expr, param }: Aggregation): ValueType {
  if (op === 'limit_ratio') fail(expr, 'limit_ratio is experimental and not supported');
  expect(expr, 'instant vector', 'aggregation expression');
  if (param !== undefined) expect(param, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  return 'instant vector';
}

function checkCall(call: Call): ValueType {
  const fn = functionNamed(call.func);
  if (fn === undefined) return fail(call, `function "${call.func}" is experimental and not supported`);
  const { name, variadic = 0, args: types } = fn;
  const { args } = call;
  const least = variadic === 0 ? types.length : types.length - 1;
  const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic;
  const say = (bound: string, count: number): never =>
    fail(call, `expected ${bound}${count} argument(s) in call to "${name}", got ${args.length}`);
  if (variadic === 0 && args.length !== least) say('', least);
  if (args.length < least) say('at least ', least);
  if (args.length > most) say('at most ', most);
  for (const [i, arg] of args.entries())
    expect(arg, types[Math.min(i, types.length - 1)], `call to function "${name}"`);
  return fn.returns ?? 'instant vector';
}

function checkBinary(node: Binary): ValueType {
  const { op, left, right, bool, matching } = node;
  const types = [check(left), check(right)];
  const operator = { from: node.operatorFrom };
  if (bool && !isComparison(op)) fail(operator, 'bool modifier can only be used on comparison operators');
  if (isComparison(op) && !bool && types.every((type) => type === 'scalar'))
    fail(operator, 'comparisons between scalars must use BOOL modifier');
  const both = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined) fail(operator, `label "${both}" must not occur in ON and GROUP clause at once`);
  for (const [i, side] of [left, right].entries()) {
    if (types[i] !== 'scalar' && types[i] !== 'instant vector')
      fail(side, 'binary expression must contain only scalar and instant vector types');
  }
  const vectors = types.every((type) => type === 'instant vector');
  if (!vectors && matching.labels.length > 0) fail(node, 'vector matching only allowed between instant vectors');
  if (!vectors && isSetOperator(op)) fail(node, `set operator "${op}" not allowed in binary scalar expression`);
  if (isSetOperator(op) && matching.cardinality !== 'many-to-many')
    fail(node, `no grouping allowed for "${op}" operation`);
  return types.every((type) => type === 'scalar') ? 'scalar' : 'instant vector';
}
