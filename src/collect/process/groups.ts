/**
 * Processes of the same name together, as process-exporter shows them: counters are sums of what the
 * members used since we look, so they do not fall when a member exits; what an older process used
 * before we looked is not counted, what a new one used since its start is.
 * https://github.com/ncabatoff/process-exporter
 */
import type { Table } from '../../core/table.ts';
import type { Group, OneProcess } from './one-process.ts';
import { G, GROUP_COUNTERS, P, groupStateNames } from './specs.ts';
import { TICKS_PER_SECOND } from './stat.ts';

/** Samples that a group without members is kept, so that its last increase is seen by slow readers. */
const EMPTY_SAMPLES = 600;
/** With more groups than this, empty ones go at once: names can be made up faster than they are forgotten. */
const MANY_GROUPS = 4096;
/** The state's letter as the place in `groupStateNames`. */
const stateColumns = new Map([...'RSDZ'].map((letter, i) => [letter.charCodeAt(0), i]));

/** The groups of one collector. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  private readonly table: Table;
  private sample = 0;

  constructor(table: Table) {
    this.table = table;
  }

  /** Puts a process into the group of its name; its increases from now on count there. */
  join(one: OneProcess): void {
    this.leave(one);
    if (one.kernel) return;
    let group = this.groups.get(one.comm);
    if (group === undefined) {
      const counters = new Float64Array(GROUP_COUNTERS).fill(Number.NaN);
      this.groups.set(one.comm, (group = { name: one.comm, counters, members: 0, emptySince: 0, slot: -1 }));
    }
    group.members++;
    one.group = group;
  }

  leave(one: OneProcess): void {
    if (one.group !== undefined && --one.group.members === 0) one.group.emptySince = this.sample;
    one.group = undefined;
  }

  /** Adds what a member used since the last call; a `newborn`'s whole use is new. */
  count(one: OneProcess, figures: Table, newborn: boolean): void {
    if (one.group === undefined) return;
    const { counters } = one.group;
    const from = one.slot * figures.width;
    for (let i = 0; i < GROUP_COUNTERS; i++) {
      const now = figures.values[from + i];
      if (Number.isNaN(now)) continue;
      const before = newborn ? 0 : one.counted[i];
      one.counted[i] = now;
      if (Number.isNaN(counters[i])) counters[i] = 0;
      if (now > before) counters[i] = plus(counters[i], now - before, i);
    }
  }

  /** Fills the table: one row a name, its gauges summed over the members. */
  fill(processes: Iterable<OneProcess>, figures: Table): void {
    const { table } = this;
    this.sample++;
    table.begin();
    for (const group of this.groups.values()) {
      if (group.members === 0 && this.outlived(group)) this.groups.delete(group.name);
      else this.start(group);
    }
    for (const one of processes) if (one.group !== undefined) this.add(one, one.group, figures);
    table.commit();
  }

  private outlived(group: Group): boolean {
    return this.groups.size > MANY_GROUPS || this.sample - group.emptySince > EMPTY_SAMPLES;
  }

  private start(group: Group): void {
    const { table } = this;
    if (group.slot < 0) group.slot = table.slot(group.name, [group.name]);
    else table.touch(group.slot);
    const from = group.slot * table.width;
    for (let i = 0; i < GROUP_COUNTERS; i++) table.values[from + i] = group.counters[i];
    table.values[from + G.processes] = group.members;
    for (let i = 0; i < groupStateNames.length; i++) table.values[from + G.states + i] = 0;
  }

  private add(one: OneProcess, group: Group, figures: Table): void {
    const { values } = this.table;
    const to = group.slot * this.table.width;
    const from = one.slot * figures.width;
    sum(values, to + G.resident, figures.values[from + P.resident]);
    sum(values, to + G.virtual, figures.values[from + P.virtual]);
    sum(values, to + G.swapped, figures.values[from + P.swap]);
    sum(values, to + G.threads, figures.values[from + P.threads]);
    const fds = figures.values[from + P.openFds];
    sum(values, to + G.openFds, fds);
    const ratio = fds / figures.values[from + P.maxFds];
    if (!(ratio <= values[to + G.worstFdRatio]) && !Number.isNaN(ratio)) values[to + G.worstFdRatio] = ratio;
    // Whole seconds, as process-exporter has them.
    const start = Math.floor(figures.values[from + P.startTime]);
    if (!(start >= values[to + G.oldestStart])) values[to + G.oldestStart] = start;
    values[to + G.states + (stateColumns.get(one.state) ?? groupStateNames.length - 1)]++;
  }
}

/** CPU time comes in ticks: the sum is kept on them, so that no rounding error grows over the days. */
function plus(total: number, increase: number, i: number): number {
  if (i !== P.user && i !== P.system) return total + increase;
  return Math.round((total + increase) * TICKS_PER_SECOND) / TICKS_PER_SECOND;
}

function sum(values: Float64Array, i: number, value: number): void {
  if (Number.isNaN(value)) return;
  values[i] = Number.isNaN(values[i]) ? value : values[i] + value;
}
