/** What data there are: how often each metric is sampled, how far back it reaches, and whether it still comes in. */
import type { SeriesSource, SourceSeries } from '../../core/source.ts';
import { bitsOf, isStaleAt } from '../../core/stale.ts';

/** What is known of one metric. */
export interface MetricFacts {
  /** Series of that name. */
  readonly series: number;
  /** Most samples of one series. */
  readonly samples: number;
  /** Median distance of two samples in ms; NaN with one sample. */
  readonly intervalMs: number;
  /** Unix ms of the first sample, and of the last that is a value. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Metrics by name; one without a sample is not there. */
export type Survey = ReadonlyMap<string, MetricFacts>;

/** Looks at metrics, as far back as `horizonMs`. */
export type Surveyor = (metrics: readonly string[], atMs: number, horizonMs: number) => Promise<Survey>;

/** A survey of a source in this process. */
export function surveyorOf(source: SeriesSource): Surveyor {
  return async (metrics, atMs, horizonMs) => {
    const survey = new Map<string, MetricFacts>();
    for (const metric of metrics) {
      const matchers = [{ name: '__name__', op: '=', value: metric }] as const;
      const hints = { func: '', rangeMs: horizonMs, stepMs: 0 };
      const facts = factsOf(await source.select(matchers, atMs - horizonMs, atMs, hints), atMs - horizonMs, atMs);
      if (facts !== undefined) survey.set(metric, facts);
    }
    return survey;
  };
}

/** Distances of one series are enough for the median. */
const MAX_DISTANCES = 64;

function factsOf(found: Iterable<SourceSeries>, startMs: number, endMs: number): MetricFacts | undefined {
  let series = 0;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let longest: Float64Array = new Float64Array(0);
  for (const { timestamps, values } of found) {
    const from = firstAtOrAfter(timestamps, startMs);
    const to = firstAtOrAfter(timestamps, endMs + 1);
    if (from === to) continue;
    series++;
    firstMs = Math.min(firstMs, timestamps[from]);
    if (to - from > longest.length) longest = timestamps.subarray(from, to);
    const bits = bitsOf(values);
    let last = to - 1;
    while (last > from && isStaleAt(bits, last)) last--;
    lastMs = Math.max(lastMs, timestamps[last]);
  }
  if (series === 0) return undefined;
  return { series, samples: longest.length, intervalMs: medianDistance(longest), firstMs, lastMs };
}

function firstAtOrAfter(timestamps: Float64Array, ms: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The median distance of ascending moments; NaN below two. */
export function medianDistance(timestamps: ArrayLike<number>): number {
  const distances: number[] = [];
  for (let i = Math.max(1, timestamps.length - MAX_DISTANCES); i < timestamps.length; i++)
    distances.push(timestamps[i] - timestamps[i - 1]);
  if (distances.length === 0) return Number.NaN;
  return distances.sort((a, b) => a - b)[distances.length >> 1];
}
