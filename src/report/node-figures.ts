/** Figures of Node.js processes, found in the tables of the collector `nodejs` by process and thread. */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import { Figure } from './section.ts';

const COLLECTOR = 'nodejs';
/** The label of the main thread. */
const MAIN = '';

/** One row of one of the tables. */
interface Place {
  readonly table: RepairedTable;
  readonly slot: number;
  /** Number of labels that tell process and thread. */
  readonly before: number;
}

/** Whether a row counts, by its labels behind process and thread. */
type Accept = (labels: readonly string[]) => boolean;

/** A metric of all processes; several probes may have it (HTTP/1 and 2), and a process several rows of it. */
export class NodeFigure {
  private readonly metric: string;
  private readonly figure: Figure;
  private tables: readonly RepairedTable[] = [];
  private layout = -1;
  private readonly places = new Map<string, Place[]>();

  constructor(metric: string, labels: Readonly<Record<string, string>> = {}) {
    this.metric = metric;
    this.figure = new Figure(metric, labels);
  }

  /** Points to the tables of this frame. */
  bind(frame: Frame): void {
    const all = frame.collector(COLLECTOR)?.tables ?? [];
    if (this.tables.length === 0 || !all.includes(this.tables[0])) {
      this.tables = all.filter(({ table }) => table.spec.columns.some(({ metric }) => metric === this.metric));
      this.layout = -1;
    }
    const layout = this.tables.reduce((sum, { table }) => sum + table.layout, 0);
    if (layout === this.layout) return;
    this.layout = layout;
    this.places.clear();
    for (const table of this.tables) this.index(table);
  }

  /** Sum of the values of this moment; NaN when none is known. */
  value(pid: string, thread = MAIN, accept?: Accept): number {
    return this.sum(pid, thread, accept, ({ table, slot }) => this.figure.value(table, slot));
  }

  /** Sum of the increases since the answer before; NaN when none is known. */
  increase(pid: string, thread = MAIN, accept?: Accept): number {
    return this.sum(pid, thread, accept, ({ table, slot }) => this.figure.increase(table, slot));
  }

  private sum(pid: string, thread: string, accept: Accept | undefined, of: (place: Place) => number): number {
    let sum = Number.NaN;
    for (const place of this.places.get(`${pid}/${thread}`) ?? []) {
      const { table, slot, before } = place;
      if (!table.table.present(slot)) continue;
      if (accept !== undefined && !accept(table.table.row(slot).labels.slice(before))) continue;
      const value = of(place);
      if (!Number.isNaN(value)) sum = (Number.isNaN(sum) ? 0 : sum) + value;
    }
    return sum;
  }

  /** Tables of the collector itself and of probes of the whole process have no threads. */
  private index(repaired: RepairedTable): void {
    const { table } = repaired;
    const before = table.spec.labels[1] === 'thread' ? 2 : 1;
    for (let slot = 0; slot < table.size; slot++) {
      if (!table.used(slot)) continue;
      const [pid, thread] = table.row(slot).labels;
      const key = `${pid}/${before === 2 ? thread : MAIN}`;
      const places = this.places.get(key);
      const place = { table: repaired, slot, before };
      if (places === undefined) this.places.set(key, [place]);
      else places.push(place);
    }
  }
}

/** Sum over threads; NaN when nothing is known of any. */
export function sumOver(threads: readonly string[], of: (thread: string) => number): number {
  let sum = Number.NaN;
  for (const thread of threads) {
    const value = of(thread);
    if (!Number.isNaN(value)) sum = (Number.isNaN(sum) ? 0 : sum) + value;
  }
  return sum;
}

/** A histogram of all processes. */
export class NodeHistogram {
  readonly count: NodeFigure;
  readonly sum: NodeFigure;
  private readonly metric: string;
  private buckets: readonly { readonly bound: number; readonly figure: NodeFigure }[] = [];

  constructor(metric: string) {
    this.metric = metric;
    this.count = new NodeFigure(`${metric}_count`);
    this.sum = new NodeFigure(`${metric}_sum`);
  }

  /** Points to the tables of this frame. */
  bind(frame: Frame): void {
    this.count.bind(frame);
    this.sum.bind(frame);
    if (this.buckets.length === 0) this.buckets = this.find(frame);
    for (const { figure } of this.buckets) figure.bind(frame);
  }

  /** Quantile `q` of what came to these threads since the answer before, as `histogram_quantile` has it; NaN: nothing. */
  quantile(q: number, pid: string, threads: readonly string[] = [MAIN]): number {
    const counts = this.buckets.map(({ figure }) => sumOver(threads, (thread) => figure.increase(pid, thread)));
    const rank = q * (counts.at(-1) ?? Number.NaN);
    if (!(rank > 0)) return Number.NaN;
    const at = counts.findIndex((count) => count >= rank);
    const below = at === 0 ? 0 : this.buckets[at - 1].bound;
    // In the last bucket there is no upper bound: the largest that is known.
    if (at === counts.length - 1) return below;
    const before = at === 0 ? 0 : counts[at - 1];
    return below + ((this.buckets[at].bound - below) * (rank - before)) / (counts[at] - before);
  }

  private find(frame: Frame): typeof this.buckets {
    const name = `${this.metric}_bucket`;
    const columns = (frame.collector(COLLECTOR)?.tables ?? []).flatMap(({ table }) => table.spec.columns);
    const bounds = new Set(columns.filter(({ metric }) => metric === name).map(({ labels }) => labels?.le ?? ''));
    return [...bounds].map((le) => ({
      bound: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      figure: new NodeFigure(name, { le }),
    }));
  }
}
