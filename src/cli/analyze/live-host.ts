/** Measures this host into a ring: what the rules ask for, in the loop that `monitor-stats` has too. */
import { createSampler } from '../../collect/sampler.ts';
import { systemClock } from '../../core/clock.ts';
import type { Frame } from '../../core/frame.ts';
import { seriesFilter } from '../../query/matchers.ts';
import { SelfBudget } from '../../record/budget.ts';
import { FrameSource } from '../../record/frames.ts';
import { type LoopResult, runLoop } from '../../record/loop.ts';
import { selfRows } from '../../record/self.ts';
import { WallClock } from '../../record/wall-clock.ts';
import { hostFacts } from '../../report/host-facts.ts';
import type { HostFacts } from '../../report/monitor-report.ts';
import { Ring } from '../../store/ring.ts';
import { assertSomethingCollected, missingParts, uptimeSeconds } from '../monitor-stats/measure.ts';
import { LiveServers } from './live-servers.ts';
import type { AnalyzeSettings } from './settings.ts';

/** Samples before and after the window that the ring still holds. */
const SPARE_SECONDS = 60;
/** The last sample is in the window, and no moment is on a sample. */
const AFTER_MS = 1;

/** What was measured. */
export interface MeasuredHost {
  readonly ring: Ring;
  readonly loop: Readonly<LoopResult>;
  readonly host: HostFacts;
  readonly startMs: number;
  /** The moment to judge. */
  readonly atMs: number;
  /** Sources that every host has and this one does not show. */
  readonly missing: readonly string[];
  readonly servers: LiveServers;
}

/** Follows a measurement. */
export interface LiveHooks {
  readonly stop: AbortSignal;
  warn(message: string): void;
  onFrame?(frame: Frame): void | Promise<void>;
}

/** Measures for the duration of the settings, or until `stop`. */
export async function measureHost(
  settings: AnalyzeSettings,
  collectors: readonly string[],
  hooks: LiveHooks,
): Promise<MeasuredHost> {
  const { paths, pids, durationSeconds, intervalSeconds } = settings;
  const ring = new Ring({ filter: seriesFilter, seconds: durationSeconds + SPARE_SECONDS });
  const servers = new LiveServers((group, t_ms, rows) => ring.addRows(group, t_ms, rows));
  const sampler = await createSampler({ paths, collectors, pids });
  let last: Frame | undefined;
  let startMs = 0;
  try {
    await servers.connect(settings.servers);
    const loop = await runLoop({
      intervalSeconds,
      samples: Math.floor(durationSeconds / intervalSeconds + 1e-9),
      clock: systemClock,
      frames: new FrameSource(sampler, new WallClock(systemClock, () => uptimeSeconds(paths.procfs))),
      budget: new SelfBudget(settings.maxOverheadRatio),
      stop: hooks.stop,
      onFrame: (frame) => {
        if (frame.index === 0) {
          startMs = frame.t_ms;
          assertSomethingCollected(frame.collectors);
        }
        last = frame;
        ring.add(frame);
        ring.addRows('codoperf', frame.t_ms, selfRows(frame), frame.gap);
        servers.look(frame.t_ms);
        return hooks.onFrame?.(frame);
      },
      onSlowDown: (ratio, interval) =>
        hooks.warn(`codoperf itself took ${(ratio * 100).toFixed(1)} % of a core: it goes on every ${interval} s`),
    });
    const frame = last as Frame;
    return {
      ring,
      loop,
      host: hostFacts(frame),
      startMs,
      atMs: frame.t_ms + AFTER_MS,
      missing: missingParts(frame.collectors),
      servers,
    };
  } finally {
    await servers.close();
    sampler.close();
  }
}
