/** Restricts a query to one host of a fleet. */
import type { LabelMatcher } from '../../core/source.ts';
import type { Expr } from './ast.ts';
import { parsePromql } from './parse.ts';
import { printPromql } from './print.ts';

/** What RE2 gives a meaning. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/g;

/**
 * The query with a condition on every selector: the label `instance` is `instance`, with or without a port behind it.
 * Throws a `QueryError` with line and column when the text is not PromQL.
 */
export function onInstance(text: string, instance: string): string {
  const value = `${instance.replace(SPECIAL, '\\$&')}(:[0-9]+)?`;
  return printPromql(withMatcher(parsePromql(text), { name: 'instance', op: '=~', value }));
}

function withMatcher(expr: Expr, matcher: LabelMatcher): Expr {
  const inside = <T extends Expr>(each: T): T => withMatcher(each, matcher) as T;
  switch (expr.type) {
    case 'number':
    case 'string':
      return expr;
    case 'vector':
      // First: the printer takes the last one for the name.
      return { ...expr, matchers: [matcher, ...expr.matchers] };
    case 'matrix':
      return { ...expr, selector: inside(expr.selector) };
    case 'call':
      return { ...expr, args: expr.args.map(inside) };
    case 'aggregation':
      return { ...expr, expr: inside(expr.expr), ...(expr.param !== undefined && { param: inside(expr.param) }) };
    case 'binary':
      return { ...expr, left: inside(expr.left), right: inside(expr.right) };
    default:
      return { ...expr, expr: inside(expr.expr) };
  }
}
