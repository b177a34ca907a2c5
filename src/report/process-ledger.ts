/**
 * What each process used in the window. Processes come and go by the thousand, so a process costs a
 * few sums and not distributions; those that ended are kept while they are among the largest.
 */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import { Figure, freshTable } from './section.ts';

/** What one process used. */
export interface ProcessUse {
  pid: number;
  command: string;
  /** CPU seconds a second of the window: 1 is one core all the time. */
  cpu_cores: number | null;
  user_cores: number | null;
  system_cores: number | null;
  /** Share of the time that the main thread waited for a CPU. */
  run_queue_wait_ratio: number | null;
  /** Largest resident memory seen. */
  resident_bytes: number | null;
  read_bytes_per_second: number | null;
  write_bytes_per_second: number | null;
  major_faults_per_second: number | null;
  threads: number | null;
  open_fds: number | null;
  /** Whether it ended within the window. */
  exited: boolean;
}

/** What processes can be ranked by. */
export const processOrders = ['cpu', 'memory', 'disk', 'wait'] as const;
/** One of `processOrders`. */
export type ProcessOrder = (typeof processOrders)[number];

const user = new Figure('codoperf_process_cpu_seconds_total', { mode: 'user' });
const system = new Figure('codoperf_process_cpu_seconds_total', { mode: 'system' });
const wait = new Figure('codoperf_process_run_queue_wait_seconds_total');
const readBytes = new Figure('codoperf_process_read_bytes_total');
const writeBytes = new Figure('codoperf_process_write_bytes_total');
const majorFaults = new Figure('codoperf_process_page_faults_total', { kind: 'major' });
const counters = [user, system, wait, readBytes, writeBytes, majorFaults];
const resident = new Figure('codoperf_process_resident_memory_bytes');
const threads = new Figure('codoperf_process_threads');
const openFds = new Figure('codoperf_process_open_fds');

const RESIDENT = counters.length;
const THREADS = RESIDENT + 1;
const OPEN_FDS = RESIDENT + 2;
const WIDTH = RESIDENT + 3;
/** Ended processes kept before only the largest are kept on. */
const MOST_ENDED = 400;

interface Ended {
  readonly labels: readonly string[];
  readonly sums: Float64Array;
}

/** Sums by process; see the module comment. */
export class ProcessLedger {
  private sums = new Float64Array(64 * WIDTH);
  private epochs = new Uint32Array(64);
  private labels: (readonly string[] | undefined)[] = [];
  private ended: Ended[] = [];
  private seconds = 0;

  /** Takes in a frame after the baseline. */
  add(frame: Frame): void {
    const table = freshTable(frame, 'process', 'processes');
    if (table === undefined) return;
    // What was used in a pause is not known, so the pause is no part of the window either.
    if (frame.index > 0 && !table.gap) this.seconds += table.elapsedSeconds;
    if (table.table.size * WIDTH > this.sums.length) this.grow(table.table.size);
    for (let slot = 0; slot < table.table.size; slot++) {
      if (this.labels[slot] !== undefined && !this.still(table, slot)) this.close(slot);
      if (table.table.present(slot)) this.addOne(table, slot);
    }
  }

  /** The `count` largest by `order`, largest first; only those that used something of it. */
  top(order: ProcessOrder, count: number): ProcessUse[] {
    const all: { labels: readonly string[]; sums: Float64Array; exited: boolean }[] = this.ended.map((each) => ({
      ...each,
      exited: true,
    }));
    for (let slot = 0; slot < this.labels.length; slot++) {
      const labels = this.labels[slot];
      if (labels !== undefined) all.push({ labels, sums: this.row(slot), exited: false });
    }
    return all
      .map((each) => ({ ...each, amount: amountOf(each.sums, order) }))
      .filter(({ amount }) => amount > 0)
      .sort((a, b) => b.amount - a.amount)
      .slice(0, count)
      .map(({ labels, sums, exited }) => this.use(labels, sums, exited));
  }

  /** Processes present in the last frame. */
  get count(): number {
    return this.labels.filter((labels) => labels !== undefined).length;
  }

  private still(table: RepairedTable, slot: number): boolean {
    return table.table.present(slot) && table.table.epoch[slot] === this.epochs[slot];
  }

  private addOne(table: RepairedTable, slot: number): void {
    const { sums } = this;
    const from = slot * WIDTH;
    if (this.labels[slot] === undefined) sums.fill(Number.NaN, from, from + WIDTH);
    this.labels[slot] = table.table.row(slot).labels;
    this.epochs[slot] = table.table.epoch[slot];
    for (let i = 0; i < counters.length; i++) {
      const increase = counters[i].increase(table, slot);
      if (!Number.isNaN(increase)) sums[from + i] = (Number.isNaN(sums[from + i]) ? 0 : sums[from + i]) + increase;
    }
    const memory = resident.value(table, slot);
    if (!(sums[from + RESIDENT] >= memory) && !Number.isNaN(memory)) sums[from + RESIDENT] = memory;
    sums[from + THREADS] = threads.value(table, slot);
    sums[from + OPEN_FDS] = openFds.value(table, slot);
  }

  private close(slot: number): void {
    const sums = this.row(slot).slice();
    this.ended.push({ labels: this.labels[slot] as readonly string[], sums });
    this.labels[slot] = undefined;
    if (this.ended.length <= MOST_ENDED) return;
    const keep = new Set<Ended>();
    for (const order of processOrders) {
      const sorted = this.ended.toSorted((a, b) => (amountOf(b.sums, order) || 0) - (amountOf(a.sums, order) || 0));
      for (const each of sorted.slice(0, MOST_ENDED / 16)) keep.add(each);
    }
    this.ended = [...keep];
  }

  private row(slot: number): Float64Array {
    return this.sums.subarray(slot * WIDTH, (slot + 1) * WIDTH);
  }

  private use(labels: readonly string[], sums: Float64Array, exited: boolean): ProcessUse {
    const perSecond = (i: number): number | null => known(sums[i] / this.seconds);
    return {
      pid: Number(labels[0]),
      command: labels[1],
      cpu_cores: known((sums[0] + sums[1]) / this.seconds),
      user_cores: perSecond(0),
      system_cores: perSecond(1),
      run_queue_wait_ratio: perSecond(2),
      resident_bytes: known(sums[RESIDENT]),
      read_bytes_per_second: perSecond(3),
      write_bytes_per_second: perSecond(4),
      major_faults_per_second: perSecond(5),
      threads: known(sums[THREADS]),
      open_fds: known(sums[OPEN_FDS]),
      exited,
    };
  }

  private grow(size: number): void {
    const capacity = Math.max(size, (this.sums.length / WIDTH) * 2);
    const sums = new Float64Array(capacity * WIDTH);
    sums.set(this.sums);
    this.sums = sums;
    const epochs = new Uint32Array(capacity);
    epochs.set(this.epochs);
    this.epochs = epochs;
  }
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function amountOf(sums: Float64Array, order: ProcessOrder): number {
  if (order === 'cpu') return sums[0] + sums[1];
  if (order === 'memory') return sums[RESIDENT];
  return order === 'wait' ? sums[2] : sums[3] + sums[4];
}
