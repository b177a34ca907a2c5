/**
 * What a section of the report is: one file in `report/sections/` whose default export turns frames
 * into the statistics of one resource and says how the text table calls them. JSON, CSV, tables,
 * thresholds, schema and docs are views of the same descriptors.
 */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';

/** Unit of a statistic; the name ends in it (`busy_ratio`, `read_bytes_per_second`). */
export type StatUnit =
  | 'ratio'
  | 'bytes'
  | 'bytes_per_second'
  | 'per_second'
  | 'seconds'
  | 'count'
  | 'celsius'
  | 'volts'
  | 'amperes'
  | 'watts'
  | 'rpm'
  | 'hertz';

/** One statistic of every subject of a section. */
export interface Stat {
  readonly name: string;
  readonly unit: StatUnit;
  /** What it means, and for a ratio what 100 % is. */
  readonly help: string;
  /** The statistic (by name, of the same section) that weighs the mean; elapsed seconds when absent. */
  readonly weight?: string;
}

/** A column of the text table. */
export interface TextColumn {
  /** sysstat's heading. */
  readonly head: string;
  readonly stat: string;
  /** What the value is multiplied with for display: 100 for %, 1/1024 for kB. */
  readonly scale?: number;
  readonly digits?: number;
  /** Shows the largest value of the window, where a mean would hide what matters. */
  readonly largest?: boolean;
}

/** A text table of a section. */
export interface TextTable {
  readonly title: string;
  /** Heading of the subject column. */
  readonly subject: string;
  readonly columns: readonly TextColumn[];
  /** Shown only with `--verbose`. */
  readonly verbose?: boolean;
  /** Show the rows of the largest mean of this statistic first, and only rows above zero unless verbose. */
  readonly rankBy?: string;
}

/** The resources of the report, in the order of the screen. */
export const resources = [
  'cpu',
  'pressure',
  'memory',
  'disk',
  'network',
  'sensors',
  'cgroups',
  'nodejs',
  'processes',
] as const;
/** A key of `resources` in the JSON report. */
export type Resource = (typeof resources)[number];

/** The default export of a file in `report/sections/`. */
export interface Section {
  readonly resource: Resource;
  /** Key below the resource (`devices`), or '' for the resource itself. */
  readonly key: string;
  /** Monitor types that show it besides `all`. */
  readonly types: readonly ('cpu' | 'memory' | 'disk' | 'network')[];
  /** What its subjects are (`device`), or absent when it has statistics of its own. */
  readonly subject?: string;
  /** Collectors whose tables it reads. */
  readonly collectors: readonly string[];
  readonly stats: readonly Stat[];
  readonly tables: readonly TextTable[];
  /** Only when processes were selected with `--pid`. */
  readonly onlySelected?: boolean;
  /** In JSON only with `--verbose`. */
  readonly verbose?: boolean;
  /** Writes the values of this frame; called only for frames after the baseline. */
  compute(frame: Frame, out: SectionWriter): void;
}

/** Where a section writes the values of one frame. */
export interface SectionWriter {
  /**
   * The values of a subject, `NaN` everywhere at first, in the order of `stats`. `elapsedSeconds`
   * weighs them in the means.
   */
  row(subject: string, elapsedSeconds: number): Float64Array;
  /** As `row`, for the subject of a table's slot: found without a string when it was there before. */
  slot(table: RepairedTable, slot: number, name: (table: RepairedTable, slot: number) => string): Float64Array;
}

/** A figure of a table with fixed columns, found by metric and labels; the place is looked up once a table. */
export class Figure {
  private readonly metric: string;
  private readonly labels: Readonly<Record<string, string>>;
  private table: RepairedTable | undefined;
  private column = -1;

  constructor(metric: string, labels: Readonly<Record<string, string>> = {}) {
    this.metric = metric;
    this.labels = labels;
  }

  /** Repaired value in this frame; NaN when not known. */
  value(table: RepairedTable, slot: number): number {
    const column = this.find(table);
    return column < 0 ? Number.NaN : table.value[slot * table.table.width + column];
  }

  /** Increase in this interval; NaN when not known or when the interval was a pause. */
  increase(table: RepairedTable, slot: number): number {
    const column = this.find(table);
    return column < 0 || table.gap ? Number.NaN : table.delta[slot * table.table.width + column];
  }

  /** Increase per second in this interval. */
  perSecond(table: RepairedTable, slot: number): number {
    return this.increase(table, slot) / table.elapsedSeconds;
  }

  private find(table: RepairedTable): number {
    if (table === this.table) return this.column;
    this.table = table;
    this.column = table.table.spec.columns.findIndex(
      ({ metric, labels }) =>
        metric === this.metric && Object.entries(this.labels).every(([name, value]) => labels?.[name] === value),
    );
    return this.column;
  }
}

/** The table of a collector that was read in this tick, or `undefined`. */
export function freshTable(frame: Frame, collector: string, table: string): RepairedTable | undefined {
  return frame.collector(collector)?.fresh === true ? frame.table(collector, table) : undefined;
}

/** The subject of a slot: its first label. */
export function firstLabel(table: RepairedTable, slot: number): string {
  return table.table.row(slot).labels[0];
}

/**
 * Finds figures of a key-value table (`/proc/meminfo`, `/proc/vmstat`) by metric name; looks again
 * only when the table's layout changed.
 */
export class MetricIndex {
  private readonly slots = new Map<string, number>();
  private layout = -1;
  private table: RepairedTable | undefined;

  /** Points to the table of this frame. */
  bind(table: RepairedTable | undefined): this {
    if (table === this.table && table?.table.layout === this.layout) return this;
    this.table = table;
    this.slots.clear();
    if (table === undefined) return this;
    this.layout = table.table.layout;
    for (let slot = 0; slot < table.table.size; slot++) {
      if (table.table.used(slot)) this.slots.set(table.table.row(slot).columns[0].metric, slot);
    }
    return this;
  }

  /** Repaired value of the metric; NaN when not known. */
  value(metric: string): number {
    const slot = this.slots.get(metric);
    return slot === undefined || this.table === undefined ? Number.NaN : this.table.value[slot];
  }

  /** Increase of the metric per second since the last read; NaN when not known or in a gap. */
  perSecond(metric: string): number {
    const slot = this.slots.get(metric);
    if (slot === undefined || this.table === undefined || this.table.gap) return Number.NaN;
    return this.table.delta[slot] / this.table.elapsedSeconds;
  }
}
