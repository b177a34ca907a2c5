/** Facts of this host for the head of a report, as `monitor-stats` tells them. */
import { createSampler } from '../../collect/sampler.ts';
import { systemClock } from '../../core/clock.ts';
import { FrameSource } from '../../record/frames.ts';
import { WallClock } from '../../record/wall-clock.ts';
import { hostFacts } from '../../report/host-facts.ts';
import type { HostFacts } from '../../report/monitor-report.ts';

/** Reads them from one sample. */
export async function readHostFacts(): Promise<HostFacts> {
  const sampler = await createSampler({ collectors: ['uname', 'stat', 'meminfo', 'cpu'] });
  try {
    const wall = new WallClock(systemClock, () => Number.NaN);
    return hostFacts(new FrameSource(sampler, wall).next(1, true));
  } finally {
    sampler.close();
  }
}
