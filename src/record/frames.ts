/** From samples to frames: repair, gaps, suspend; the only place where elapsed time is judged. */
import type { Frame, FrameCollector } from '../core/frame.ts';
import { RepairedTable } from '../core/repair.ts';
import type { CollectorState, Sampler } from '../collect/sampler.ts';
import type { WallClock } from './wall-clock.ts';

/** An interval is a pause when it is this many times longer than asked for ... */
const GAP_FACTOR = 3;
/** ... and longer by at least this, so that a hiccup in a 10 ms loop stays an observation. */
const GAP_EXTRA_SECONDS = 1;
/** Processes that do not answer must not delay a tick by more than this, or by a quarter of the interval. */
const PATIENCE_SECONDS = 0.1;
/** Nothing is late before the first tick. */
const FIRST_PATIENCE_SECONDS = 0.5;

class LiveCollector implements FrameCollector {
  readonly name: string;
  readonly tables: readonly RepairedTable[];
  readonly byName: ReadonlyMap<string, RepairedTable>;
  success = false;
  failure: string | undefined;
  broken = false;
  fresh = false;
  durationSeconds = 0;
  private readonly state: CollectorState;
  private lastReadAt = Number.NaN;

  constructor(state: CollectorState) {
    this.state = state;
    this.name = state.collector.name;
    this.tables = state.tables.map((table) => new RepairedTable(table));
    this.byName = new Map(this.tables.map((each) => [each.table.spec.name, each]));
  }

  update(intervalSeconds: number, slept: boolean): void {
    const { state } = this;
    this.fresh = state.fresh;
    if (!state.fresh) return;
    this.success = state.success;
    this.failure = state.failure?.message;
    this.broken = state.failure !== undefined && state.failure.reason !== 'absent';
    this.durationSeconds = state.durationSeconds;
    const usual = Math.max(intervalSeconds, state.collector.minIntervalSeconds ?? 0);
    const gap = slept || isGap(state.readAt - this.lastReadAt, usual);
    this.lastReadAt = state.readAt;
    for (const table of this.tables) table.update(state.readAt, gap, state.success);
  }
}

/** Whether `elapsed` seconds are a pause in a loop of `interval` seconds. */
export function isGap(elapsed: number, interval: number): boolean {
  return elapsed > interval * GAP_FACTOR && elapsed > interval + GAP_EXTRA_SECONDS;
}

/** Reads a sampler tick by tick and repairs what it reads. */
export class FrameSource {
  private readonly sampler: Sampler;
  private readonly wall: WallClock;
  private readonly live: LiveCollector[] = [];
  private readonly frame: Frame;
  private readonly byName = new Map<string, LiveCollector>();
  private lastAt = Number.NaN;

  constructor(sampler: Sampler, wall: WallClock) {
    this.sampler = sampler;
    this.wall = wall;
    const { live, byName } = this;
    this.frame = {
      index: -1,
      t_ms: 0,
      monotonicSeconds: 0,
      elapsedSeconds: Number.NaN,
      gap: false,
      collectors: live,
      collector: (name) => byName.get(name),
      table: (collector, table) => byName.get(collector)?.byName.get(table),
    };
  }

  /** Asks what the next frame cannot wait for; `undefined` when there is nothing to wait for. */
  gather(intervalSeconds: number, all: boolean): Promise<void> | undefined {
    const first = this.live.length === 0;
    const patience = first ? FIRST_PATIENCE_SECONDS : Math.min(PATIENCE_SECONDS, intervalSeconds / 4);
    return this.sampler.gather?.(patience * 1000, all ? 'all' : 'due');
  }

  /** Takes the next frame. `all` also reads the collectors that sit out fast ticks. */
  next(intervalSeconds: number, all: boolean): Frame {
    const { frame } = this;
    const sample = this.sampler.sample(all ? 'all' : 'due');
    if (this.live.length === 0) this.meet(sample.collectors);
    const slept = this.wall.look();
    frame.index++;
    frame.monotonicSeconds = sample.monotonicSeconds;
    frame.t_ms = sample.t_ms + Math.round(this.wall.suspendedSeconds * 1000);
    frame.elapsedSeconds = sample.monotonicSeconds - this.lastAt;
    frame.gap = slept || isGap(frame.elapsedSeconds, intervalSeconds);
    this.lastAt = sample.monotonicSeconds;
    for (let i = 0; i < this.live.length; i++) this.live[i].update(intervalSeconds, slept);
    return frame;
  }

  private meet(states: readonly CollectorState[]): void {
    for (const state of states) {
      const collector = new LiveCollector(state);
      this.live.push(collector);
      this.byName.set(collector.name, collector);
    }
  }
}
