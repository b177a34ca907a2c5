/** Collects series of this host into a ring, for as long as a question needs. */
import { createSampler, type SamplerOptions } from '../../collect/sampler.ts';
import { systemClock } from '../../core/clock.ts';
import type { Frame, FrameCollector } from '../../core/frame.ts';
import { SelfBudget } from '../../record/budget.ts';
import { FrameSource } from '../../record/frames.ts';
import { runLoop } from '../../record/loop.ts';
import { selfRows } from '../../record/self.ts';
import { WallClock } from '../../record/wall-clock.ts';
import type { Ring } from '../../store/ring.ts';
import { uptimeSeconds } from '../monitor-stats/measure.ts';

/** What to collect, and how. */
export interface LiveOptions {
  readonly ring: Ring;
  readonly collectors: readonly string[];
  readonly paths: NonNullable<SamplerOptions['paths']>;
  /** 0 takes a single sample. */
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  /** Also keep the series about codoperf itself. */
  readonly self: boolean;
  /** Only these processes. */
  readonly pids?: readonly number[];
  readonly stop: AbortSignal;
  warn(message: string): void;
  /** Called with every frame once it is in the ring; what it throws ends the loop. */
  onFrame?(frame: Frame): void | Promise<void>;
}

/** What was collected when. */
export interface LiveWindow {
  /** Unix ms of the first and the last sample. */
  readonly startMs: number;
  readonly endMs: number;
  readonly samples: number;
  readonly missed: number;
  readonly interrupted: boolean;
  readonly intervalSeconds: number;
  /** Each collector as it was in the end. */
  readonly collectors: readonly FrameCollector[];
}

/** CPU that a loop may take, as a share of one core, before it slows down. */
const MAX_OVERHEAD_RATIO = 0.1;

/** Collects until the time is over or `stop` is aborted. */
export async function collectLive(options: LiveOptions): Promise<LiveWindow> {
  const { ring, paths, collectors, durationSeconds, intervalSeconds, self, stop, pids } = options;
  const sampler = await createSampler({ paths, collectors, pids, eager: durationSeconds === 0 });
  const wall = new WallClock(systemClock, () => uptimeSeconds(paths.procfs ?? '/proc'));
  const frames = new FrameSource(sampler, wall);
  let seen: { startMs: number; endMs: number; collectors: readonly FrameCollector[] } | undefined;
  const take = (frame: Frame): void | Promise<void> => {
    ring.add(frame);
    if (self) ring.addRows('codoperf', frame.t_ms, selfRows(frame), frame.gap);
    seen = { startMs: seen?.startMs ?? frame.t_ms, endMs: frame.t_ms, collectors: frame.collectors };
    return options.onFrame?.(frame);
  };
  try {
    const result =
      durationSeconds === 0
        ? await once(frames, take)
        : await runLoop({
            intervalSeconds,
            samples: Math.floor(durationSeconds / intervalSeconds + 1e-9),
            clock: systemClock,
            frames,
            budget: new SelfBudget(MAX_OVERHEAD_RATIO),
            onFrame: take,
            onSlowDown: (ratio, seconds) =>
              options.warn(
                `codoperf itself took ${(ratio * 100).toFixed(1)} % of a core: it goes on every ${seconds} s`,
              ),
            stop,
          });
    if (seen === undefined) throw new TypeError('a loop without a frame');
    return { ...result, ...seen };
  } finally {
    sampler.close();
  }
}

async function once(frames: FrameSource, take: (frame: Frame) => void | Promise<void>) {
  await frames.gather(1, true);
  await take(frames.next(1, true));
  return { samples: 0, missed: 0, interrupted: false, intervalSeconds: 0 };
}
