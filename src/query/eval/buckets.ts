/** Quantiles and fractions from the cumulative buckets of a classic histogram. */

/** A cumulative bucket: how many observations were not greater than `upper`. */
export interface Bucket {
  readonly upper: number;
  count: number;
}

/** Buckets by upper bound, ascending. */
export type Buckets = readonly Bucket[];

/** Counts that differ by less than this part of their sum differ by rounding. */
const TOLERANCE = 1e-12;
/** The smallest normal number. */
const MIN_NORMAL = 2.2250738585072014e-308;

/** Buckets with the same bound are one. */
function coalesced(buckets: Buckets): Bucket[] {
  const merged: Bucket[] = [];
  for (const { upper, count } of buckets) {
    const last = merged.at(-1);
    if (last !== undefined && last.upper === upper) last.count += count;
    else merged.push({ upper, count });
  }
  return merged;
}

function almostEqual(a: number, b: number): boolean {
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < TOLERANCE * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

/** Removes decreases, which scrapes of a moving histogram leave; whether there were any beyond rounding. */
function forceMonotonic(buckets: Bucket[]): boolean {
  let forced = false;
  let before = buckets[0].count;
  for (const bucket of buckets) {
    const { count } = bucket;
    if (almostEqual(before, count)) bucket.count = before;
    else if (count < before) {
      bucket.count = before;
      forced = true;
    } else before = count;
  }
  return forced;
}

/** The quantile, linearly inside a bucket; the lowest begins at 0 when its bound is positive. */
export function bucketQuantile(q: number, given: Buckets): { value: number; forcedMonotonic: boolean } {
  const plain = (value: number): { value: number; forcedMonotonic: boolean } => ({ value, forcedMonotonic: false });
  if (Number.isNaN(q)) return plain(Number.NaN);
  if (q < 0) return plain(Number.NEGATIVE_INFINITY);
  if (q > 1) return plain(Number.POSITIVE_INFINITY);
  if (given.at(-1)?.upper !== Number.POSITIVE_INFINITY) return plain(Number.NaN);
  const buckets = coalesced(given);
  const forcedMonotonic = forceMonotonic(buckets);
  const last = buckets.length - 1;
  const observations = buckets[last].count;
  if (last < 1 || observations === 0) return plain(Number.NaN);
  const rank = q * observations;
  // A bisection, as Prometheus's, which shows when counts are NaN.
  let b = 0;
  for (let high = last; b < high; ) {
    const middle = (b + high) >>> 1;
    if (buckets[middle].count >= rank) high = middle;
    else b = middle + 1;
  }
  const { upper, count } = buckets[b];
  if (b === last) return { value: buckets[last - 1].upper, forcedMonotonic };
  if (b === 0 && upper <= 0) return { value: upper, forcedMonotonic };
  const lower = b === 0 ? { upper: 0, count: 0 } : buckets[b - 1];
  const share = (rank - lower.count) / (count - lower.count);
  return { value: lower.upper + (upper - lower.upper) * share, forcedMonotonic };
}

/** The part of all observations between two bounds. */
export function bucketFraction(lower: number, upper: number, given: Buckets): number {
  if (given.at(-1)?.upper !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = coalesced(given);
  const observations = buckets.at(-1)?.count ?? 0;
  if (observations === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets, observations) - rankOf(lower, buckets, observations)) / observations;
}

/** How many observations are below a value. */
function rankOf(value: number, buckets: Buckets, observations: number): number {
  let rank = 0;
  let start = buckets[0].upper > 0 ? 0 : Number.NEGATIVE_INFINITY;
  for (const { upper, count } of buckets) {
    if (start >= value) return Math.min(rank, observations);
    // Where a bucket without a lower end has its observations is not known: at its end, as for quantiles.
    if (upper > value) {
      const share = start === Number.NEGATIVE_INFINITY ? 1 : (value - start) / (upper - start);
      return Math.min(rank + (count - rank) * share, observations);
    }
    rank = count;
    start = upper;
  }
  return observations;
}
