/** Turns frames into the statistics of every section, keeping their distributions. */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import { Distribution, ExactBudget } from './distribution.ts';
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
  constructor(subject: string, width: number, budget: ExactBudget) {
    this.subject = subject;
    this.values = new Float64Array(width);
    this.distributions = Array.from({ length: width }, () => new Distribution(budget));
  }
}

/** Values that all statistics together keep exactly (16 MB), before they are counted in buckets. */
const EXACT_VALUES = 2 * 1024 * 1024;
/** More subjects than this in one section are left out: a bound on memory, which the caller warns of. */
const MOST_SUBJECTS = 5000;

/** One section at work. */
export class SectionState implements SectionWriter {
  readonly section: Section;
  /** Whether subjects were left out because there were too many. */
  full = false;
  private readonly rows = new Map<string, Row>();
  private readonly list: Row[] = [];
  private readonly bySlot: (SlotCache | undefined)[] = [];
  private readonly weights: readonly number[];
  private readonly spare: Row;
  private readonly budget: ExactBudget;
  private elapsed = Number.NaN;
  private pause = false;

  constructor(section: Section, budget: ExactBudget) {
    this.section = section;
    this.budget = budget;
    this.weights = section.stats.map(({ weight }) => section.stats.findIndex(({ name }) => name === weight));
    this.spare = new Row('', section.stats.length, budget);
  }

  /** Takes in a frame. */
  add(frame: Frame): void {
    const { list } = this;
    for (let i = 0; i < list.length; i++) list[i].current = false;
    if (!this.anyFresh(frame)) return;
    this.pause = frame.gap;
    // What stands at the end of a pause counts as one more observation, not for all of the pause.
    if (!frame.gap) this.elapsed = frame.elapsedSeconds;
    this.section.compute(frame, this);
    for (let i = 0; i < list.length; i++) if (list[i].current) this.keep(list[i]);
  }

  /** Whether a collector of the section was read in this tick: in a fast loop most are not. */
  private anyFresh(frame: Frame): boolean {
    const { collectors } = this.section;
    for (let i = 0; i < collectors.length; i++) if (frame.collector(collectors[i])?.fresh === true) return true;
    return false;
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
      this.full = true;
      return this.spare;
    }
    const row = new Row(subject, this.section.stats.length, this.budget);
    this.rows.set(subject, row);
    this.list.push(row);
    return row;
  }

  private begin(row: Row, elapsedSeconds: number): Float64Array {
    row.current = true;
    row.elapsedSeconds = elapsedSeconds;
    row.values.fill(Number.NaN);
    return row.values;
  }

  private keep(row: Row): void {
    const elapsed = this.pause || Number.isNaN(row.elapsedSeconds) ? this.elapsed : row.elapsedSeconds;
    for (let i = 0; i < row.values.length; i++) {
      const value = row.values[i];
      if (!Number.isFinite(value)) {
        row.values[i] = Number.NaN;
        continue;
      }
      const weight = this.weights[i] >= 0 ? row.values[this.weights[i]] * elapsed : elapsed;
      row.distributions[i].add(value, Number.isNaN(weight) ? 0 : weight);
    }
  }
}

/** All sections at work. */
export class Summarizer {
  readonly sections: readonly SectionState[];

  constructor(sections: readonly Section[]) {
    const budget = new ExactBudget(EXACT_VALUES);
    this.sections = sections.map((section) => new SectionState(section, budget));
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
