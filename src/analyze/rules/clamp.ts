/**
 * Fits an expression to the data there are. Rules ask over the windows of an alert (`[5m]`); a rate over 5 min of which
 * 20 s have data is 15 times too small, and one over less than two samples is nothing. So every window is at most as
 * long as the data reach back, and spans at least four samples where there are as many.
 */
import { childrenOf, type Call, type Expr, type MatrixSelector, type Subquery } from '../../query/promql/ast.ts';
import { rememberTree } from '../../query/promql/parse.ts';
import { printPromql } from '../../query/promql/print.ts';
import { metricsOf } from './metrics-of.ts';
import type { Survey } from './survey.ts';

/** Samples that a window spans at least. */
const LEAST_INTERVALS = 4;
/** What extrapolates needs most of the window it was written for: a day is not told from half a minute. */
const TRENDS = new Set(['predict_linear', 'deriv', 'double_exponential_smoothing']);
const LEAST_OF_TREND = 0.5;
/** Resolution of a subquery that names none. */
const SUBQUERY_STEP_MS = 60_000;
/** A subquery that was shortened still looks at this many moments, if the samples are as dense. */
const SUBQUERY_STEPS = 10;
/** Share of the data for the windows inside a subquery. */
const INNER_SHARE = 0.25;
/** From here on windows are whole seconds, which is easier to read and adds little. */
const ROUNDED_FROM_MS = 10_000;

/** What to fit an expression to. */
export interface ClampOptions {
  readonly survey: Survey;
  /** The moment of evaluation. */
  readonly atMs: number;
  /** Windows no longer than this, or four samples: to see when something began. */
  readonly longestMs?: number;
}

/** An expression that fits. */
export interface Clamped {
  readonly text: string;
  /** The expression needs data from so long ago (ms), and there are none. */
  readonly lacksMs: number | undefined;
}

/** Fits the windows of an expression to the data. */
export function clamp(tree: Expr, options: ClampOptions): Clamped {
  const clamper = new Clamper(options);
  const fitted = clamper.fit(tree, false);
  const text = printPromql(fitted);
  rememberTree(text, fitted);
  return { text, lacksMs: clamper.lacksMs };
}

class Clamper {
  lacksMs: number | undefined;
  private readonly options: ClampOptions;

  constructor(options: ClampOptions) {
    this.options = options;
  }

  fit(tree: Expr, inner: boolean): Expr {
    switch (tree.type) {
      case 'vector':
        if (tree.offsetMs > 0) this.reach(tree, tree.offsetMs);
        return tree;
      case 'matrix':
        return this.matrix(tree, inner);
      case 'subquery':
        return this.subquery(tree);
      case 'call':
        return this.call(tree, inner);
      case 'aggregation': {
        const param = tree.param === undefined ? undefined : this.fit(tree.param, inner);
        return { ...tree, ...(param !== undefined && { param }), expr: this.fit(tree.expr, inner) };
      }
      case 'binary':
        return { ...tree, left: this.fit(tree.left, inner), right: this.fit(tree.right, inner) };
      case 'unary':
      case 'paren':
      case 'invariant':
        return { ...tree, expr: this.fit(tree.expr, inner) };
      default:
        return tree;
    }
  }

  private call(tree: Call, inner: boolean): Expr {
    const over = tree.args.find((arg): arg is MatrixSelector => arg.type === 'matrix');
    const reach = over === undefined ? undefined : this.reach(over, over.selector.offsetMs);
    if (TRENDS.has(tree.func) && over !== undefined && reach !== undefined) {
      if (reach.spanMs < over.rangeMs * LEAST_OF_TREND) this.lacks(over.rangeMs * LEAST_OF_TREND);
    }
    return { ...tree, args: tree.args.map((arg) => this.fit(arg, inner)) };
  }

  private matrix(tree: MatrixSelector, inner: boolean): Expr {
    const reach = this.reach(tree, tree.selector.offsetMs);
    if (reach === undefined) return tree;
    const most = inner ? Math.max(reach.spanMs * INNER_SHARE, reach.leastMs) : Number.POSITIVE_INFINITY;
    return { ...tree, rangeMs: this.window(Math.min(tree.rangeMs, most), reach) };
  }

  private subquery(tree: Subquery): Expr {
    const expr = this.fit(tree.expr, true);
    const reach = this.reach(tree.expr, tree.offsetMs);
    if (reach === undefined) return { ...tree, expr };
    const rest = Math.max(reach.spanMs - longestWindow(expr), reach.leastMs);
    const rangeMs = this.window(tree.rangeMs, { ...reach, spanMs: rest });
    const asked = tree.stepMs === 0 ? SUBQUERY_STEP_MS : tree.stepMs;
    const dense = Math.max(reach.intervalMs || 1, Math.ceil(rangeMs / SUBQUERY_STEPS));
    return { ...tree, expr, rangeMs, stepMs: asked > rangeMs / LEAST_INTERVALS ? Math.ceil(dense) : asked };
  }

  private window(ownMs: number, { spanMs, leastMs }: Reach): number {
    const longest = this.options.longestMs ?? Number.POSITIVE_INFINITY;
    const wanted = Math.max(Math.min(ownMs, longest), leastMs);
    if (wanted <= spanMs) return wanted;
    // Windows are open on the left: one more ms takes the first sample in.
    return spanMs >= ROUNDED_FROM_MS ? Math.ceil((spanMs + 1) / 1000) * 1000 : Math.floor(spanMs) + 1;
  }

  /** How far the data of an expression reach back from where it looks; `undefined` when there are none. */
  private reach(tree: Expr, offsetMs: number): Reach | undefined {
    const { survey, atMs } = this.options;
    const facts = metricsOf(tree).flatMap(({ metric }) => survey.get(metric) ?? []);
    if (facts.length === 0) return undefined;
    const first = Math.max(...facts.map(({ firstMs }) => firstMs));
    const intervalMs = Math.max(...facts.map((each) => each.intervalMs || 0));
    const spanMs = atMs - offsetMs - first;
    if (offsetMs > 0 && spanMs <= 0) this.lacks(offsetMs);
    return { spanMs: Math.max(0, spanMs), intervalMs, leastMs: intervalMs * LEAST_INTERVALS };
  }

  private lacks(ms: number): void {
    this.lacksMs = Math.max(this.lacksMs ?? 0, ms);
  }
}

interface Reach {
  readonly spanMs: number;
  readonly intervalMs: number;
  readonly leastMs: number;
}

function longestWindow(tree: Expr): number {
  const own = tree.type === 'matrix' || tree.type === 'subquery' ? tree.rangeMs : 0;
  return Math.max(own, ...childrenOf(tree).map(longestWindow));
}

/** The longest time that an expression looks back, offsets included, in ms. */
export function longestLook(tree: Expr): number {
  const below = Math.max(0, ...childrenOf(tree).map(longestLook));
  if (tree.type === 'matrix') return tree.rangeMs + below;
  if (tree.type === 'subquery') return tree.rangeMs + tree.offsetMs + below;
  return tree.type === 'vector' ? Math.max(0, tree.offsetMs) : below;
}
