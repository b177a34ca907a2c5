/** Classic histograms: buckets that are series of their own, told apart by the label `le`. */
import { bucketFraction, type Buckets, bucketQuantile } from '../eval/buckets.ts';
import {
  type Evaluation,
  metricNameOf,
  newSeries,
  release,
  renamed,
  scalarOf,
  vector,
  vectorOf,
} from '../eval/evaluation.ts';
import type { Grid, Series, VectorValue } from '../eval/value.ts';
import type { FunctionFamily, NodeFunction } from '../function.ts';
import type { LabelSet } from '../label-set.ts';
import type { Call, Expr } from '../promql/ast.ts';
import { quantileWarning } from '../quantile.ts';

const BOUND = 'le';
const bound: ReadonlySet<string> = new Set([BOUND]);

interface Histogram {
  /** Of the result, with the name. */
  readonly labels: LabelSet;
  /** By upper bound, ascending. */
  readonly buckets: { readonly upper: number; readonly series: Series }[];
}

/** The number in a label, as Go's `ParseFloat` reads it. */
function parseBound(text: string): number | undefined {
  if (/^[-+]?inf(?:inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function histogramsOf(series: readonly Series[], arg: Expr, { notes }: Evaluation): Histogram[] {
  const histograms = new Map<string, Histogram>();
  for (const each of series) {
    const text = each.labels.get(BOUND);
    const upper = parseBound(text);
    if (upper === undefined) {
      const name = metricNameOf(each.labels);
      const metric = name === '' ? '' : ` for metric name ${JSON.stringify(name)}`;
      notes.warn(`bucket label "le" is missing or has a malformed value of ${JSON.stringify(text)}${metric}`, arg);
      continue;
    }
    const labels = each.labels.without(bound);
    const known = histograms.get(labels.key);
    if (known === undefined) histograms.set(labels.key, { labels, buckets: [{ upper, series: each }] });
    else known.buckets.push({ upper, series: each });
  }
  const all = [...histograms.values()];
  for (const { buckets } of all) buckets.sort((a, b) => a.upper - b.upper);
  return all;
}

/** Computes a number of each histogram at each step. */
async function each(
  call: Call,
  argument: Expr,
  grid: Grid,
  evaluation: Evaluation,
  compute: (buckets: Buckets, step: number, histogram: Histogram) => number,
): Promise<VectorValue> {
  const series = await vectorOf(evaluation, argument, grid);
  const results: Series[] = [];
  for (const histogram of histogramsOf(series, argument, evaluation)) {
    if (evaluation.limits.due()) await evaluation.limits.pause();
    const dropName = histogram.buckets.some((bucket) => bucket.series.dropName);
    const out = newSeries(evaluation, histogram.labels, grid, dropName);
    for (let i = 0; i < grid.count; i++) {
      const present = histogram.buckets.filter((bucket) => bucket.series.present[i] === 1);
      if (present.length === 0) continue;
      const buckets = present.map((bucket) => ({ upper: bucket.upper, count: bucket.series.values[i] }));
      out.values[i] = compute(buckets, i, histogram);
      out.present[i] = 1;
    }
    results.push(renamed(evaluation, out));
  }
  release(evaluation, series);
  return vector(evaluation, results, call);
}

async function quantiles(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const [quantile, argument] = call.args;
  const q = await scalarOf(evaluation, quantile, grid);
  for (const value of q) {
    const warning = quantileWarning(value);
    if (warning !== undefined) evaluation.notes.warn(warning, quantile);
  }
  return each(call, argument, grid, evaluation, (buckets, step, { labels }) => {
    const { value, forcedMonotonic } = bucketQuantile(q[step], buckets);
    if (forcedMonotonic) {
      const name = metricNameOf(labels);
      evaluation.notes.inform(
        'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/' +
          `latest/querying/functions/#histogram_quantile)${name === '' ? '' : ` for metric name ${JSON.stringify(name)}`}`,
        argument,
      );
    }
    return value;
  });
}

async function fraction(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const lower = await scalarOf(evaluation, call.args[0], grid);
  const upper = await scalarOf(evaluation, call.args[1], grid);
  return each(call, call.args[2], grid, evaluation, (buckets, i) => bucketFraction(lower[i], upper[i], buckets));
}

/** Functions of native histograms, of which there are none here: plain numbers are ignored by them. */
function native(name: string): NodeFunction {
  return {
    kind: 'node',
    name,
    args: ['instant vector'],
    evaluate: async (call, grid, evaluation) => {
      release(evaluation, await vectorOf(evaluation, call.args[0], grid));
      evaluation.notes.inform(`native histograms are not supported: ${name} ignores all other samples`, call);
      return { type: 'vector', series: [] };
    },
  };
}

export default [
  { kind: 'node', name: 'histogram_quantile', args: ['scalar', 'instant vector'], evaluate: quantiles },
  { kind: 'node', name: 'histogram_fraction', args: ['scalar', 'scalar', 'instant vector'], evaluate: fraction },
  native('histogram_avg'),
  native('histogram_count'),
  native('histogram_sum'),
  native('histogram_stddev'),
  native('histogram_stdvar'),
] satisfies FunctionFamily;
