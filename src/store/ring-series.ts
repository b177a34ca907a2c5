/** One series of the ring: its labels, and a column that its group fills read by read. */
import { compareEntries, type LabelEntry } from '../core/label-order.ts';
import type { Labels } from '../core/series.ts';
import { seriesKey } from '../core/series.ts';

/** A column of samples; `NaN` means that this read had none, a stale marker that the series ended there. */
export class RingSeries {
  /** Of the metric. */
  readonly name: string;
  /** Sorted by name, with `__name__`, without empty values. */
  readonly entries: readonly LabelEntry[];
  readonly labels: Labels;
  /** Equal for equal labels only. */
  readonly key: string;
  values: Float64Array;
  /** Number of the last read in which it had a sample or a marker. */
  lastRead = -1;
  /** Whether its last entry is a sample: an ended series has a marker there. */
  live = false;
  /** Whether it has left the ring; who still refers to it opens it again. */
  removed = false;

  constructor(name: string, labels: Labels, key: string, capacity: number) {
    const filled = [['__name__', name] as const, ...Object.entries(labels)].filter(([, value]) => value !== '');
    this.entries = filled.sort(([a], [b]) => (a < b ? -1 : 1));
    this.labels = Object.fromEntries(this.entries);
    this.name = name;
    this.key = key;
    this.values = new Float64Array(capacity).fill(Number.NaN);
  }

  /** What tells series apart. */
  static keyOf(name: string, labels: Labels): string {
    return seriesKey(name, labels);
  }
}

/** The order in which sources hand out series. */
export function inOrder(a: RingSeries, b: RingSeries): number {
  return compareEntries(a.entries, b.entries);
}
