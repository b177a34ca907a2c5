/** Makes a parsed query ready for one evaluation: `start()` and `end()` become times, what is constant is marked. */
import type { AtModifier, Expr, VectorSelector } from './ast.ts';
import { withoutParens } from './ast.ts';

/** Functions whose result depends on the step even when their arguments do not. */
const timeDependent: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
]);

interface Resolved {
  readonly expr: Expr;
  /** The same at every step. */
  readonly invariant: boolean;
  /** Worth computing once: literals and range selectors are not. */
  readonly wrap: boolean;
}

/** The query for an evaluation from `startMs` to `endMs`. */
export function resolve(expr: Expr, startMs: number, endMs: number): Expr {
  return wrapped(new Resolver(startMs, endMs).resolve(expr));
}

function wrapped({ expr, wrap }: Resolved): Expr {
  return wrap ? { type: 'invariant', expr, from: expr.from, to: expr.to } : expr;
}

class Resolver {
  private readonly startMs: number;
  private readonly endMs: number;

  constructor(startMs: number, endMs: number) {
    this.startMs = startMs;
    this.endMs = endMs;
  }

  resolve(expr: Expr): Resolved {
    switch (expr.type) {
      case 'vector':
        return this.timed(this.selector(expr));
      case 'matrix': {
        const selector = this.selector(expr.selector);
        return { expr: { ...expr, selector }, invariant: selector.at !== undefined, wrap: false };
      }
      case 'subquery': {
        const inner = this.resolve(expr.expr);
        // Inside, constant parts are computed once whether the subquery moves or not.
        const at = this.time(expr.at);
        return this.timed({ ...expr, expr: wrapped({ ...inner, wrap: inner.invariant && inner.wrap }), at });
      }
      case 'paren':
      case 'unary': {
        const inner = this.resolve(expr.expr);
        return { ...inner, expr: { ...expr, expr: inner.expr } };
      }
      case 'aggregation':
        return this.several([expr.expr, ...(expr.param === undefined ? [] : [expr.param])], true, ([inner, param]) => ({
          ...expr,
          expr: inner,
          ...(param !== undefined && { param }),
        }));
      case 'binary':
        return this.several([expr.left, expr.right], true, ([left, right]) => ({ ...expr, left, right }));
      case 'call':
        return this.several(expr.args, !timeDependent.has(expr.func), (args) => ({ ...expr, args }));
      default:
        return { expr, invariant: true, wrap: false };
    }
  }

  /** A node is constant when it may be and all its operands are; otherwise each that is gets marked. */
  private several(exprs: readonly Expr[], mayBe: boolean, build: (exprs: readonly Expr[]) => Expr): Resolved {
    const parts = exprs.map((each) => this.resolve(withoutParens(each)));
    const invariant = mayBe && parts.every((part) => part.invariant);
    return { expr: build(parts.map((part) => (invariant ? part.expr : wrapped(part)))), invariant, wrap: invariant };
  }

  private timed(expr: Expr & { readonly at?: AtModifier }): Resolved {
    const invariant = expr.at !== undefined;
    return { expr, invariant, wrap: invariant };
  }

  private selector(selector: VectorSelector): VectorSelector {
    return { ...selector, at: this.time(selector.at) };
  }

  private time(at: AtModifier | undefined): number | undefined {
    if (at === 'start') return this.startMs;
    return at === 'end' ? this.endMs : at;
  }
}
