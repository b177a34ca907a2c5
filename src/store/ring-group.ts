/**
 * The series that are read together, such as those of one collector: one column of timestamps for all of them. Reads
 * are numbered from 0 on; read `n` stands at `n % capacity` of every column. A capacity is a power of two and grows
 * until it holds the window, so that a slow collector takes little.
 */
import type { Labels } from '../core/series.ts';
import { bitsOf, isStaleAt, markStale } from '../core/stale.ts';
import type { RingBudget } from './ring-budget.ts';
import { RingSeries } from './ring-series.ts';

const FIRST_CAPACITY = 64;
/** Reads between two looks for series that have left the window. */
const SWEEP_READS = 32;
/** Samples that a buffer for answers has room for. */
const HANDED_OUT_AT_ONCE = 16_384;
/** Ended series that go at once when there is no room. */
const EVICT_AT_ONCE = 64;

/** How long and how much a group keeps. */
export interface GroupLimits {
  readonly windowMs: number;
  readonly maxReads: number;
}

/** Samples of one series, as a source hands them out. */
export interface Samples {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** See the module comment. */
export class RingGroup {
  /** By key. */
  readonly byKey = new Map<string, RingSeries>();
  private readonly series: RingSeries[] = [];
  private readonly limits: GroupLimits;
  private readonly budget: RingBudget;
  /** Called when a series comes or goes. */
  private readonly onChange: () => void;
  private capacity = FIRST_CAPACITY;
  private room: Float64Array = new Float64Array(0);
  private times: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Number of the oldest read in the window, and of the next one. */
  private first = 0;
  private next = 0;

  constructor(limits: GroupLimits, budget: RingBudget, onChange: () => void) {
    this.limits = limits;
    this.budget = budget;
    this.onChange = onChange;
  }

  /** Unix ms of the last read; `-Infinity` before the first. */
  get lastTime(): number {
    return this.next === 0 ? Number.NEGATIVE_INFINITY : this.times[(this.next - 1) & (this.capacity - 1)];
  }

  /** Unix ms of the oldest read in the window; `Infinity` without any. */
  get firstTime(): number {
    return this.first === this.next ? Number.POSITIVE_INFINITY : this.times[this.first & (this.capacity - 1)];
  }

  /** Begins a read in which no series has a sample yet; `false`, and nothing happens, unless time went on. */
  begin(t_ms: number): boolean {
    if (!(t_ms > this.lastTime)) return false;
    this.makeRoom(t_ms);
    const { series, next } = this;
    const at = next & (this.capacity - 1);
    this.times[at] = t_ms;
    for (let i = 0; i < series.length; i++) series[i].values[at] = Number.NaN;
    this.next = next + 1;
    if (this.next % SWEEP_READS === 0) this.sweep();
    return true;
  }

  /** Gives a series its sample of the current read. */
  put(series: RingSeries, value: number): void {
    series.values[(this.next - 1) & (this.capacity - 1)] = value;
    series.lastRead = this.next - 1;
    series.live = true;
  }

  /** Ends a series with a marker in the current read, unless it has ended before or has a sample in it. */
  end(series: RingSeries): void {
    if (!series.live || series.lastRead === this.next - 1) return;
    markStale(series.values, (this.next - 1) & (this.capacity - 1));
    series.lastRead = this.next - 1;
    series.live = false;
  }

  /** Ends every series that has no sample in the current read. */
  endOthers(): void {
    for (let i = 0; i < this.series.length; i++) this.end(this.series[i]);
  }

  /** The series with these labels, new if need be; `null` when there is no room for it. */
  open(name: string, labels: Labels): RingSeries | null {
    const key = RingSeries.keyOf(name, labels);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const { budget, capacity } = this;
    if (!budget.takeSeries(capacity)) {
      this.evict();
      if (!budget.takeSeries(capacity)) {
        budget.refused++;
        return null;
      }
    }
    const made = new RingSeries(name, labels, key, capacity);
    this.byKey.set(key, made);
    this.series.push(made);
    this.onChange();
    return made;
  }

  /** Numbers of the reads from `startMs` to `endMs`, the end excluded, with their times. */
  reads(startMs: number, endMs: number): { from: number; to: number; timestamps: Float64Array } {
    const from = this.firstAfter(startMs, false);
    const to = Math.max(from, this.firstAfter(endMs, true));
    return { from, to, timestamps: this.slice(this.times, from, to) };
  }

  /** What a series has in these reads; `undefined` when that is nothing. */
  samples(series: RingSeries, reads: ReturnType<RingGroup['reads']>): Samples | undefined {
    const { from, to, timestamps } = reads;
    if (series.lastRead < from) return undefined;
    const values = this.slice(series.values, from, to);
    const bits = bitsOf(values);
    const isThere = (i: number): boolean => !Number.isNaN(values[i]) || isStaleAt(bits, i);
    let kept = 0;
    for (let i = 0; i < values.length; ) {
      const start = i;
      while (i < values.length && isThere(i)) i++;
      if (i === values.length && start === 0) return { timestamps, values };
      if (i > start) kept += i - start;
      while (i < values.length && !isThere(i)) i++;
    }
    return kept === 0 ? undefined : compacted(timestamps, values, isThere, kept);
  }

  private slice(column: Float64Array, from: number, to: number): Float64Array {
    const { capacity } = this;
    const start = from & (capacity - 1);
    const out = this.handedOut(to - from);
    const head = Math.min(out.length, capacity - start);
    // Typed arrays copy bits, which a stale marker lives on.
    out.set(column.subarray(start, start + head));
    if (head < out.length) out.set(column.subarray(0, out.length - head), head);
    return out;
  }

  /** Room for samples that are handed out: pieces of a large one, as each buffer of its own costs more than the copy. */
  private handedOut(length: number): Float64Array {
    if (this.room.length < length) this.room = new Float64Array(Math.max(length, HANDED_OUT_AT_ONCE));
    const out = this.room.subarray(0, length);
    this.room = this.room.subarray(length);
    return out;
  }

  /** Number of the first read at `ms` or later; with `after`, later. */
  private firstAfter(ms: number, after: boolean): number {
    let low = this.first;
    let high = this.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const time = this.times[middle & (this.capacity - 1)];
      if (time < ms || (after && time === ms)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets go what has left the window; then, when all places are taken, finds more or gives up the oldest read. */
  private makeRoom(t_ms: number): void {
    const { limits } = this;
    while (this.first < this.next && this.firstTime < t_ms - limits.windowMs) this.first++;
    const held = this.next - this.first;
    if (held < limits.maxReads && (held < this.capacity || this.grow())) return;
    this.budget.shortened = true;
    this.first++;
  }

  private grow(): boolean {
    const { capacity, series, first, next } = this;
    if (!this.budget.takeBytes((series.length + 1) * capacity * 8)) return false;
    const grown = (column: Float64Array): Float64Array => {
      const wide = new Float64Array(capacity * 2).fill(Number.NaN);
      // Read by read in runs that end where either column begins again.
      for (let n = first; n < next; ) {
        const run = Math.min(next - n, capacity - (n & (capacity - 1)));
        const from = n & (capacity - 1);
        wide.set(column.subarray(from, from + run), n & (capacity * 2 - 1));
        n += run;
      }
      return wide;
    };
    this.times = grown(this.times);
    for (const each of series) each.values = grown(each.values);
    this.capacity = capacity * 2;
    return true;
  }

  /** Series that have nothing left in the window leave. */
  private sweep(): void {
    this.remove((each) => !each.live && each.lastRead < this.first);
  }

  /** The series that ended first leave before their time. */
  private evict(): void {
    const ended = this.series.filter(({ live }) => !live).sort((a, b) => a.lastRead - b.lastRead);
    const going = new Set(ended.slice(0, EVICT_AT_ONCE));
    if (going.size === 0) return;
    this.budget.evicted += going.size;
    this.remove((each) => going.has(each));
  }

  private remove(isGoing: (series: RingSeries) => boolean): void {
    const { series, budget, capacity } = this;
    let kept = 0;
    for (let i = 0; i < series.length; i++) {
      const each = series[i];
      if (!isGoing(each)) {
        series[kept++] = each;
        continue;
      }
      each.removed = true;
      this.byKey.delete(each.key);
      budget.giveSeries(capacity);
    }
    if (kept === series.length) return;
    series.length = kept;
    this.onChange();
  }
}

function compacted(
  timestamps: Float64Array,
  values: Float64Array,
  isThere: (i: number) => boolean,
  kept: number,
): Samples {
  const out = { timestamps: new Float64Array(kept), values: new Float64Array(kept) };
  let to = 0;
  for (let i = 0; i < values.length; ) {
    if (!isThere(i)) {
      i++;
      continue;
    }
    const start = i;
    while (i < values.length && isThere(i)) i++;
    out.timestamps.set(timestamps.subarray(start, i), to);
    out.values.set(values.subarray(start, i), to);
    to += i - start;
  }
  return out;
}
