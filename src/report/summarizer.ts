/** Turns frames into the statistics of every section, keeping their distributions. */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import { Distribution } from './distribution.ts';
import type { Section, SectionWriter } from './section.ts';

/** A subject of a section with its values of this frame and its distributions so far. */
export interface SubjectRow {
  readonly subject: string;
  readonly values: Float64Array;
  readonly distributions: readonly Distribution[];
  /** Whether the current frame has values of it. */
  current: boolean;
}

interface SlotCache {
  table: RepairedTable;
  epoch: number;
  row: Row;
}

class Row implements SubjectRow {
  readonly subject: string;
  readonly values: Float64Array;
  readonly distributions: readonly Distribution[];
  current = false;
  elapsedSeconds = 0;
  constructor(subject: string, width: number) {
    this.subject = subject;
    this.values = new Float64Array(width);
    this.distributions = Array.from({ length: width }, () => new Distribution());
  }
}

/** More subjects than this in one section are not kept apart: a bound on memory, said in the report. */
const MOST_SUBJECTS = 5000;

/** One section at work. */
export class SectionState implements SectionWriter {
  readonly section: Section;
  /** Subjects that were not kept because there were too many. */
  dropped = 0;
  private readonly rows = new Map<string, Row>();
  private readonly bySlot: (SlotCache | undefined)[] = [];
  private readonly weights: readonly number[];
  private readonly spare: Row;
  private elapsed = 0;

  constructor(section: Section) {
    this.section = section;
    this.weights = section.stats.map(({ weight }) => section.stats.findIndex(({ name }) => name === weight));
    this.spare = new Row('', section.stats.length);
  }

  /** Takes in a frame. */
  add(frame: Frame): void {
    for (const row of this.rows.values()) row.current = false;
    this.elapsed = frame.elapsedSeconds;
    this.section.compute(frame, this);
    for (const row of this.rows.values()) if (row.current) this.keep(row);
  }

  row(subject: string, elapsedSeconds: number): Float64Array {
    return this.begin(this.rowOf(subject), elapsedSeconds);
  }

  slot(table: RepairedTable, slot: number, name: (table: RepairedTable, slot: number) => string): Float64Array {
    const epoch = table.table.epoch[slot];
    const cached = this.bySlot[slot];
    if (cached !== undefined && cached.epoch === epoch && cached.table === table) {
      return this.begin(cached.row, table.elapsedSeconds);
    }
    const row = this.rowOf(name(table, slot));
    this.bySlot[slot] = { table, epoch, row };
    return this.begin(row, table.elapsedSeconds);
  }

  /** Every subject seen so far, in the order of first sight. */
  subjects(): Iterable<SubjectRow> {
    return this.rows.values();
  }

  /** One subject, or `undefined` when it was never seen. */
  subject(name: string): SubjectRow | undefined {
    return this.rows.get(name);
  }

  private rowOf(subject: string): Row {
    const known = this.rows.get(subject);
    if (known !== undefined) return known;
    if (this.rows.size >= MOST_SUBJECTS) {
      this.dropped++;
      return this.spare;
    }
    const row = new Row(subject, this.section.stats.length);
    this.rows.set(subject, row);
    return row;
  }

  private begin(row: Row, elapsedSeconds: number): Float64Array {
    row.current = true;
    row.elapsedSeconds = elapsedSeconds;
    row.values.fill(Number.NaN);
    return row.values;
  }

  private keep(row: Row): void {
    const elapsed = Number.isNaN(row.elapsedSeconds) ? this.elapsed : row.elapsedSeconds;
    for (let i = 0; i < row.values.length; i++) {
      const value = row.values[i];
      if (Number.isNaN(value)) continue;
      const weight = this.weights[i] >= 0 ? row.values[this.weights[i]] * elapsed : elapsed;
      row.distributions[i].add(value, Number.isNaN(weight) ? 0 : weight);
    }
  }
}

/** All sections at work. */
export class Summarizer {
  readonly sections: readonly SectionState[];

  constructor(sections: readonly Section[]) {
    this.sections = sections.map((section) => new SectionState(section));
  }

  /** Takes in a frame; the baseline has nothing to add. */
  add(frame: Frame): void {
    if (frame.index === 0) return;
    for (const state of this.sections) state.add(frame);
  }

  /** The state of a section by resource and key. */
  section(resource: string, key: string): SectionState | undefined {
    return this.sections.find(({ section }) => section.resource === resource && section.key === key);
  }

  /** The distribution of one statistic, or `undefined` when it was never observed. */
  find(resource: string, key: string, subject: string, stat: string): Distribution | undefined {
    const state = this.section(resource, key);
    const index = state?.section.stats.findIndex(({ name }) => name === stat) ?? -1;
    const found = index < 0 ? undefined : state?.subject(subject)?.distributions[index];
    return found !== undefined && found.samples > 0 ? found : undefined;
  }
}
