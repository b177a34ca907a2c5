/** From answers to tables. */
import type { TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { ProbeRow } from '../../wire/agent/messages.ts';
import { Unavailable } from '../unavailable.ts';
import type { Gatherer } from './gatherer.ts';
import type { Peer, Snapshot } from './peer.ts';
import { Own, isOfThreads, nodeSpecs } from './tables.ts';
import { mainThreadDoes } from './thread-times.ts';
import type { ThreadTimes } from './thread-times.ts';

/** Between the parts of a key; a label that holds it can at worst be taken for another row of the same process. */
const SEPARATOR = '\u0000';

/** The tables of one reader. */
export class NodeTables {
  readonly tables: readonly Table[];
  private readonly gatherer: Gatherer;
  private readonly procfs: string;
  /** The tables that a process may fill itself. */
  private readonly byName: ReadonlyMap<string, Table>;
  /** Processes whose answer is in the tables, and was the time before. */
  private shown = new Set<string>();
  private shownBefore = this.shown;
  private empty = true;

  constructor(gatherer: Gatherer, procfs: string) {
    this.gatherer = gatherer;
    this.procfs = procfs;
    this.tables = nodeSpecs.map((spec) => new Table(this.bearing(spec)));
    const ofProbes = this.tables.slice(Object.keys(Own).length);
    this.byName = new Map(ofProbes.map((table) => [table.spec.name, table]));
  }

  /** Shows what the last questions brought. Throws `Unavailable` when nobody was there to ask. */
  fill(): void {
    const { peers, asked } = this.gatherer;
    // A caller that only samples learns nothing here, and that proves nothing.
    if (!asked) return;
    if (peers.size === 0 && this.empty) throw new Unavailable('absent', 'no Node.js process here runs the agent');
    for (const table of this.tables) table.begin();
    const shown = new Set<string>();
    for (const peer of peers.values()) {
      this.fillProcess(peer);
      if (peer.snapshot !== undefined) shown.add(String(peer.agent.pid));
    }
    for (const table of this.tables) table.commit();
    this.shownBefore = this.shown;
    this.shown = shown;
    this.empty = peers.size === 0;
  }

  /**
   * A row that appears in a process that was there before began at zero, as counters of an agent do; so did all of
   * a process that began meanwhile. One that was there but silent until now did not.
   */
  private bearing(spec: TableSpec): TableSpec {
    const bornAtZero = ([pid]: readonly string[]): boolean => {
      const peer = this.gatherer.peers.get(Number(pid));
      return this.shownBefore.has(pid) || (peer !== undefined && this.gatherer.startedSince(peer.agent));
    };
    return { ...spec, bornAtZero };
  }

  private fillProcess(peer: Peer): void {
    const { snapshot, unseen, failure } = peer;
    const live = snapshot !== undefined && (unseen || failure === undefined);
    peer.unseen = false;
    const pid = String(peer.agent.pid);
    this.put(
      peer,
      Own.processes,
      pid,
      [pid],
      [live ? 1 : 0, live ? snapshot.answerSeconds : Number.NaN, snapshot?.uptimeSeconds ?? Number.NaN],
    );
    if (snapshot === undefined) this.fillInfo(peer, [pid, peer.name, '', '']);
    else this.fillAnswer(peer, pid, snapshot, live);
    if (!live) this.fillSilence(peer, pid);
  }

  private fillAnswer(peer: Peer, pid: string, { metrics, main, pool, throttled }: Snapshot, live: boolean): void {
    const { name, node, cluster } = metrics.process;
    this.fillInfo(peer, [pid, name, node, cluster ?? '']);
    this.put(peer, Own.mainThread, pid, [pid], timesOf(main));
    if (pool !== undefined) this.put(peer, Own.pool, pid, [pid], timesOf(pool));
    for (const { cgroup, seconds } of throttled) {
      this.put(peer, Own.throttling, pid + SEPARATOR + cgroup, [pid, cgroup], [seconds]);
    }
    for (const { thread, rows } of metrics.threads) {
      for (const row of rows) this.fillRow(peer, pid, thread === 0 ? '' : String(thread), row, live);
    }
  }

  private fillInfo(peer: Peer, labels: readonly string[]): void {
    this.put(peer, Own.info, labels.join(SEPARATOR), labels, [1]);
  }

  /** A row of another version, which has other labels or figures, is left out. */
  private fillRow(peer: Peer, pid: string, thread: string, row: ProbeRow, live: boolean): void {
    const [name, own, figures] = row;
    const table = this.byName.get(name);
    if (table === undefined || figures.length !== table.width) return;
    const labels = isOfThreads(table.spec) ? [pid, thread, ...own] : [pid, ...own];
    if (labels.length !== table.spec.labels.length) return;
    const { columns } = table.spec;
    // What a silent process counted still stands, but what it has now is not known.
    const known = figures.map((figure, i) =>
      live || columns[i].type === 'counter' ? (figure ?? Number.NaN) : Number.NaN,
    );
    this.store(peer, table, labels.join(SEPARATOR), labels, known);
  }

  private fillSilence(peer: Peer, pid: string): void {
    const { state, wchan } = mainThreadDoes(this.procfs, peer.agent.pid);
    const labels = [pid, peer.failure ?? '', state, wchan];
    const { seconds, cpuSeconds, waitSeconds, throttledSeconds } = peer.silence();
    const figures = [seconds, cpuSeconds, waitSeconds, throttledSeconds];
    this.put(peer, Own.silence, labels.join(SEPARATOR), labels, figures);
  }

  private put(peer: Peer, own: number, key: string, labels: readonly string[], figures: readonly number[]): void {
    this.store(peer, this.tables[own], key, labels, figures);
  }

  private store(peer: Peer, table: Table, key: string, labels: readonly string[], figures: readonly number[]): void {
    const slot = table.slot(key, labels);
    table.identify(slot, peer.agent.startTicks);
    table.values.set(figures, slot * table.width);
  }
}

function timesOf({ cpuSeconds, waitSeconds }: ThreadTimes): number[] {
  return [cpuSeconds, waitSeconds];
}
