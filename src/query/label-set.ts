/** Label sets while a query is evaluated: sorted, immutable, comparable by one string. */
import { compareEntries, type LabelEntry as Entry } from '../core/label-order.ts';
import type { Labels } from '../core/series.ts';

/** The label that holds a metric's name. */
export const METRIC_NAME = '__name__';
/** Labels that describe the metric and go when a function makes something else of it. */
const metadata: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__']);
const known = new WeakMap<Labels, LabelSet>();

/** An immutable label set; labels with an empty value are not in it. */
export class LabelSet {
  static readonly empty = new LabelSet([]);

  readonly entries: readonly Entry[];
  private text: string | undefined;
  private nameless: LabelSet | undefined;

  private constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  /** Of a plain object, which is remembered: sources hand out the same one again and again. */
  static of(labels: Labels): LabelSet {
    let set = known.get(labels);
    if (set === undefined) {
      set = LabelSet.from(Object.entries(labels));
      known.set(labels, set);
    }
    return set;
  }

  /** Of entries in any order; the last one of a name counts. */
  static from(entries: Iterable<Entry>): LabelSet {
    const filled = [...new Map(entries)].filter(([, value]) => value !== '');
    return new LabelSet(filled.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Equal for equal label sets only. */
  get key(): string {
    this.text ??= this.entries.map(([name, value]) => `${name.length}:${name}${value.length}:${value}`).join('');
    return this.text;
  }

  /** Value of a label; the empty string when there is none. */
  get(name: string): string {
    for (const entry of this.entries) if (entry[0] === name) return entry[1];
    return '';
  }

  /** With one label set, or removed when the value is empty. */
  with(name: string, value: string): LabelSet {
    return LabelSet.from([...this.entries.filter(([each]) => each !== name), [name, value]]);
  }

  /** Only these labels. */
  only(names: ReadonlySet<string>): LabelSet {
    return new LabelSet(this.entries.filter(([name]) => names.has(name)));
  }

  /** All labels but these. */
  without(names: ReadonlySet<string>): LabelSet {
    return new LabelSet(this.entries.filter(([name]) => !names.has(name)));
  }

  /** Without the metric's name and its other metadata. */
  withoutName(): LabelSet {
    this.nameless ??= this.entries.some(([name]) => metadata.has(name)) ? this.without(metadata) : this;
    return this.nameless;
  }

  /** As a plain object. */
  toRecord(): Record<string, string> {
    return Object.fromEntries(this.entries);
  }

  /** As Prometheus writes it: `{a="b", c="d"}`. */
  toString(): string {
    return `{${this.entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  }
}

/** Order of label sets, as `compareEntries` has it. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  return compareEntries(a.entries, b.entries);
}
