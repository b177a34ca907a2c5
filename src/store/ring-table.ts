/** A repaired table bound to its series: the figure at `slot * width + column` is a sample of the series there. */
import { Outcome } from '../core/outcome.ts';
import type { RepairedTable } from '../core/repair.ts';
import { seriesLabels } from '../core/series.ts';
import type { Row } from '../core/table.ts';
import type { RingGroup } from './ring-group.ts';
import type { RingSeries } from './ring-series.ts';

/** See the module comment. */
export class RingTable {
  readonly repaired: RepairedTable;
  private readonly group: RingGroup;
  private layout = -1;
  /** The subject of each slot when its series were bound. */
  private readonly rows: (Row | undefined)[] = [];
  /** `undefined`: not opened yet; `null`: there is no room for it. */
  private readonly columns: (RingSeries | null | undefined)[] = [];
  /** Series whose subject has left its slot since the last read. */
  private readonly orphans: RingSeries[] = [];

  constructor(repaired: RepairedTable, group: RingGroup) {
    this.repaired = repaired;
    this.group = group;
  }

  /** Follows the subjects to their slots. */
  bind(): void {
    const { table } = this.repaired;
    if (table.layout === this.layout) return;
    this.layout = table.layout;
    for (let slot = 0; slot < table.size; slot++) {
      const row = table.used(slot) ? table.row(slot) : undefined;
      if (row === this.rows[slot]) continue;
      this.rows[slot] = row;
      for (let i = slot * table.width; i < (slot + 1) * table.width; i++) {
        const before = this.columns[i];
        if (before !== undefined && before !== null) this.orphans.push(before);
        this.columns[i] = undefined;
      }
    }
  }

  /** Whether the figures of some subject are another one's from this read on, under the same name. */
  get recreated(): boolean {
    return this.repaired.outcome.includes(Outcome.recreated);
  }

  /** Ends the series of such subjects. */
  endRecreated(): void {
    const { outcome } = this.repaired;
    for (let i = 0; i < this.columns.length; i++) {
      const series = this.columns[i];
      if (outcome[i] === Outcome.recreated && series !== undefined && series !== null) this.group.end(series);
    }
  }

  /** Gives every known figure to its series; those that are not known any more end. */
  write(): void {
    const { repaired, group, columns, orphans } = this;
    const { value, table } = repaired;
    const figures = table.size * table.width;
    for (let i = 0; i < figures; i++) {
      const known = !Number.isNaN(value[i]);
      let series = columns[i];
      if (series?.removed === true || (series === undefined && known))
        series = columns[i] = known ? this.open(i) : undefined;
      if (series === undefined || series === null) continue;
      if (known) group.put(series, value[i]);
      else group.end(series);
    }
    // One that found another slot has its sample already.
    for (const series of orphans) group.end(series);
    orphans.length = 0;
  }

  private open(i: number): RingSeries | null {
    const { table } = this.repaired;
    const slot = Math.floor(i / table.width);
    const column = i - slot * table.width;
    return this.group.open(table.row(slot).columns[column].metric, seriesLabels(table, slot, column));
  }
}
