/** Syntax tree to text that parses to the same tree. */
import { formatFloat } from '../format-float.ts';
import type { LabelMatcher } from '../../core/source.ts';
import type { Aggregation, AtModifier, Binary, Expr, VectorSelector } from './ast.ts';
import { isSetOperator } from './ast.ts';

/** Names that need no quotes. */
const METRIC = /^[a-zA-Z_:][\w:]*$/;
const LABEL = /^[a-zA-Z_]\w*$/;
/** Words of the language that cannot be the name of a metric. */
const KEYWORD = /^(?:inf|nan|bool|ignoring|on|group_left|group_right|offset)$/i;

/** The expression as text. */
export function printPromql(expr: Expr): string {
  switch (expr.type) {
    case 'number':
      return formatFloat(expr.value).replace('+', '');
    case 'string':
      return quote(expr.value);
    case 'paren':
      return `(${printPromql(expr.expr)})`;
    case 'invariant':
      return printPromql(expr.expr);
    case 'unary':
      return `${expr.op}${printPromql(expr.expr)}`;
    case 'vector':
      return printSelector(expr) + printTime(expr);
    case 'matrix':
      return `${printSelector(expr.selector)}[${printDuration(expr.rangeMs)}]${printTime(expr.selector)}`;
    case 'subquery': {
      const step = expr.stepMs === 0 ? '' : printDuration(expr.stepMs);
      return `${printPromql(expr.expr)}[${printDuration(expr.rangeMs)}:${step}]${printTime(expr)}`;
    }
    case 'call':
      return `${expr.func}(${expr.args.map(printPromql).join(', ')})`;
    case 'aggregation':
      return printAggregation(expr);
    default:
      return printBinary(expr);
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function printSelector({ metric, matchers }: VectorSelector): string {
  const bare = METRIC.test(metric) && !KEYWORD.test(metric);
  const named = metric === '' ? matchers : matchers.slice(0, -1);
  const inside = [...(bare || metric === '' ? [] : [quote(metric)]), ...named.map(printMatcher)];
  const braces = inside.length === 0 && bare ? '' : `{${inside.join(', ')}}`;
  return (bare ? metric : '') + braces;
}

function printMatcher({ name, op, value }: LabelMatcher): string {
  return `${printLabel(name)}${op}${quote(value)}`;
}

function printLabel(name: string): string {
  return LABEL.test(name) ? name : quote(name);
}

function printTime({ offsetMs, at }: { readonly offsetMs: number; readonly at?: AtModifier }): string {
  let text = '';
  if (at !== undefined) text += ` @ ${typeof at === 'number' ? formatFloat(at / 1000) : `${at}()`}`;
  if (offsetMs !== 0) text += ` offset ${offsetMs < 0 ? '-' : ''}${printDuration(Math.abs(offsetMs))}`;
  return text;
}

function printDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}

const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

function printAggregation({ op, param, expr, grouping, without }: Aggregation): string {
  const labels = grouping.map(printLabel).join(', ');
  const clause = without ? ` without (${labels}) ` : grouping.length > 0 ? ` by (${labels}) ` : '';
  const args = param === undefined ? [expr] : [param, expr];
  return `${op}${clause}(${args.map(printPromql).join(', ')})`;
}

function printBinary({ op, left, right, bool, matching }: Binary): string {
  const { on, labels, cardinality, include } = matching;
  const parts = [printPromql(left), op];
  if (bool) parts.push('bool');
  const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  if (on || labels.length > 0 || (grouped && !isSetOperator(op)))
    parts.push(`${on ? 'on' : 'ignoring'} (${labels.map(printLabel).join(', ')})`);
  if (grouped)
    parts.push(
      `${cardinality === 'many-to-one' ? 'group_left' : 'group_right'} (${include.map(printLabel).join(', ')})`,
    );
  return [...parts, printPromql(right)].join(' ');
}
