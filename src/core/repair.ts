/**
 * The one engine between a collector and everything that reads its figures. It turns raw counters
 * into repaired ones (monotone except at a marked reset) and their increases, so that tables, ring,
 * store and PromQL agree. Facts behind the rules: node_exporter `collector/cpu_linux.go` (idle falls
 * below 3 s are held), sysstat #259 #312 #433 (underflow rows), elastic/beats#30480 (32-bit wraps).
 */
import type { Column } from './metric.ts';
import { Outcome, outcomeNames } from './outcome.ts';
import type { Table } from './table.ts';

/** A 32-bit counter that falls from its last quarter to its first one has wrapped. */
const WRAP_FROM = 0.75;
const WRAP_TO = 0.25;

/** The repaired view of one table, refilled by `update` after every read of the table. */
export class RepairedTable {
  readonly table: Table;
  /** Repaired figures at `slot * width + column`; counters fall only where `outcome` is `reset`, `first` or `recreated`. */
  value: Float64Array;
  /** Increase of a counter since the last read; `NaN` for gauges and where it is not known. */
  delta: Float64Array;
  /** An `Outcome` a figure. */
  outcome: Uint8Array;
  /** Seconds between the last two reads, `NaN` before the second. */
  elapsedSeconds = Number.NaN;
  /** Whether the last interval was a pause: its increases are true, its rates are not observations. */
  gap = false;
  /** Figures a sample by outcome since the start. */
  readonly counts = new Float64Array(outcomeNames.length);
  private last: Float64Array;
  private offset: Float64Array;
  private epoch: Uint32Array;
  private wasPresent: Uint8Array;
  /** 1 for a slot that this update has dealt with already. */
  private done: Uint8Array;
  private readAt = Number.NaN;
  /** 1 for a figure that only grows; set when a subject gets its slot. */
  private grows: Uint8Array;
  /** Whether a fall of one figure can mean that the whole row began again. */
  private readonly rowsBegin: boolean;
  /** By column, the fall from which on it does. */
  private readonly limits: Float64Array;
  private generation = 0;
  /** The table has not changed for two updates: what the last one counted, to be counted again. */
  private still = false;
  private readonly countsBefore = new Float64Array(outcomeNames.length);

  constructor(table: Table) {
    this.table = table;
    this.limits = Float64Array.from(table.spec.columns, ({ mayFallBy }) => mayFallBy ?? Number.POSITIVE_INFINITY);
    this.rowsBegin = this.limits.some(Number.isFinite);
    const length = table.values.length;
    this.value = new Float64Array(length).fill(Number.NaN);
    this.delta = new Float64Array(length).fill(Number.NaN);
    this.outcome = new Uint8Array(length);
    this.grows = new Uint8Array(length);
    this.last = new Float64Array(length).fill(Number.NaN);
    this.offset = new Float64Array(length);
    this.epoch = new Uint32Array(length / table.width);
    this.wasPresent = new Uint8Array(length / table.width);
    this.done = new Uint8Array(length / table.width);
  }

  /**
   * Takes in the table as read at `monotonicSeconds`; `gap` marks an interval that was a pause, and
   * `readable = false` that the source could not be read, so that nothing is known of its subjects.
   */
  update(monotonicSeconds: number, gap: boolean, readable = true): void {
    const { table } = this;
    if (table.values.length > this.value.length) this.grow();
    const firstRead = Number.isNaN(this.readAt);
    this.elapsedSeconds = monotonicSeconds - this.readAt;
    this.readAt = monotonicSeconds;
    this.gap = gap;
    const unchanged = readable && !gap && table.generation === this.generation;
    this.generation = table.generation;
    if (unchanged && this.still) {
      this.countAgain();
      return;
    }
    this.still = false;
    this.countsBefore.set(this.counts);
    const moved = this.advanceRows(gap);
    for (let slot = 0; moved && slot < table.size; slot++) {
      if (this.done[slot] === 1) continue;
      if (table.present(slot)) this.updateRow(slot, firstRead, gap);
      else this.loseRow(slot, readable ? Outcome.offline : Outcome.unavailable);
    }
    // The first update without a change sets every increase to 0; from the next one on there is nothing to do.
    if (unchanged) {
      for (let i = 0; i < this.counts.length; i++) this.countsBefore[i] = this.counts[i] - this.countsBefore[i];
      this.still = true;
    }
  }

  private countAgain(): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += this.countsBefore[i];
  }

  /**
   * The common case of all rows in one loop without calls: the same subject, its counters known and not
   * fallen. Rows that are something else are marked as not done; `true` when there are any.
   */
  private advanceRows(gap: boolean): boolean {
    const { table, epoch, done, rowsBegin } = this;
    const { seen, generation, size } = table;
    const epochs = table.epoch;
    let left = false;
    for (let slot = 0; slot < size; slot++) {
      const same = seen[slot] === generation && epoch[slot] === epochs[slot] && !gap;
      done[slot] = same && !(rowsBegin && this.fellTooFar(slot)) ? 1 : 0;
      if (done[slot] === 0) left = true;
    }
    this.advanceFigures();
    return left;
  }

  private advanceFigures(): void {
    const { table, value, delta, last, offset, outcome, grows, done } = this;
    const { values, width, size } = table;
    let ok = 0;
    let unknown = 0;
    let slot = 0;
    let end = width;
    for (let i = 0; i < size * width; i++) {
      if (i === end) {
        slot++;
        end += width;
      }
      if (done[slot] === 0) continue;
      const raw = values[i];
      const increase = raw - last[i];
      if (grows[i] === 1 && increase >= 0) {
        last[i] = raw;
        value[i] = raw + offset[i];
        delta[i] = increase;
      } else if (grows[i] === 0 && !Number.isNaN(raw)) {
        value[i] = raw;
      } else if (outcome[i] === Outcome.unavailable && Number.isNaN(raw)) {
        unknown++;
        continue;
      } else {
        this.advanceSlowly(slot, i);
        continue;
      }
      outcome[i] = Outcome.ok;
      ok++;
    }
    this.counts[Outcome.ok] += ok;
    this.counts[Outcome.unavailable] += unknown;
  }

  private advanceSlowly(slot: number, i: number): void {
    const { table } = this;
    const column = table.row(slot).columns[i - slot * table.width];
    if (this.grows[i] === 1) this.advance(i, column.wrapAt ?? 0, column.mayFallBy ?? 0, false);
    else this.show(i, table.values[i]);
    this.counts[this.outcome[i]]++;
  }

  /** A row that is new, has returned, began again or comes after a pause. */
  private updateRow(slot: number, firstRead: boolean, gap: boolean): void {
    const { table } = this;
    const { width } = table;
    const from = slot * width;
    const outcome = this.rowOutcome(slot, this.epoch[slot] !== table.epoch[slot]);
    const born = this.bornNow(slot, outcome, firstRead);
    this.epoch[slot] = table.epoch[slot];
    this.wasPresent[slot] = 1;
    const columns = table.row(slot).columns;
    const hotplug = outcome === Outcome.ok && this.fellTooFar(slot);
    for (let c = 0; c < width; c++) {
      const i = from + c;
      this.grows[i] = accumulates(columns[c]) ? 1 : 0;
      if (outcome !== Outcome.ok) {
        this.restart(i, outcome, this.grows[i] === 1 && born);
      } else if (this.grows[i] === 0) {
        this.show(i, table.values[i]);
      } else if (hotplug) {
        this.restart(i, Outcome.reset, false);
      } else {
        this.advance(i, gap ? 0 : (columns[c].wrapAt ?? 0), columns[c].mayFallBy ?? 0, gap);
      }
      this.counts[this.outcome[i]]++;
    }
  }

  private rowOutcome(slot: number, changed: boolean): 0 | 1 | 4 {
    if (!changed) return Outcome.ok;
    return this.epoch[slot] === 0 ? Outcome.first : Outcome.recreated;
  }

  /** Whether the subject began within this interval; one that was only out of sight did not. */
  private bornNow(slot: number, outcome: number, firstRead: boolean): boolean {
    const { bornAtZero = false } = this.table.spec;
    if (bornAtZero === false || firstRead) return false;
    if (outcome !== Outcome.first && (outcome !== Outcome.recreated || this.wasPresent[slot] === 0)) return false;
    return bornAtZero === true || bornAtZero(this.table.row(slot).labels);
  }

  /** One counter of the row fell by more than the kernel's own wobble: the whole row began again. */
  private fellTooFar(slot: number): boolean {
    const { last, limits } = this;
    const { values, width } = this.table;
    const from = slot * width;
    for (let c = 0; c < limits.length; c++) if (last[from + c] - values[from + c] >= limits[c]) return true;
    return false;
  }

  private restart(i: number, outcome: number, bornAtZero: boolean): void {
    const raw = this.table.values[i];
    this.last[i] = raw;
    this.offset[i] = 0;
    this.value[i] = raw;
    this.delta[i] = bornAtZero ? raw : Number.NaN;
    this.outcome[i] = Number.isNaN(raw) ? Outcome.unavailable : outcome;
  }

  private show(i: number, raw: number): void {
    this.value[i] = raw;
    this.delta[i] = Number.NaN;
    this.outcome[i] = Number.isNaN(raw) ? Outcome.unavailable : Outcome.ok;
  }

  private advance(i: number, wrapAt: number, mayFallBy: number, gap: boolean): void {
    const raw = this.table.values[i];
    const last = this.last[i];
    if (Number.isNaN(raw) || Number.isNaN(last)) {
      this.restart(i, Outcome.first, false);
      return;
    }
    let increase = raw - last;
    if (increase < 0) {
      if (increase > -mayFallBy) {
        this.value[i] = last + this.offset[i];
        this.delta[i] = 0;
        this.outcome[i] = Outcome.clamped;
        return;
      }
      if (!(last >= wrapAt * WRAP_FROM && last < wrapAt && raw <= wrapAt * WRAP_TO)) {
        this.restart(i, Outcome.reset, false);
        return;
      }
      increase += wrapAt;
      this.offset[i] += wrapAt;
    }
    this.last[i] = raw;
    this.value[i] = raw + this.offset[i];
    this.delta[i] = increase;
    this.outcome[i] = gap ? Outcome.gap : Outcome.ok;
  }

  private loseRow(slot: number, why: typeof Outcome.offline | typeof Outcome.unavailable): void {
    const { width } = this.table;
    const from = slot * width;
    if (!this.table.used(slot)) this.epoch[slot] = 0;
    const gone = this.wasPresent[slot] === 0;
    if (gone && this.outcome[from] === Outcome.unavailable) return;
    const outcome = gone ? Outcome.unavailable : why;
    for (let i = from; i < from + width; i++) {
      if (!gone) this.counts[outcome]++;
      this.value[i] = Number.NaN;
      this.delta[i] = Number.NaN;
      this.last[i] = Number.NaN;
      this.outcome[i] = outcome;
    }
    this.wasPresent[slot] = 0;
  }

  private grow(): void {
    const length = this.table.values.length;
    const rows = length / this.table.width;
    this.value = extend(this.value, new Float64Array(length).fill(Number.NaN));
    this.delta = extend(this.delta, new Float64Array(length).fill(Number.NaN));
    this.last = extend(this.last, new Float64Array(length).fill(Number.NaN));
    this.offset = extend(this.offset, new Float64Array(length));
    this.grows = extend(this.grows, new Uint8Array(length));
    this.outcome = extend(this.outcome, new Uint8Array(length));
    this.epoch = extend(this.epoch, new Uint32Array(rows));
    this.wasPresent = extend(this.wasPresent, new Uint8Array(rows));
    this.done = extend(this.done, new Uint8Array(rows));
  }
}

function accumulates(column: Column): boolean {
  return column.type === 'counter' || column.cumulative === true;
}

function extend<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
