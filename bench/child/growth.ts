/**
 * growth.ts SAMPLES: sampler, repair and summaries in a hot loop on this host, one second of a clock of its own
 * apart. Prints heap and resident memory, after a garbage collection, at a tenth of the way and at the end.
 */
import { createSampler } from '../../src/collect/sampler.ts';
import type { Clock } from '../../src/core/clock.ts';
import { FrameSource } from '../../src/record/frames.ts';
import { WallClock } from '../../src/record/wall-clock.ts';
import { ProcessLedger } from '../../src/report/process-ledger.ts';
import { sections } from '../../src/report/sections.gen.ts';
import { Summarizer } from '../../src/report/summarizer.ts';

const samples = Number(process.argv[2]);
let now = 0;
const clock: Clock = { monotonicSeconds: () => now, wallMs: () => now * 1000 };
/** Cheap ones, so that a million samples take minutes. */
const collectors = ['cpu', 'stat', 'meminfo', 'loadavg', 'pressure', 'diskstats', 'netdev', 'sockstat'];

function memory(at: number): { samples: number; heap_bytes: number; rss_bytes: number } {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { samples: at, heap_bytes: heapUsed + external, rss_bytes: rss };
}

const sampler = await createSampler({ clock, collectors });
const frames = new FrameSource(sampler, new WallClock(clock, () => now));
const summarizer = new Summarizer(sections);
const processes = new ProcessLedger();
const tenth = Math.max(1, Math.floor(samples / 10));
let early = memory(0);
for (let i = 0; i < samples; i++) {
  now++;
  const frame = frames.next(1, false);
  summarizer.add(frame);
  processes.add(frame);
  if (i + 1 === tenth) early = memory(tenth);
}
const late = memory(samples);
sampler.close();
console.log(JSON.stringify({ early, late }));
