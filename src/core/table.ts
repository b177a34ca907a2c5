/**
 * Rows of figures that are refilled at every sample without allocating.
 *
 * A subject (device, CPU, pid, key of a key-value file) gets a *slot* when it first appears; its
 * figures are `values[slot * width + column]`, `NaN` meaning "not known in this sample". Kernel
 * files list their subjects in a stable order, so each entry remembers the one that followed it and
 * the common lookup is one byte comparison; only a new or moved subject costs a string.
 */
import type { Column, TableSpec } from './metric.ts';

/** A subject that has a slot. */
export interface Row {
  readonly key: string;
  /** Values of `TableSpec.labels`. */
  readonly labels: readonly string[];
  /** The figures of this row, in column order. */
  readonly columns: readonly Column[];
  /** Something about the subject for people, never a label: a shortened command line. */
  readonly detail?: string;
}

const IGNORED = -1;
const DEAD = -2;
/** Samples that a vanished subject keeps its slot, so that its return is seen as such. */
const LINGER_SAMPLES = 3;
/** Left-out subjects to remember before those that are gone are forgotten (mount points of containers). */
const IGNORED_AT_LEAST = 1024;

interface Entry {
  readonly key: Uint8Array;
  readonly text: string;
  slot: number;
  /** For a subject that the table leaves out: the last sample that held it. */
  ignoredAt: number;
  next: Entry | null;
}

const utf8 = new TextDecoder('utf-8', { fatal: false });

function sameBytes(key: Uint8Array, buf: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (key.length !== length) return false;
  for (let i = length - 1; i >= 0; i--) if (key[i] !== buf[start + i]) return false;
  return true;
}

function latin1(buf: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(buf[i]);
  return text;
}

/** One table of a collector; see the module comment. */
export class Table {
  readonly spec: TableSpec;
  /** Figures per row. */
  readonly width: number;
  /** `slot * width + column`; `NaN` is "not known". Reallocated when the table grows. */
  values: Float64Array;
  /** Slots in use or once used: iterate `0 .. size - 1` and ask `present(slot)`. */
  size = 0;
  /** Raised when a slot gets another subject, or the same subject after an absence or re-creation. */
  epoch = new Uint32Array(16);
  /** Raised whenever a subject gets or loses a slot or other labels; readers that cache slots compare it. */
  layout = 0;
  /** The sample that the table shows; raised by `begin`. */
  generation = 1;
  private rows: (Row | undefined)[] = [];
  /**
   * The last sample of each slot, 0 for none yet: a subject is present when it is the current `generation`.
   * Doubles, as 2^32 samples of 10 ms are 497 days.
   */
  seen = new Float64Array(16);
  private identity = new Float64Array(16).fill(Number.NaN);
  private readonly entries = new Map<string, Entry>();
  private readonly free: number[] = [];
  private readonly head: Entry = { key: new Uint8Array(0), text: '', slot: IGNORED, ignoredAt: 0, next: null };
  private cursor = this.head;
  private linger = 0;
  private ignored = 0;
  private ignoredLimit = IGNORED_AT_LEAST;

  constructor(spec: TableSpec) {
    this.spec = spec;
    this.width = spec.describe ? 1 : spec.columns.length;
    this.values = new Float64Array(16 * this.width).fill(Number.NaN);
  }

  /** Starts a new sample: every subject is absent until it is touched. */
  begin(): void {
    this.generation++;
    this.cursor = this.head;
  }

  /** Ends a sample: subjects that stayed away for long give their slot back. */
  commit(): void {
    if (++this.linger < LINGER_SAMPLES) return;
    this.linger = 0;
    for (let slot = 0; slot < this.size; slot++) {
      const seen = this.seen[slot];
      if (this.rows[slot] !== undefined && this.generation - seen >= LINGER_SAMPLES) this.release(slot);
    }
    if (this.ignored > this.ignoredLimit) this.forgetIgnored();
  }

  /** Whether the subject of this slot is there in the current sample. */
  present(slot: number): boolean {
    return this.seen[slot] === this.generation;
  }

  /** Whether the sample holds any subject. */
  anyPresent(): boolean {
    for (let slot = 0; slot < this.size; slot++) if (this.present(slot)) return true;
    return false;
  }

  /** The subject of a slot that is or recently was present. */
  row(slot: number): Row {
    return this.rows[slot] as Row;
  }

  /** Whether a slot has a subject at all (present now, or gone for only a few samples). */
  used(slot: number): boolean {
    return this.rows[slot] !== undefined;
  }

  /**
   * The slot of the subject whose key stands in `buf[start, end)`, marked present with all figures
   * unknown; `-1` when the table leaves it out. Allocates only for a subject not met before.
   */
  at(buf: Uint8Array, start: number, end: number): number {
    let entry = this.cursor.next;
    if (entry === null || entry.slot === DEAD || !sameBytes(entry.key, buf, start, end)) {
      entry = this.lookup(latin1(buf, start, end));
      this.cursor.next = entry;
    }
    this.cursor = entry;
    return this.meet(entry);
  }

  /** As `at`, for a key that is a string already (one byte a character, as read from the kernel). */
  slot(key: string, labels?: readonly string[]): number {
    return this.meet(this.lookup(key, labels));
  }

  /** The slot of the only row of a table without subjects. */
  single(): number {
    return this.slot('');
  }

  /** Marks a known slot present, with all figures unknown unless it was touched in this sample before. */
  touch(slot: number): void {
    const seen = this.seen[slot];
    if (seen === this.generation) return;
    if (seen !== 0 && seen !== this.generation - 1) this.epoch[slot]++;
    this.seen[slot] = this.generation;
    if (this.width === 1) this.values[slot] = Number.NaN;
    else this.values.fill(Number.NaN, slot * this.width, (slot + 1) * this.width);
  }

  /** As `touch`, but the figures of the sample before stay: for a subject that is known not to have moved. */
  keep(slot: number): void {
    if (this.seen[slot] === this.generation - 1 && this.seen[slot] !== 0) this.seen[slot] = this.generation;
    else this.touch(slot);
  }

  /** Gives the same subject other labels (a process that changed its name): its figures go on. */
  relabel(slot: number, labels: readonly string[], detail?: string): void {
    this.rows[slot] = { ...this.row(slot), labels, detail };
    this.layout++;
  }

  /**
   * Tells what makes this subject the same one as in the last sample (a process's start time, a
   * device's number). A change raises the epoch: the same name, but another subject. `NaN`, not
   * known in this sample, proves nothing.
   */
  identify(slot: number, identity: number): void {
    const last = this.identity[slot];
    if (last === identity || Number.isNaN(identity)) return;
    if (!Number.isNaN(last)) this.epoch[slot]++;
    this.identity[slot] = identity;
  }

  /** As many subjects as the table remembers, left-out ones included: what bounds its memory. */
  get remembered(): number {
    return this.entries.size;
  }

  /** Shows no subject at all: the source could not be read in this sample. */
  clear(): void {
    this.begin();
    this.commit();
  }

  private meet(entry: Entry): number {
    if (entry.slot >= 0) this.touch(entry.slot);
    else entry.ignoredAt = this.generation;
    return entry.slot;
  }

  private lookup(text: string, labels?: readonly string[]): Entry {
    const known = this.entries.get(text);
    if (known !== undefined) return known;
    const { spec } = this;
    const columns = spec.describe ? describeOne(spec.describe(text)) : spec.columns;
    const accepted = columns !== null && (spec.accept === undefined || spec.accept(text));
    const entry: Entry = { key: bytesOf(text), text, slot: IGNORED, ignoredAt: this.generation, next: null };
    if (accepted) entry.slot = this.allot({ key: text, labels: labels ?? this.labelsOf(text), columns });
    else this.ignored++;
    this.entries.set(text, entry);
    return entry;
  }

  private labelsOf(text: string): readonly string[] {
    const { spec } = this;
    if (spec.labelsOf) return spec.labelsOf(text);
    return spec.labels.length === 0 ? [] : [utf8.decode(bytesOf(text))];
  }

  private allot(row: Row): number {
    const slot = this.free.pop() ?? this.size++;
    if (slot >= this.seen.length) this.grow();
    this.rows[slot] = row;
    this.seen[slot] = 0;
    this.epoch[slot]++;
    this.identity[slot] = Number.NaN;
    this.layout++;
    return slot;
  }

  private release(slot: number): void {
    const row = this.rows[slot] as Row;
    this.bury(this.entries.get(row.key) as Entry);
    this.rows[slot] = undefined;
    this.free.push(slot);
    this.layout++;
  }

  private forgetIgnored(): void {
    for (const entry of this.entries.values()) {
      if (entry.slot !== IGNORED || entry.ignoredAt === this.generation) continue;
      this.bury(entry);
      this.ignored--;
    }
    this.ignoredLimit = Math.max(IGNORED_AT_LEAST, 2 * this.ignored);
  }

  /** Entries may still point to this one as their follower: it must not be taken for alive. */
  private bury(entry: Entry): void {
    entry.slot = DEAD;
    entry.next = null;
    this.entries.delete(entry.text);
  }

  private grow(): void {
    const capacity = this.seen.length * 2;
    this.seen = copyInto(new Float64Array(capacity), this.seen);
    this.epoch = copyInto(new Uint32Array(capacity), this.epoch);
    this.identity = copyInto(new Float64Array(capacity).fill(Number.NaN), this.identity);
    this.values = copyInto(new Float64Array(capacity * this.width).fill(Number.NaN), this.values);
  }
}

function describeOne(column: Column | null): readonly Column[] | null {
  return column === null ? null : [column];
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function copyInto<T extends Uint32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
