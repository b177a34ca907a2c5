/** Reads everything that a query needs before it is evaluated, each selector once for its whole time. */
import type { SelectHints, SeriesSource } from '../../core/source.ts';
import { LabelSet } from '../label-set.ts';
import type { Aggregation, Expr, Subquery, VectorSelector } from '../promql/ast.ts';
import { childrenOf } from '../promql/ast.ts';
import type { SelectedSeries } from './evaluation.ts';
import type { Limits } from './limits.ts';
import type { Grid } from './value.ts';

/** The series of each selector. */
export type Selections = ReadonlyMap<VectorSelector, readonly SelectedSeries[]>;

interface Place {
  /** The moments at which the expression is evaluated, in Unix ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** The nearest function or aggregation above. */
  readonly func: string;
  readonly grouping?: SelectHints['grouping'];
}

interface Read {
  readonly selector: VectorSelector;
  readonly startMs: number;
  readonly endMs: number;
  readonly hints: SelectHints;
}

/** Selects the series of all selectors of a resolved query. */
export async function select(
  source: SeriesSource,
  expr: Expr,
  grid: Grid,
  settings: { readonly lookbackMs: number; readonly subqueryStepMs: number },
  limits: Limits,
): Promise<Selections> {
  const reads: Read[] = [];
  const stepMs = grid.count > 1 ? grid.step : 0;
  const endMs = grid.start + (grid.count - 1) * grid.step;
  collect(expr, { startMs: grid.start, endMs, stepMs, func: '' }, settings, reads);
  const selections = new Map<VectorSelector, readonly SelectedSeries[]>();
  for (const { selector, startMs, endMs: end, hints } of reads) {
    const found = source.select(selector.matchers, startMs, end, hints);
    const series = found instanceof Promise ? await found : found;
    limits.throwIfOver();
    selections.set(
      selector,
      Array.from(series, ({ labels, timestamps, values }) => ({ labels: LabelSet.of(labels), timestamps, values })),
    );
  }
  return selections;
}

function collect(
  expr: Expr,
  place: Place,
  settings: { readonly lookbackMs: number; readonly subqueryStepMs: number },
  reads: Read[],
): void {
  switch (expr.type) {
    case 'vector':
      reads.push(read(expr, place, settings.lookbackMs, 0));
      return;
    case 'matrix':
      reads.push(read(expr.selector, place, expr.rangeMs, expr.rangeMs));
      return;
    case 'subquery':
      collect(expr.expr, inside(expr, place, settings.subqueryStepMs), settings, reads);
      return;
    default:
      for (const child of childrenOf(expr)) collect(child, below(expr, place), settings, reads);
  }
}

function below(expr: Expr, place: Place): Place {
  const { startMs, endMs, stepMs } = place;
  const span = { startMs, endMs, stepMs };
  switch (expr.type) {
    case 'call':
      return { ...span, func: expr.func };
    case 'aggregation':
      return { ...span, func: expr.op, grouping: groupingOf(expr) };
    case 'binary':
      return { ...span, func: '' };
    default:
      return { ...span, func: place.func };
  }
}

function groupingOf({ grouping, without }: Aggregation): SelectHints['grouping'] {
  return { labels: grouping, by: !without };
}

function inside(subquery: Subquery, place: Place, defaultStepMs: number): Place {
  const { offsetMs, rangeMs, stepMs, at } = subquery;
  const start = typeof at === 'number' ? at : place.startMs;
  const end = typeof at === 'number' ? at : place.endMs;
  const { func } = place;
  return { func, startMs: start - offsetMs - rangeMs, endMs: end - offsetMs, stepMs: stepMs || defaultStepMs };
}

function read(selector: VectorSelector, place: Place, backMs: number, rangeMs: number): Read {
  const { at, offsetMs } = selector;
  const start = typeof at === 'number' ? at : place.startMs;
  const end = typeof at === 'number' ? at : place.endMs;
  const { func, stepMs, grouping } = place;
  return {
    selector,
    // Ranges are open on the left.
    startMs: start - offsetMs - backMs + 1,
    endMs: end - offsetMs,
    hints: { func, rangeMs, stepMs, ...(grouping !== undefined && { grouping }) },
  };
}
