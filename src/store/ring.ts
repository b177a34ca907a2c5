/**
 * The live ring: the last minutes of all series in memory. It takes every frame of the loop, repaired figures only,
 * and answers queries as any other source. Taking a frame in allocates nothing in the steady state.
 */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import type { SeriesRow } from '../core/series.ts';
import type { LabelMatcher, SeriesSource, SourceSeries } from '../core/source.ts';
import { RingBudget } from './ring-budget.ts';
import { type GroupLimits, RingGroup } from './ring-group.ts';
import { inOrder, type RingSeries } from './ring-series.ts';
import { RingTable } from './ring-table.ts';

/** Tells which series satisfy every matcher: `seriesFilter` of `query/matchers.ts`, which knows RE2. */
export type MatcherFilter = (matchers: readonly LabelMatcher[]) => (series: Pick<SourceSeries, 'labels'>) => boolean;

/** How much a ring keeps. */
export interface RingOptions {
  readonly filter: MatcherFilter;
  /** Length of the window. Default: 900. */
  readonly seconds?: number;
  /** Samples of one series at most. Default: 65,536. */
  readonly samples?: number;
  /** Memory for samples and labels, about. Default: 128 MiB. */
  readonly bytes?: number;
  /** Series at most, those that ended within the window included. Default: 100,000. */
  readonly series?: number;
}

/** What a ring holds, and what did not fit. */
export interface RingStatus {
  readonly series: number;
  readonly bytes: number;
  /** Series that were never taken in. */
  readonly refused: number;
  /** Series that had ended and left before their time. */
  readonly evicted: number;
  /** Whether samples left before their time. */
  readonly shortened: boolean;
  /** Unix ms of the oldest and the newest read; `null` when it is empty. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

/** The tables of a collector with their series. */
interface Bound {
  readonly of: readonly RepairedTable[];
  readonly bound: readonly RingTable[];
}

/** See the module comment. */
export class Ring implements SeriesSource {
  private readonly filter: MatcherFilter;
  private readonly limits: GroupLimits;
  private readonly budget: RingBudget;
  private readonly groups = new Map<string, RingGroup>();
  private readonly tables = new Map<string, Bound>();
  /** Every series with its group in the order of a source; made anew when one came or went. */
  private index: RingIndex | undefined;

  constructor(options: RingOptions) {
    const { filter, seconds = 900, samples = 65_536, bytes = 128 * 1024 * 1024, series = 100_000 } = options;
    for (const [name, value] of Object.entries({ seconds, samples, bytes, series }))
      if (!(value > 0)) throw new RangeError(`${name} must be greater than 0 (got ${value})`);
    this.filter = filter;
    this.limits = { windowMs: seconds * 1000, maxReads: samples };
    this.budget = new RingBudget(series, bytes);
  }

  /** Takes in what was read in this tick; a collector that sat it out adds nothing. */
  add(frame: Frame): void {
    for (let c = 0; c < frame.collectors.length; c++) {
      const { name, fresh, tables } = frame.collectors[c];
      if (fresh) this.read(this.group(name), this.bound(name, tables), frame.t_ms);
    }
  }

  /**
   * Takes in series that come from no frame, such as those about codoperf or a server's, under a group name of their
   * own. Series of the group that are not among `rows` end; `gap` says that the time since the last read was a pause.
   */
  addRows(groupName: string, t_ms: number, rows: Iterable<SeriesRow>, gap = false): void {
    const group = this.group(`rows of ${groupName}`);
    if (gap) pause(group, t_ms);
    if (!group.begin(t_ms)) return;
    for (const { name, labels, value } of rows) {
      const series = Number.isNaN(value) ? null : group.open(name, labels);
      if (series !== null) group.put(series, value);
    }
    group.endOthers();
  }

  select(matchers: readonly LabelMatcher[], startMs: number, endMs: number): SourceSeries[] {
    this.index ??= new RingIndex(this.groups.values());
    const name = matchers.find(({ name: label, op }) => label === '__name__' && op === '=');
    const candidates = name === undefined ? this.index.all : (this.index.byName.get(name.value) ?? []);
    const matches = this.filter(matchers);
    const reads = new Map<RingGroup, ReturnType<RingGroup['reads']>>();
    const found: SourceSeries[] = [];
    for (const { series, group } of candidates) {
      if (!matches(series)) continue;
      let own = reads.get(group);
      if (own === undefined) reads.set(group, (own = group.reads(startMs, endMs)));
      const samples = group.samples(series, own);
      if (samples !== undefined) found.push({ labels: series.labels, ...samples });
    }
    return found;
  }

  /** Names of the metrics it holds, sorted. */
  metricNames(): string[] {
    this.index ??= new RingIndex(this.groups.values());
    return [...this.index.byName.keys()].toSorted();
  }

  /** How full it is. */
  status(): RingStatus {
    const { series, bytes, refused, evicted, shortened } = this.budget;
    const groups = [...this.groups.values()];
    const first = Math.min(...groups.map(({ firstTime }) => firstTime));
    const last = Math.max(...groups.map(({ lastTime }) => lastTime));
    const known = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);
    return { series, bytes, refused, evicted, shortened, firstMs: known(first), lastMs: known(last) };
  }

  private group(name: string): RingGroup {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = new RingGroup(this.limits, this.budget, () => (this.index = undefined));
      this.groups.set(name, group);
    }
    return group;
  }

  private bound(name: string, tables: Bound['of']): readonly RingTable[] {
    let known = this.tables.get(name);
    if (known?.of !== tables) {
      const group = this.group(name);
      known = { of: tables, bound: tables.map((table) => new RingTable(table, group)) };
      this.tables.set(name, known);
    }
    return known.bound;
  }

  private read(group: RingGroup, tables: readonly RingTable[], t_ms: number): void {
    let gap = false;
    let recreated = false;
    for (let i = 0; i < tables.length; i++) {
      tables[i].bind();
      if (tables[i].repaired.gap) gap = true;
      if (tables[i].recreated) recreated = true;
    }
    if (gap) pause(group, t_ms);
    // Until just before this read the one before may have been there.
    else if (recreated && t_ms - 1 > group.lastTime && group.begin(t_ms - 1))
      for (let i = 0; i < tables.length; i++) tables[i].endRecreated();
    if (!group.begin(t_ms)) return;
    for (let i = 0; i < tables.length; i++) tables[i].write();
  }
}

/** Nothing is known of the time between the last read and this one: every series ends right after the last one. */
function pause(group: RingGroup, t_ms: number): void {
  const from = group.lastTime + 1;
  if (from < t_ms && group.begin(from)) group.endOthers();
}

/** Every series with its group, in the order of a source. */
class RingIndex {
  readonly all: readonly { readonly series: RingSeries; readonly group: RingGroup }[];
  readonly byName = new Map<string, { readonly series: RingSeries; readonly group: RingGroup }[]>();

  constructor(groups: Iterable<RingGroup>) {
    const all = [...groups].flatMap((group) => Array.from(group.byKey.values(), (series) => ({ series, group })));
    this.all = all.sort((a, b) => inOrder(a.series, b.series));
    for (const each of this.all) {
      const { name } = each.series;
      const named = this.byName.get(name);
      if (named === undefined) this.byName.set(name, [each]);
      else named.push(each);
    }
  }
}
