/** Aggregations that take one series after another into columns, one element for each step. */
import { lostBy } from '../kahan.ts';
import { quantile } from '../quantile.ts';
import type { Series } from './value.ts';

/** The aggregation of one group. */
export interface Accumulator {
  /** Takes a series in; `seen` says at which steps the group had a value before. */
  add(series: Series, seen: Uint8Array): void;
  /** Writes the result of every step. */
  finish(out: Float64Array): void;
}

type Combine = (soFar: number, value: number) => number;

/** Aggregations that need nothing but the result so far. */
class Fold implements Accumulator {
  private readonly result: Float64Array;
  private readonly first: (value: number) => number;
  private readonly combine: Combine;

  constructor(count: number, first: (value: number) => number, combine: Combine) {
    this.result = new Float64Array(count);
    this.first = first;
    this.combine = combine;
  }

  add({ values, present }: Series, seen: Uint8Array): void {
    const { result, first, combine } = this;
    for (let i = 0; i < present.length; i++) {
      if (present[i] === 1) result[i] = seen[i] === 1 ? combine(result[i], values[i]) : first(values[i]);
    }
  }

  finish(out: Float64Array): void {
    out.set(this.result);
  }
}

class Sum implements Accumulator {
  private readonly sum: Float64Array;
  private readonly lost: Float64Array;

  constructor(count: number) {
    this.sum = new Float64Array(count);
    this.lost = new Float64Array(count);
  }

  add({ values, present }: Series, seen: Uint8Array): void {
    const { sum, lost } = this;
    for (let i = 0; i < present.length; i++) {
      if (present[i] === 0) continue;
      if (seen[i] === 0) {
        sum[i] = values[i];
        continue;
      }
      const next = sum[i] + values[i];
      lost[i] = lostBy(sum[i], values[i], next, lost[i]);
      sum[i] = next;
    }
  }

  finish(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.sum[i] + this.lost[i];
  }
}

/** A plain sum while that is finite, then an incremental mean. */
class Mean implements Accumulator {
  private readonly sum: Float64Array;
  private readonly lost: Float64Array;
  private readonly count: Float64Array;
  private readonly incremental: Uint8Array;

  constructor(count: number) {
    this.sum = new Float64Array(count);
    this.lost = new Float64Array(count);
    this.count = new Float64Array(count);
    this.incremental = new Uint8Array(count);
  }

  add({ values, present }: Series): void {
    for (let i = 0; i < present.length; i++) if (present[i] === 1) this.addAt(i, values[i]);
  }

  private addAt(i: number, value: number): void {
    const { sum, lost, incremental } = this;
    const count = ++this.count[i];
    if (count === 1) {
      sum[i] = value;
      return;
    }
    if (incremental[i] === 0) {
      const next = sum[i] + value;
      if (next !== Number.POSITIVE_INFINITY && next !== Number.NEGATIVE_INFINITY) {
        lost[i] = lostBy(sum[i], value, next, lost[i]);
        sum[i] = next;
        return;
      }
      incremental[i] = 1;
      sum[i] /= count - 1;
      lost[i] /= count - 1;
    }
    const share = (count - 1) / count;
    const mean = share * sum[i];
    const next = mean + value / count;
    lost[i] = lostBy(mean, value / count, next, share * lost[i]);
    sum[i] = next;
  }

  finish(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) {
      const by = this.incremental[i] === 1 ? 1 : this.count[i];
      out[i] = this.sum[i] / by + this.lost[i] / by;
    }
  }
}

/** Welford's method. */
class Spread implements Accumulator {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private readonly count: Float64Array;
  private readonly root: boolean;

  constructor(count: number, root: boolean) {
    this.mean = new Float64Array(count);
    this.squares = new Float64Array(count);
    this.count = new Float64Array(count);
    this.root = root;
  }

  add({ values, present }: Series): void {
    const { mean, squares, count } = this;
    for (let i = 0; i < present.length; i++) {
      if (present[i] === 0) continue;
      const value = values[i];
      const n = ++count[i];
      if (n === 1) {
        mean[i] = value;
        squares[i] = Number.isFinite(value) ? 0 : Number.NaN;
        continue;
      }
      const delta = value - mean[i];
      mean[i] += delta / n;
      squares[i] += delta * (value - mean[i]);
    }
  }

  finish(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) {
      const variance = this.squares[i] / this.count[i];
      out[i] = this.root ? Math.sqrt(variance) : variance;
    }
  }
}

class Quantile implements Accumulator {
  private readonly series: Series[] = [];
  private readonly q: Float64Array;

  constructor(q: Float64Array) {
    this.q = q;
  }

  add(series: Series): void {
    this.series.push(series);
  }

  finish(out: Float64Array): void {
    const buffer = new Float64Array(this.series.length);
    for (let i = 0; i < out.length; i++) {
      let size = 0;
      for (const { present, values } of this.series) if (present[i] === 1) buffer[size++] = values[i];
      if (size > 0) out[i] = quantile(this.q[i], buffer.subarray(0, size));
    }
  }
}

const itself = (value: number): number => value;
const one = (): number => 1;

/** How each group of an aggregation is computed; `param` is there for those that have one. */
export const accumulators: Readonly<Record<string, (count: number, param: Float64Array) => Accumulator>> = {
  sum: (count) => new Sum(count),
  avg: (count) => new Mean(count),
  min: (count) => new Fold(count, itself, (low, value) => (low > value || Number.isNaN(low) ? value : low)),
  max: (count) => new Fold(count, itself, (high, value) => (high < value || Number.isNaN(high) ? value : high)),
  count: (count) => new Fold(count, one, (soFar) => soFar + 1),
  group: (count) => new Fold(count, one, one),
  stddev: (count) => new Spread(count, true),
  stdvar: (count) => new Spread(count, false),
  quantile: (_, param) => new Quantile(param),
};
