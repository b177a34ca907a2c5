/**
 * What a statistic did over a window: exact while the window is short, bounded for ever after.
 *
 * Up to `EXACT_SAMPLES` values are kept and percentiles are R type 7 of them. Beyond, values are
 * counted in logarithmic buckets with a relative error of at most 0.5 % (DDSketch, Masson et al.,
 * VLDB 2019), so that a loop of a year takes no more memory than one of an hour.
 */
const EXACT_SAMPLES = 4096;
const RELATIVE_ERROR = 0.005;
const LOG_GAMMA = Math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR));

/** The figures every statistic is reported with; `null` when nothing was observed. */
export interface Summary {
  min: number | null;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
  last: number | null;
  samples: number;
}

/** Collects the values of one statistic. */
export class Distribution {
  samples = 0;
  last = Number.NaN;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private weighted = 0;
  private weight = 0;
  private exact: Float64Array | null = new Float64Array(16);
  private buckets: Map<number, number> | null = null;

  /** Takes in a value; the mean weighs it by `weight` (seconds, or operations for a time per operation). */
  add(value: number, weight: number): void {
    if (this.exact !== null) {
      if (this.samples === this.exact.length) this.makeRoom();
      if (this.exact !== null) this.exact[this.samples] = value;
    }
    if (this.buckets !== null) count(this.buckets, value);
    this.samples++;
    this.last = value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.weighted += value * weight;
    this.weight += weight;
  }

  /** The weighted mean; NaN when nothing was observed. */
  mean(): number {
    if (this.samples === 0) return Number.NaN;
    return this.weight > 0 ? this.weighted / this.weight : this.last;
  }

  /** The largest value; NaN when nothing was observed. */
  maximum(): number {
    return this.samples === 0 ? Number.NaN : this.max;
  }

  /** Everything at once. */
  summary(): Summary {
    if (this.samples === 0) {
      return { min: null, mean: null, p50: null, p95: null, p99: null, max: null, last: null, samples: 0 };
    }
    const quantile = this.exact === null ? this.fromBuckets() : fromSorted(this.exact.slice(0, this.samples).sort());
    return {
      min: this.min,
      mean: this.mean(),
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      max: this.max,
      last: this.last,
      samples: this.samples,
    };
  }

  private makeRoom(): void {
    const exact = this.exact as Float64Array;
    if (exact.length < EXACT_SAMPLES) {
      this.exact = new Float64Array(exact.length * 2);
      this.exact.set(exact);
      return;
    }
    this.buckets = new Map();
    for (const value of exact) count(this.buckets, value);
    this.exact = null;
  }

  private fromBuckets(): (q: number) => number {
    const keys = [...(this.buckets as Map<number, number>).keys()].sort((a, b) => valueOf(a) - valueOf(b));
    return (q) => {
      let rank = q * (this.samples - 1);
      for (const key of keys) {
        rank -= (this.buckets as Map<number, number>).get(key) as number;
        if (rank < 0) return Math.min(this.max, Math.max(this.min, valueOf(key)));
      }
      return this.max;
    };
  }
}

/** Bucket keys: 0 for zero, `2 * index + sign` otherwise, shifted so that no index collides with zero. */
function count(buckets: Map<number, number>, value: number): void {
  let key = 0;
  if (value !== 0) {
    const index = Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA) + 1e6;
    key = value > 0 ? index : -index;
  }
  buckets.set(key, (buckets.get(key) ?? 0) + 1);
}

function valueOf(key: number): number {
  if (key === 0) return 0;
  const index = Math.abs(key) - 1e6;
  const middle = (2 * Math.exp(index * LOG_GAMMA)) / (Math.exp(LOG_GAMMA) + 1);
  return key > 0 ? middle : -middle;
}

/** R type 7: linear interpolation between the order statistics around `q (n - 1)`. */
function fromSorted(sorted: Float64Array): (q: number) => number {
  return (q) => {
    const rank = q * (sorted.length - 1);
    const below = Math.floor(rank);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  };
}
