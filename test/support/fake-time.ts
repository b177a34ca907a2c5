/** A measurement of a fake host in which the test says how time passes. */
import type { Clock } from '../../src/core/clock.ts';
import type { Frame } from '../../src/core/frame.ts';
import type { Sampler } from '../../src/collect/sampler.ts';
import { createSampler } from '../../src/collect/sampler.ts';
import { sectionsFor } from '../../src/cli/monitor-stats/settings.ts';
import { FrameSource } from '../../src/record/frames.ts';
import { WallClock } from '../../src/record/wall-clock.ts';
import { ProcessLedger } from '../../src/report/process-ledger.ts';
import type { Summary } from '../../src/report/distribution.ts';
import { Summarizer } from '../../src/report/summarizer.ts';
import { FakeHost } from './fake-host.ts';

/** Clocks that stand still until the test moves them. */
export class FakeClock implements Clock {
  monotonic = 1000;
  wall = 1_767_225_600_000;
  /** Seconds the machine slept. */
  asleep = 0;

  monotonicSeconds(): number {
    return this.monotonic;
  }

  wallMs(): number {
    return this.wall;
  }

  /** Seconds of `/proc/uptime`. */
  uptime(): number {
    return this.monotonic + this.asleep;
  }

  pass(seconds: number): void {
    this.monotonic += seconds;
    this.wall += seconds * 1000;
  }

  /** The machine sleeps: CLOCK_MONOTONIC stands still. */
  suspend(seconds: number): void {
    this.asleep += seconds;
    this.wall += seconds * 1000;
  }
}

/** Sampler, repair and summaries on a fake host and a fake clock. */
export class FakeMeasurement {
  readonly host: FakeHost;
  readonly clock = new FakeClock();
  readonly wall = new WallClock(this.clock, () => this.clock.uptime());
  readonly summarizer: Summarizer;
  readonly processes = new ProcessLedger();
  frame: Frame | undefined;
  private readonly sampler: Sampler;
  private readonly frames: FrameSource;

  private constructor(host: FakeHost, sampler: (clock: Clock) => Sampler) {
    this.host = host;
    this.summarizer = new Summarizer(sectionsFor('all', true));
    this.sampler = sampler(this.clock);
    this.frames = new FrameSource(this.sampler, this.wall);
  }

  /** Takes the baseline. */
  static async begin(host = new FakeHost()): Promise<FakeMeasurement> {
    let clock: Clock | undefined;
    const lazy: Clock = {
      monotonicSeconds: () => clock?.monotonicSeconds() ?? 1000,
      wallMs: () => clock?.wallMs() ?? 1_767_225_600_000,
    };
    const sampler = await createSampler({ paths: host.paths, clock: lazy, eager: true });
    const measurement = new FakeMeasurement(host, (own) => {
      clock = own;
      return sampler;
    });
    measurement.next(1);
    return measurement;
  }

  /** Time passes, the host shows its state, a frame is taken. */
  tick(seconds = 1, interval = seconds): Frame {
    this.clock.pass(seconds);
    this.host.show();
    return this.next(interval);
  }

  /** The figures of one statistic. */
  stat(resource: string, key: string, stat: string, subject = ''): Summary {
    const found = this.summarizer.find(resource, key, subject, stat);
    return (
      found?.summary() ?? { min: null, mean: null, p50: null, p95: null, p99: null, max: null, last: null, samples: 0 }
    );
  }

  close(): void {
    this.sampler.close();
  }

  next(interval: number): Frame {
    this.frame = this.frames.next(interval, true);
    this.summarizer.add(this.frame);
    this.processes.add(this.frame);
    return this.frame;
  }
}
