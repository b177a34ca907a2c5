/** The unit of what an expression gives, as far as names and functions tell. */
import type { Binary, Expr } from '../../query/promql/ast.ts';

const RATES = new Set(['rate', 'irate', 'deriv']);
/** Endings of names, after `_total`, with their units. */
const endings: readonly (readonly [RegExp, string])[] = [
  [/_seconds$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_ratio$/, 'ratio'],
  [/_celsius$/, 'celsius'],
  [/_hertz$/, 'hertz'],
];

/** `seconds`, `bytes`, `ratio`, `bytes per second`, `per second`, `count`, or empty when it cannot be told. */
export function unitOf(tree: Expr): string {
  switch (tree.type) {
    case 'vector':
      return unitOfName(tree.metric);
    case 'matrix':
      return unitOf(tree.selector);
    case 'call':
      return unitOfCall(tree.func, tree.args);
    case 'aggregation':
      return tree.op === 'count' || tree.op === 'group' ? 'count' : unitOf(tree.expr);
    case 'binary':
      return unitOfBinary(tree);
    case 'number':
      return 'count';
    case 'string':
      return '';
    default:
      return unitOf(tree.expr);
  }
}

function unitOfName(name: string): string {
  const plain = name.replace(/_(?:total|sum)$/, '');
  return endings.find(([ending]) => ending.test(plain))?.[1] ?? 'count';
}

function unitOfCall(func: string, args: readonly Expr[]): string {
  if (/^(?:count|changes|resets)/.test(func)) return 'count';
  if (func === 'time' || func === 'timestamp' || func === 'vector' || func === 'scalar')
    return args.length > 0 && func !== 'timestamp' ? unitOf(args[0]) : 'seconds';
  const vector = args.find((arg) => arg.type !== 'number' && arg.type !== 'string');
  if (func.startsWith('histogram_') && vector !== undefined) return unitOfBuckets(vector);
  const unit = vector === undefined ? '' : unitOf(vector);
  if (!RATES.has(func)) return unit;
  // Seconds of a second are a share of the time.
  return unit === 'seconds' ? 'ratio' : unit === 'count' ? 'per second' : `${unit} per second`;
}

function unitOfBuckets(tree: Expr): string {
  if (tree.type === 'vector') return unitOfName(tree.metric.replace(/_bucket$/, ''));
  const inner =
    tree.type === 'call'
      ? tree.args[0]
      : tree.type === 'matrix'
        ? tree.selector
        : 'expr' in tree
          ? tree.expr
          : undefined;
  return inner === undefined ? '' : unitOfBuckets(inner);
}

function unitOfBinary({ op, left, right }: Binary): string {
  const [a, b] = [unitOf(left), unitOf(right)];
  if (op === '/') {
    if (a === b) return 'ratio';
    if (a === 'ratio' && b === 'per second') return 'seconds';
    return b === 'count' || right.type === 'number' ? a : '';
  }
  if (op === '*')
    return left.type === 'number' ? b : right.type === 'number' ? a : a === 'count' ? b : b === 'count' ? a : '';
  if ((op === '-' || op === '+') && left.type === 'number') return b;
  return a;
}
