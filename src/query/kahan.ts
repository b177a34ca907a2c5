/** Sums that keep what rounding would lose (Kahan's method as Neumaier improved it). */

/** A running sum; `total` adds what was lost so far. */
export class KahanSum {
  sum = 0;
  lost = 0;

  /** Adds one number. */
  add(value: number): void {
    const next = this.sum + value;
    this.lost = lostBy(this.sum, value, next, this.lost);
    this.sum = next;
  }

  /** The sum. */
  get total(): number {
    return this.sum + this.lost;
  }
}

/** What is lost in all after `next` was rounded from `sum + value`. */
export function lostBy(sum: number, value: number, next: number, lost: number): number {
  if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) return 0;
  return Math.abs(sum) >= Math.abs(value) ? lost + (sum - next + value) : lost + (value - next + sum);
}

/** A mean that does not overflow: a plain sum while that is finite, then an incremental mean. */
export class KahanMean {
  private sum = 0;
  private lost = 0;
  private count = 0;
  private incremental = false;

  /** Takes one number in. */
  add(value: number): void {
    this.count++;
    if (this.count === 1) {
      this.sum = value;
      return;
    }
    if (!this.incremental) {
      const next = this.sum + value;
      if (Number.isFinite(next) || Number.isNaN(next)) {
        this.lost = lostBy(this.sum, value, next, this.lost);
        this.sum = next;
        return;
      }
      this.incremental = true;
      this.sum /= this.count - 1;
      this.lost /= this.count - 1;
    }
    const share = (this.count - 1) / this.count;
    const mean = share * this.sum;
    const part = value / this.count;
    const next = mean + part;
    this.lost = lostBy(mean, part, next, share * this.lost);
    this.sum = next;
  }

  /** The mean; `NaN` of nothing. */
  get mean(): number {
    return this.incremental ? this.sum + this.lost : this.sum / this.count + this.lost / this.count;
  }
}

/** A variance in one pass (Welford's method). */
export class Variance {
  private readonly center = new KahanSum();
  private readonly squares = new KahanSum();
  private count = 0;

  /** Takes one number in. */
  add(value: number): void {
    this.count++;
    const delta = value - this.center.total;
    this.center.add(delta / this.count);
    this.squares.add(delta * (value - this.center.total));
  }

  /** The variance of the numbers as a whole population; `NaN` of nothing. */
  get variance(): number {
    return this.squares.total / this.count;
  }
}
