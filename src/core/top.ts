/**
 * The rows of a table that use most of something, without sorting the others: a heap of N entries
 * whose smallest stands on top, so that nearly every row costs one comparison. One instance is reused
 * from sample to sample and allocates nothing.
 */
import type { RepairedTable } from './repair.ts';

/** The largest rows of the last selection, largest first: `slots[0, length)` and their `scores`. */
export class Top {
  readonly slots: Int32Array;
  readonly scores: Float64Array;
  length = 0;

  /** `capacity` is the number of rows to keep, 1 or more. */
  constructor(capacity: number) {
    this.slots = new Int32Array(capacity);
    this.scores = new Float64Array(capacity);
  }

  /**
   * Selects by the sum of some columns (`columnsOf`): increases of counters, values of gauges. What is
   * not known counts as nothing, and a row with nothing is left out. Equal rows: the lower slot first.
   */
  select(table: RepairedTable, columns: readonly number[]): void {
    this.length = 0;
    const { width, size } = table.table;
    for (let slot = 0; slot < size; slot++) {
      if (!table.table.present(slot)) continue;
      let score = 0;
      for (let i = 0; i < columns.length; i++) score += figure(table, slot * width, columns[i]);
      if (score > 0) this.offer(slot, score);
    }
    this.sort();
  }

  private offer(slot: number, score: number): void {
    if (this.length < this.slots.length) {
      this.rise(this.length++, slot, score);
    } else if (score > this.scores[0]) {
      this.sink(slot, score, this.length);
    }
  }

  /** Whether entry `i` leaves the heap before one with this slot and score. */
  private under(i: number, slot: number, score: number): boolean {
    return this.scores[i] < score || (this.scores[i] === score && this.slots[i] > slot);
  }

  private rise(at: number, slot: number, score: number): void {
    let i = at;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.under(parent, slot, score)) break;
      this.put(i, this.slots[parent], this.scores[parent]);
      i = parent;
    }
    this.put(i, slot, score);
  }

  /** Puts an entry in the place of the smallest of the first `length`. */
  private sink(slot: number, score: number, length: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && this.under(child + 1, this.slots[child], this.scores[child])) child++;
      if (!this.under(child, slot, score)) break;
      this.put(i, this.slots[child], this.scores[child]);
      i = child;
    }
    this.put(i, slot, score);
  }

  private put(i: number, slot: number, score: number): void {
    this.slots[i] = slot;
    this.scores[i] = score;
  }

  /** The smallest of what is left goes to the end, over and over. */
  private sort(): void {
    for (let last = this.length - 1; last > 0; last--) {
      const slot = this.slots[0];
      const score = this.scores[0];
      this.sink(this.slots[last], this.scores[last], last);
      this.put(last, slot, score);
    }
  }
}

function figure(table: RepairedTable, from: number, column: number): number {
  const { type } = table.table.spec.columns[column];
  const value = type === 'counter' ? table.delta[from + column] : table.value[from + column];
  return Number.isNaN(value) ? 0 : value;
}

/** The places of the columns of these metrics, whatever their labels; for tables with fixed columns. */
export function columnsOf(table: RepairedTable, metrics: readonly string[]): number[] {
  return table.table.spec.columns.flatMap(({ metric }, i) => (metrics.includes(metric) ? [i] : []));
}
