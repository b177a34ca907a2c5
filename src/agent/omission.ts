/**
 * A histogram of delays, corrected for coordinated omission: something that comes once in every interval and is once
 * late by `d` has kept all the others waiting that would have come meanwhile, by `d - interval`, `d - 2 interval`, …
 * Without them, a stall of half a second is one sample among hundreds of good ones.
 */
export class OmissionHistogram {
  private readonly boundsMs: readonly number[];
  private readonly intervalMs: number;
  private readonly counts: Float64Array;
  private sumMs = 0;
  private count = 0;

  /** `bounds` in seconds, ascending. */
  constructor(bounds: readonly number[], intervalMs: number) {
    // Rounded, as 0.0025 * 1000 is not 2.5.
    this.boundsMs = bounds.map((seconds) => Math.round(seconds * 1e6) / 1e3);
    this.intervalMs = intervalMs;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** One that had to wait `delayMs`, and those behind it. */
  addLate(delayMs: number): void {
    const { boundsMs, intervalMs, counts } = this;
    const all = Math.floor(delayMs / intervalMs) + 1;
    const smallest = delayMs - (all - 1) * intervalMs;
    let below = 0;
    for (let i = 0; i < boundsMs.length && below < all; i++) {
      if (smallest > boundsMs[i]) continue;
      const upTo = Math.min(all, Math.floor((boundsMs[i] - smallest) / intervalMs) + 1);
      counts[i] += upTo - below;
      below = upTo;
    }
    counts[boundsMs.length] += all - below;
    this.sumMs += (all * (smallest + delayMs)) / 2;
    this.count += all;
  }

  /** `times` that did not have to wait. */
  addOnTime(times: number): void {
    this.counts[0] += times;
    this.count += times;
  }

  /** In the order of `histogramColumns`: cumulative buckets, sum in seconds, count. */
  figures(): number[] {
    const figures: number[] = [];
    let below = 0;
    for (const count of this.counts) figures.push((below += count));
    figures.push(this.sumMs / 1000, this.count);
    return figures;
  }
}
