/** The measuring loop over fake Node.js processes. */
import path from 'node:path';
import type { Sampler } from '../../src/collect/sampler.ts';
import { createSampler } from '../../src/collect/sampler.ts';
import type { Frame } from '../../src/core/frame.ts';
import { outcomeNames } from '../../src/core/outcome.ts';
import { seriesKey } from '../../src/core/series.ts';
import { FrameSource } from '../../src/record/frames.ts';
import { WallClock } from '../../src/record/wall-clock.ts';
import { FakeProcfs, FakeRuntime } from './fake-agent.ts';

/** A loop over the collector `nodejs` that a test turns by hand: sockets are real, processes and time are not. */
export class NodeLoop {
  readonly runtime = new FakeRuntime();
  readonly proc = new FakeProcfs();
  now = 1000;
  /** A busy machine must not make agents look silent; a test of silent ones sets less. */
  patienceMs = 10_000;
  frame: Frame | undefined;
  private sampler: Sampler | undefined;
  frames: FrameSource | undefined;

  async open(options: { pids?: number[] } = {}): Promise<void> {
    process.env.CODOPERF_RUNTIME_DIR = this.runtime.directory;
    const clock = { monotonicSeconds: () => this.now, wallMs: () => this.now * 1000 };
    const paths = { procfs: this.proc.root, sysfs: path.join(this.proc.root, 'sys') };
    this.sampler = await createSampler({ collectors: ['nodejs'], paths, clock, ...options });
    this.frames = new FrameSource(this.sampler, new WallClock(clock, () => this.now));
  }

  /** One turn, `seconds` after the last one. */
  async tick(seconds = 1, all = false): Promise<void> {
    this.now += seconds;
    await this.sampler?.gather?.(this.patienceMs, all ? 'all' : 'due');
    this.frame = this.frames?.next(seconds, all);
  }

  /** Every known raw figure by its series. */
  series(): Map<string, number> {
    const rows = [...(this.sampler as Sampler).rows()];
    return new Map(rows.map(({ name, labels, value }) => [seriesKey(name, labels), value]));
  }

  /** Increase and outcome of a metric of a row of a table, by the row's labels. */
  change(table: string, metric: string, ...labels: string[]): { delta: number; outcome: string; value: number } {
    const repaired = this.frame?.table('nodejs', table);
    if (repaired === undefined) throw new Error(`no table ${table}`);
    for (let slot = 0; slot < repaired.table.size; slot++) {
      if (!repaired.table.used(slot) || repaired.table.row(slot).labels.join() !== labels.join()) continue;
      const column = repaired.table.spec.columns.findIndex((each) => each.metric === metric);
      const i = slot * repaired.table.width + column;
      return { delta: repaired.delta[i], outcome: outcomeNames[repaired.outcome[i]], value: repaired.value[i] };
    }
    return { delta: Number.NaN, outcome: 'no row', value: Number.NaN };
  }

  async close(): Promise<void> {
    this.sampler?.close();
    await this.runtime.close();
  }
}
