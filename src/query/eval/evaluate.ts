/** Evaluates a resolved query: each node once, over all steps. */
import { callElement } from './element-call.ts';
import { evaluateAggregation } from './aggregate.ts';
import { evaluateBinary } from './binary.ts';
import {
  type Evaluation,
  newSeries,
  release,
  renamed,
  type SelectedSeries,
  type Semantics,
  vector,
} from './evaluation.ts';
import type { Limits } from './limits.ts';
import type { Notes } from './notes.ts';
import { callWindow } from './range-call.ts';
import type { Selections } from './select.ts';
import { evaluateSelector } from './selector.ts';
import type { Grid, Series, Value } from './value.ts';
import type { Call, Expr, StepInvariant, Unary, VectorSelector } from '../promql/ast.ts';
import { functionNamed } from '../registry.ts';
import { MisplacedError } from '../query-error.ts';

/** One query over what was selected for it. */
export class Evaluator implements Evaluation {
  readonly semantics: Semantics;
  readonly limits: Limits;
  readonly notes: Notes;
  private readonly selections: Selections;

  constructor(semantics: Semantics, limits: Limits, notes: Notes, selections: Selections) {
    this.semantics = semantics;
    this.limits = limits;
    this.notes = notes;
    this.selections = selections;
  }

  selected(selector: VectorSelector): readonly SelectedSeries[] {
    return this.selections.get(selector) ?? [];
  }

  /** The value of the whole query, with the names gone that had to go. */
  async result(expr: Expr, grid: Grid): Promise<Value> {
    const value = await this.evaluate(expr, grid);
    if (value.type !== 'vector' || !value.series.some(({ dropName }) => dropName)) return value;
    const series = value.series.map((each) =>
      each.dropName ? { ...each, labels: each.labels.withoutName(), dropName: false } : each,
    );
    return vector(this, series, expr);
  }

  async evaluate(expr: Expr, grid: Grid): Promise<Value> {
    if (this.limits.due()) await this.limits.pause();
    switch (expr.type) {
      case 'number':
        this.limits.check(grid.count);
        return { type: 'scalar', values: new Float64Array(grid.count).fill(expr.value) };
      case 'string':
        return { type: 'string', text: expr.value };
      case 'paren':
        return this.evaluate(expr.expr, grid);
      case 'vector':
        return { type: 'vector', series: await evaluateSelector(this, expr, grid) };
      case 'unary':
        return this.signed(expr, grid);
      case 'binary':
        return evaluateBinary(expr, grid, this);
      case 'aggregation':
        return evaluateAggregation(expr, grid, this);
      case 'call':
        return this.call(expr, grid);
      case 'invariant':
        return this.once(expr, grid);
      default:
        throw new MisplacedError('bad_data', 'a range vector is only an argument of a function', expr.from);
    }
  }

  private call(call: Call, grid: Grid): Promise<Value> {
    const fn = functionNamed(call.func);
    if (fn === undefined) throw new MisplacedError('bad_data', `unknown function "${call.func}"`, call.from);
    if (fn.kind === 'element') return callElement(fn, call, grid, this);
    return fn.kind === 'window' ? callWindow(fn, call, grid, this) : fn.evaluate(call, grid, this);
  }

  private async signed({ op, expr, ...place }: Unary, grid: Grid): Promise<Value> {
    const value = await this.evaluate(expr, grid);
    if (op === '+' || value.type === 'string') return value;
    if (value.type === 'scalar') return { type: 'scalar', values: value.values.map((each) => -each) };
    for (const { values } of value.series) for (let i = 0; i < values.length; i++) values[i] = -values[i];
    return vector(
      this,
      value.series.map((each) => renamed(this, each)),
      { op, expr, ...place },
    );
  }

  /** Evaluates once what is the same at every step. */
  private async once({ expr }: StepInvariant, grid: Grid): Promise<Value> {
    const value = await this.evaluate(expr, { ...grid, count: 1 });
    if (value.type === 'string' || grid.count === 1) return value;
    if (value.type === 'scalar') return { type: 'scalar', values: new Float64Array(grid.count).fill(value.values[0]) };
    const series = value.series.map((each) => this.repeated(each, grid));
    release(this, value.series);
    return { type: 'vector', series };
  }

  private repeated({ labels, values, dropName }: Series, grid: Grid): Series {
    const series = newSeries(this, labels, grid, dropName);
    series.values.fill(values[0]);
    series.present.fill(1);
    return series;
  }
}
