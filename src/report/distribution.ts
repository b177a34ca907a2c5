/**
 * What a statistic did over a window: exact while the window is short, bounded for ever after.
 *
 * Up to `EXACT_SAMPLES` values are kept and percentiles are R type 7 of them. Beyond, values are
 * counted in logarithmic buckets with a relative error of at most 0.5 % (DDSketch, Masson et al.,
 * VLDB 2019), so that a loop of a year takes no more memory than one of an hour. A statistic that
 * never changes, as most of an idle device do, takes none at all.
 */
const EXACT_SAMPLES = 4096;
const FIRST_SAMPLES = 16;
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

/**
 * How many values may be kept exactly, by all distributions that share it: with thousands of devices
 * the buckets begin early, instead of taking gigabytes.
 */
export class ExactBudget {
  left: number;

  /** `values` is in doubles of 8 bytes. */
  constructor(values: number) {
    this.left = values;
  }
}

const unlimited = new ExactBudget(Number.POSITIVE_INFINITY);

/** Collects the values of one statistic. */
export class Distribution {
  samples = 0;
  last = Number.NaN;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private weighted = 0;
  private weight = 0;
  private readonly budget: ExactBudget;
  /** Neither this nor `buckets` as long as all values are equal. */
  private exact: Float64Array | null = null;
  private buckets: Map<number, number> | null = null;

  constructor(budget: ExactBudget = unlimited) {
    this.budget = budget;
  }

  /** Takes in a value; the mean weighs it by `weight` (seconds, or operations for a time per operation). */
  add(value: number, weight: number): void {
    this.remember(value);
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
    if (!(this.weight > 0)) return this.last;
    // Rounding must not carry the mean of equal values past them.
    return Math.min(this.max, Math.max(this.min, this.weighted / this.weight));
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
    const quantile = this.quantiles();
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

  private quantiles(): (q: number) => number {
    if (this.exact !== null) return fromSorted(this.exact.slice(0, this.samples).sort());
    return this.buckets === null ? () => this.last : this.fromBuckets(this.buckets);
  }

  private remember(value: number): void {
    if (this.exact === null && this.buckets === null) {
      if (this.samples === 0 || value === this.last) return;
      this.begin();
    } else if (this.exact !== null && this.samples === this.exact.length) {
      this.makeRoom(this.exact);
    }
    if (this.exact !== null) this.exact[this.samples] = value;
    else count(this.buckets as Map<number, number>, value, 1);
  }

  /** The first value that differs: from now on each is kept. */
  private begin(): void {
    let length = FIRST_SAMPLES;
    while (length <= this.samples) length *= 2;
    if (length > EXACT_SAMPLES || length > this.budget.left) {
      this.buckets = new Map();
      count(this.buckets, this.last, this.samples);
      return;
    }
    this.budget.left -= length;
    this.exact = new Float64Array(length).fill(this.last, 0, this.samples);
  }

  private makeRoom(exact: Float64Array): void {
    const more = exact.length;
    if (more < EXACT_SAMPLES && more <= this.budget.left) {
      this.budget.left -= more;
      this.exact = new Float64Array(more * 2);
      this.exact.set(exact);
      return;
    }
    this.buckets = new Map();
    for (const value of exact) count(this.buckets, value, 1);
    this.budget.left += more;
    this.exact = null;
  }

  private fromBuckets(buckets: ReadonlyMap<number, number>): (q: number) => number {
    const sorted = [...buckets].sort(([a], [b]) => a - b);
    return (q) => {
      let rank = q * (this.samples - 1);
      for (const [key, times] of sorted) {
        rank -= times;
        if (rank < 0) return Math.min(this.max, Math.max(this.min, valueOf(key)));
      }
      return this.max;
    };
  }
}

/** Moves every index a double can have away from 0, which is the bucket of zero; the sign is the value's. */
const INDEX_OFFSET = 1e6;

function count(buckets: Map<number, number>, value: number, times: number): void {
  let key = 0;
  if (value !== 0) {
    const index = Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA) + INDEX_OFFSET;
    key = value > 0 ? index : -index;
  }
  buckets.set(key, (buckets.get(key) ?? 0) + times);
}

function valueOf(key: number): number {
  if (key === 0) return 0;
  const index = Math.abs(key) - INDEX_OFFSET;
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
