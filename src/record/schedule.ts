/** When to sample: multiples of the interval counted from the start, so that lateness never adds up. */
export class Schedule {
  /** Ticks whose time passed while we could not run. */
  missed = 0;
  private readonly startSeconds: number;
  private intervalSeconds: number;
  private base: number;
  private index = 0;

  constructor(intervalSeconds: number, startSeconds: number) {
    this.intervalSeconds = intervalSeconds;
    this.startSeconds = startSeconds;
    this.base = startSeconds;
  }

  /** The current interval in seconds. */
  get interval(): number {
    return this.intervalSeconds;
  }

  /** Seconds since the start at which the tick after one at `now` is due; counts what was missed. */
  next(now: number): number {
    const passed = Math.floor((now - this.base) / this.intervalSeconds + 1e-6);
    const following = Math.max(this.index, passed) + 1;
    this.missed += following - this.index - 1;
    this.index = following;
    return this.base + this.index * this.intervalSeconds;
  }

  /** Continues from `now` with another interval; ticks left out on purpose do not count as missed. */
  lengthen(intervalSeconds: number, now: number): void {
    this.intervalSeconds = intervalSeconds;
    this.base = now;
    this.index = 0;
  }

  /** Seconds since the first tick. */
  elapsed(now: number): number {
    return now - this.startSeconds;
  }
}
