/** Durations of the latest sampled hits, seconds. The median is taken: one collection or preemption spoils a mean. */
const KEPT = 64;

/** What two calls of the clock cost, which is as much as a hit of a fast cache: taken off each sample. */
let clockSeconds = Number.POSITIVE_INFINITY;
for (let i = 0; i < 20; i++) {
  const started = performance.now();
  clockSeconds = Math.min(clockSeconds, (performance.now() - started) / 1000);
}

/** A bounded sample of durations. */
export class HitTimes {
  readonly #seconds = new Float64Array(KEPT);
  #count = 0;

  /** Takes the time since `started`, milliseconds of `performance.now()`. */
  add(started: number): void {
    const seconds = (performance.now() - started) / 1000 - clockSeconds;
    this.#seconds[this.#count++ % KEPT] = Math.max(0, seconds);
  }

  /** Median of what is kept, seconds; `null` before the first sample. */
  median(): number | null {
    const kept = Math.min(this.#count, KEPT);
    if (kept === 0) return null;
    const sorted = this.#seconds.slice(0, kept).sort();
    return sorted[Math.floor(kept / 2)];
  }
}
