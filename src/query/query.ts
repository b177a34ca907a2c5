/** One query of the engine: parsed, checked, evaluated over a source, within limits. */
import type { QueryResult } from '../core/querier.ts';
import type { SeriesSource } from '../core/source.ts';
import { Evaluator } from './eval/evaluate.ts';
import type { Semantics } from './eval/evaluation.ts';
import { Limits } from './eval/limits.ts';
import { Notes } from './eval/notes.ts';
import { rangeVector } from './eval/ranges.ts';
import { select } from './eval/select.ts';
import { firstAfter } from './eval/selector.ts';
import type { Grid } from './eval/value.ts';
import { formatSample } from './format-float.ts';
import { compareLabels } from './label-set.ts';
import type { Expr } from './promql/ast.ts';
import { withoutParens } from './promql/ast.ts';
import { check } from './promql/check.ts';
import { parsePromql } from './promql/parse.ts';
import { resolve } from './promql/resolve.ts';
import { locate, MisplacedError, QueryError } from './query-error.ts';
import { instantResult, rangeResult, type ResultData } from './result.ts';

/** What holds for every query of an engine. */
export interface QuerySettings {
  readonly maxSamples: number;
  readonly timeoutMs: number;
  readonly semantics: Semantics;
}

/** A query on its way. */
export class Query {
  private readonly text: string;
  private readonly source: SeriesSource;
  private readonly settings: QuerySettings;
  private readonly limits: Limits;
  private readonly notes: Notes;

  constructor(text: string, source: SeriesSource, settings: QuerySettings, signal: AbortSignal | undefined) {
    this.text = text;
    this.source = source;
    this.settings = settings;
    this.limits = new Limits(settings.maxSamples, settings.timeoutMs, signal);
    this.notes = new Notes(text);
  }

  async instant(atMs: number): Promise<QueryResult> {
    const at = moment('the evaluation time', atMs);
    return this.run(parsePromql(this.text), { start: at, step: 1, count: 1 }, at, async (evaluator, expr, grid) => {
      const bare = expr.type === 'invariant' ? expr.expr : withoutParens(expr);
      if (bare.type === 'matrix' || bare.type === 'subquery') return this.samples(evaluator, bare, grid);
      return instantResult(await evaluator.result(expr, grid), at);
    });
  }

  async range(startMs: number, endMs: number, stepMs: number): Promise<QueryResult> {
    const start = moment('the start', startMs);
    const end = moment('the end', endMs);
    const step = Math.round(stepMs);
    if (!(step > 0))
      throw new QueryError(
        'bad_data',
        'zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    if (end < start) throw new QueryError('bad_data', 'end timestamp must not be before start time');
    const expr = parsePromql(this.text);
    const type = check(expr);
    if (type !== 'scalar' && type !== 'instant vector')
      throw new QueryError(
        'bad_data',
        `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
      );
    const grid = { start, step, count: Math.floor((end - start) / step) + 1 };
    return this.run(expr, grid, end, async (evaluator, resolved) =>
      rangeResult(await evaluator.result(resolved, grid), grid),
    );
  }

  private async run(
    expr: Expr,
    grid: Grid,
    endMs: number,
    evaluate: (evaluator: Evaluator, expr: Expr, grid: Grid) => Promise<ResultData>,
  ): Promise<QueryResult> {
    const { limits, notes } = this;
    const { semantics } = this.settings;
    try {
      limits.throwIfOver();
      limits.check(grid.count);
      const resolved = resolve(expr, grid.start, endMs);
      const selections = await select(this.source, resolved, grid, semantics, limits);
      const evaluator = new Evaluator(semantics, limits, notes, selections);
      const data = await evaluate(evaluator, resolved, grid);
      return { ...data, warnings: [...notes.warnings], infos: [...notes.infos] };
    } catch (error) {
      throw error instanceof MisplacedError ? locate(error, this.text) : error;
    }
  }

  /** An instant query may also ask for the samples of a range. */
  private async samples(evaluator: Evaluator, expr: Expr, grid: Grid): Promise<ResultData> {
    const { series, rangeMs, offsetMs, at } = await rangeVector(evaluator, expr, grid);
    const end = (at ?? grid.start) - offsetMs;
    const found = series.map(({ labels, dropName, timestamps, values }) => {
      const from = firstAfter(timestamps, end - rangeMs);
      const to = firstAfter(timestamps, end, from);
      this.limits.hold(to - from);
      const times = Array.from(timestamps.subarray(from, to));
      return {
        labels: dropName ? labels.withoutName() : labels,
        values: times.map((time, i) => [time / 1000, formatSample(values[from + i])] as const),
      };
    });
    const sorted = found.filter(({ values }) => values.length > 0).sort((a, b) => compareLabels(a.labels, b.labels));
    return {
      resultType: 'matrix',
      result: sorted.map(({ labels, values }) => ({ metric: labels.toRecord(), values })),
    };
  }
}

/** Prometheus's times are whole ms. */
function moment(what: string, ms: number): number {
  if (!Number.isFinite(ms) || Math.abs(ms) > Number.MAX_SAFE_INTEGER)
    throw new QueryError('bad_data', `${what} must be Unix milliseconds (got ${ms})`);
  return Math.round(ms);
}
