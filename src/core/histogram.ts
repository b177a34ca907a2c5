/** Classic Prometheus histograms as columns: cumulative buckets with `le`, then sum and count. */
import type { Column, Unit } from './metric.ts';
import { formatValue } from './series.ts';

/** Bounds in seconds of OpenTelemetry's HTTP duration histograms (semantic conventions, `http.server.request.duration`). */
export const httpSecondsBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/**
 * The columns of one histogram: a bucket for each bound and one for `+Inf`, the sum, the count. Their place in a row is
 * the order here; `bounds` ascend.
 */
export function histogramColumns(
  metric: string,
  unit: Unit,
  help: string,
  bounds: readonly number[],
  labels: Readonly<Record<string, string>> = {},
): readonly Column[] {
  const histogram = { name: metric };
  const bucket = (le: number): Column => ({
    metric: `${metric}_bucket`,
    type: 'counter',
    unit: 'count',
    help,
    labels: { ...labels, le: formatValue(le) },
    histogram,
  });
  return [
    ...bounds.map(bucket),
    bucket(Number.POSITIVE_INFINITY),
    { metric: `${metric}_sum`, type: 'counter', unit, help, labels, histogram },
    { metric: `${metric}_count`, type: 'counter', unit: 'count', help, labels, histogram },
  ];
}

/**
 * Counts observations into buckets, without allocating: `counts[i]` are those above the bound before and up to
 * `bounds[i]`, the last one those above every bound.
 */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Takes in `times` observations of `value`. */
  add(value: number, times = 1): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]) i++;
    this.counts[i] += times;
    this.sum += value * times;
    this.count += times;
  }

  /** The figures in the order of `histogramColumns`: cumulative. */
  figures(): number[] {
    const figures: number[] = [];
    let below = 0;
    for (const count of this.counts) figures.push((below += count));
    figures.push(this.sum, this.count);
    return figures;
  }
}

/**
 * The `q` quantile (0..1) of a histogram with cumulative bucket counts (the last is all), as PromQL's
 * `histogram_quantile` interpolates it: linearly inside a bucket from 0 on, and the largest bound for what lies
 * above all of them. `NaN` when nothing was counted. https://prometheus.io/docs/prometheus/latest/querying/functions/
 */
export function histogramQuantile(bounds: readonly number[], cumulative: ArrayLike<number>, q: number): number {
  const total = cumulative[bounds.length];
  if (!(total > 0)) return Number.NaN;
  const rank = q * total;
  let i = 0;
  while (i < bounds.length && cumulative[i] < rank) i++;
  if (i === bounds.length) return bounds[bounds.length - 1];
  const below = i === 0 ? 0 : cumulative[i - 1];
  const start = i === 0 ? 0 : bounds[i - 1];
  const inside = cumulative[i] - below;
  return inside === 0 ? start : start + ((bounds[i] - start) * (rank - below)) / inside;
}
