/** The loop: schedule -> collect -> repair -> sinks. */
import type { Clock } from '../core/clock.ts';
import type { Frame } from '../core/frame.ts';
import type { SelfBudget } from './budget.ts';
import type { FrameSource } from './frames.ts';
import { Schedule } from './schedule.ts';
import { Sleeper } from './sleep.ts';

const LONGEST_INTERVAL_SECONDS = 86_400;

/** What the loop is told. */
export interface LoopOptions {
  readonly intervalSeconds: number;
  /** How many intervals to observe; `Infinity` runs until stopped. */
  readonly samples: number;
  readonly clock: Clock;
  readonly frames: Pick<FrameSource, 'next'> & Partial<Pick<FrameSource, 'gather'>>;
  readonly budget: SelfBudget;
  /** Gets every frame, the baseline included; what it throws ends the loop. */
  onFrame(frame: Frame, soFar: Readonly<LoopResult>): void | Promise<void>;
  /** The interval was lengthened because the loop cost `ratio` of a core. */
  onSlowDown(ratio: number, intervalSeconds: number): void;
  /** Aborted to end early, with everything that was measured. */
  readonly stop: AbortSignal;
}

/** What became of the run. */
export interface LoopResult {
  /** Intervals observed. */
  samples: number;
  /** Ticks whose time passed while the process could not run. */
  missed: number;
  /** Intervals that were pauses. */
  gaps: number;
  /** Ended by `stop` before its time. */
  interrupted: boolean;
  /** The interval at the end; longer than asked for when the budget was exceeded. */
  intervalSeconds: number;
}

/** Samples until the asked number of intervals is over or `stop` is aborted. */
export async function runLoop(options: LoopOptions): Promise<LoopResult> {
  const sleeper = new Sleeper(options.clock, options.stop);
  try {
    return await loop(options, sleeper);
  } finally {
    sleeper.close();
  }
}

async function loop(options: LoopOptions, sleeper: Sleeper): Promise<LoopResult> {
  const { clock, frames, stop } = options;
  const greeting = frames.gather?.(options.intervalSeconds, true);
  if (greeting !== undefined) await greeting;
  const start = clock.monotonicSeconds();
  const end = start + options.samples * options.intervalSeconds;
  const schedule = new Schedule(options.intervalSeconds, start);
  const result = { samples: 0, missed: 0, gaps: 0, interrupted: false, intervalSeconds: options.intervalSeconds };
  const baseline = frames.next(schedule.interval, true);
  let lastAt = baseline.monotonicSeconds;
  await options.onFrame(baseline, result);
  for (;;) {
    const due = schedule.next(clock.monotonicSeconds());
    const last = due >= end - schedule.interval / 2;
    await sleeper.until(last ? end : due);
    result.interrupted = stop.aborted;
    if (stop.aborted && tooShort(clock.monotonicSeconds() - lastAt, schedule.interval, result.samples)) break;
    const gathering = frames.gather?.(schedule.interval, last || stop.aborted);
    if (gathering !== undefined) await gathering;
    const frame = frames.next(schedule.interval, last || stop.aborted);
    lastAt = frame.monotonicSeconds;
    result.samples++;
    if (frame.gap) result.gaps++;
    result.missed = schedule.missed;
    result.intervalSeconds = schedule.interval;
    const taken = options.onFrame(frame, result);
    if (taken !== undefined) await taken;
    if (last || stop.aborted) break;
    slowDownWhenCostly(options, schedule, start);
  }
  result.missed = schedule.missed;
  result.intervalSeconds = schedule.interval;
  return result;
}

/** The rest of an interval that was cut off says little; it is kept only when there is nothing else. */
function tooShort(elapsed: number, interval: number, samples: number): boolean {
  return samples > 0 && elapsed < Math.min(interval, 1) / 2;
}

function slowDownWhenCostly({ budget, clock, onSlowDown }: LoopOptions, schedule: Schedule, start: number): void {
  const now = clock.monotonicSeconds();
  const ratio = budget.exceeded(now, now - start);
  if (ratio === undefined || schedule.interval >= LONGEST_INTERVAL_SECONDS) return;
  const longer = Math.min(schedule.interval * 2, LONGEST_INTERVAL_SECONDS);
  schedule.lengthen(longer, now);
  onSlowDown(ratio, longer);
}
