/** What happened of late, second by second, so that each reader can look back as far as it likes and takes nothing away. */

/** Seconds that are remembered. */
export const longestWindow = 300;
/** One more: the second that runs. */
const SLOTS = longestWindow + 1;

/**
 * Which slots of a ring of seconds belong to a window. Times are milliseconds of a clock that never goes back; a window
 * of `w` seconds covers the second that runs and those that end less than `w` seconds ago, so up to one second more.
 */
class Seconds {
  private readonly stamps = new Float64Array(SLOTS).fill(-1);

  /** The slot of this moment; `clear` is called when it held another second. */
  slot(nowMs: number, clear: (slot: number) => void): number {
    const second = Math.floor(nowMs / 1000);
    const slot = second % SLOTS;
    if (this.stamps[slot] !== second) {
      this.stamps[slot] = second;
      clear(slot);
    }
    return slot;
  }

  /** Calls `visit` for each slot of the window that holds something. */
  visit(nowMs: number, window: number, visit: (slot: number) => void): void {
    const last = Math.floor(nowMs / 1000);
    const first = Math.max(0, Math.floor(nowMs / 1000 - Math.min(window, longestWindow)));
    for (let second = first; second <= last; second++) {
      if (this.stamps[second % SLOTS] === second) visit(second % SLOTS);
    }
  }
}

/** The largest value of late. */
export class WindowMax {
  private readonly seconds = new Seconds();
  private readonly values = new Float64Array(SLOTS);
  private readonly clear = (slot: number): void => {
    this.values[slot] = Number.NEGATIVE_INFINITY;
  };

  /** Takes in a value of this moment. */
  note(nowMs: number, value: number): void {
    const slot = this.seconds.slot(nowMs, this.clear);
    if (value > this.values[slot]) this.values[slot] = value;
  }

  /** The largest of the last `window` seconds; `NaN` when there is none. */
  max(nowMs: number, window: number): number {
    let max = Number.NaN;
    this.seconds.visit(nowMs, window, (slot) => {
      if (!(this.values[slot] <= max)) max = this.values[slot];
    });
    return max;
  }
}

const BUCKETS_PER_OCTAVE = 8;
const SMALLEST_MS = 0.125;
/** Up to 2^20 times the smallest, about two minutes; what is longer is told by the exact maximum. */
const BUCKETS = 1 + 20 * BUCKETS_PER_OCTAVE;
const LARGEST_COUNT = 0xffff;

function bucketOf(delayMs: number): number {
  if (delayMs <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log2(delayMs / SMALLEST_MS) * BUCKETS_PER_OCTAVE));
}

/** Geometric middle of a bucket, at most 4.5 % from what is in it. */
function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : SMALLEST_MS * 2 ** ((bucket - 0.5) / BUCKETS_PER_OCTAVE);
}

/** What a window held; all in milliseconds, `NaN` where nothing was seen. */
export interface DelaySummary {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  /** The smallest delay that a share `q` of the samples did not exceed, within 4.5 %. */
  quantile(q: number): number;
  /** As `quantile`, with those counted that came behind a late one, one in every `intervalMs`. */
  correctedQuantile(q: number, intervalMs: number): number;
}

/** The distribution of delays of late. Takes 120 KiB. */
export class WindowDelays {
  private readonly seconds = new Seconds();
  private readonly buckets = new Uint16Array(SLOTS * BUCKETS);
  private readonly counts = new Float64Array(SLOTS);
  private readonly sums = new Float64Array(SLOTS);
  private readonly squares = new Float64Array(SLOTS);
  private readonly mins = new Float64Array(SLOTS);
  private readonly maxs = new Float64Array(SLOTS);
  private readonly clear = (slot: number): void => {
    this.buckets.fill(0, slot * BUCKETS, (slot + 1) * BUCKETS);
    this.counts[slot] = this.sums[slot] = this.squares[slot] = 0;
    this.mins[slot] = Number.POSITIVE_INFINITY;
    this.maxs[slot] = Number.NEGATIVE_INFINITY;
  };

  /** Takes in `times` delays of this moment; one below 0 was early. */
  add(nowMs: number, delayMs: number, times = 1): void {
    const slot = this.seconds.slot(nowMs, this.clear);
    const bucket = slot * BUCKETS + bucketOf(delayMs);
    this.buckets[bucket] = Math.min(LARGEST_COUNT, this.buckets[bucket] + times);
    this.counts[slot] += times;
    this.sums[slot] += times * delayMs;
    this.squares[slot] += times * delayMs * delayMs;
    if (delayMs < this.mins[slot]) this.mins[slot] = delayMs;
    if (delayMs > this.maxs[slot]) this.maxs[slot] = delayMs;
  }

  /** The last `window` seconds. */
  summary(nowMs: number, window: number): DelaySummary {
    const merged = new Float64Array(BUCKETS);
    let [count, sum, square, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.seconds.visit(nowMs, window, (slot) => {
      for (let i = 0; i < BUCKETS; i++) merged[i] += this.buckets[slot * BUCKETS + i];
      count += this.counts[slot];
      sum += this.sums[slot];
      square += this.squares[slot];
      min = Math.min(min, this.mins[slot]);
      max = Math.max(max, this.maxs[slot]);
    });
    if (count === 0) min = max = Number.NaN;
    const mean = count === 0 ? Number.NaN : sum / count;
    return {
      count,
      min,
      max,
      mean,
      stddev: Math.sqrt(Math.max(0, square / count - mean * mean)),
      quantile: (q) => quantileOf(merged, q, max),
      correctedQuantile: (q, intervalMs) => quantileOf(corrected(merged, intervalMs), q, max),
    };
  }
}

function quantileOf(counts: Float64Array, q: number, max: number): number {
  const wanted = q * counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    below += counts[i];
    if (below > 0 && below >= wanted) return Math.min(middleOf(i), Math.max(0, max));
  }
  return Number.NaN;
}

function corrected(counts: Float64Array, intervalMs: number): Float64Array {
  const all = counts.slice();
  for (let i = 1; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    for (let behind = middleOf(i) - intervalMs; behind >= 0; behind -= intervalMs) all[bucketOf(behind)] += counts[i];
  }
  return all;
}
