/**
 * How long a job waits for libuv's pool (files, `dns.lookup`, crypto, zlib). Nothing in Node.js tells: 8 `pbkdf2` that
 * block the pool are neither an active handle nor a request. So a tiny job goes through it about once a second.
 *
 * The loop may be at work when the job is done, and that is no wait for the pool: only the time that the loop slept
 * counts, and a job during which the loop worked longer than that tells nothing.
 */
import fs from 'node:fs';
import type { Column } from '../../core/metric.ts';
import { histogramColumns } from '../../core/histogram.ts';
import { beatMs, everyBeat } from '../beat.ts';
import type { LoopTime } from '../loop-time.ts';
import { loopTime } from '../loop-time.ts';
import { OmissionHistogram } from '../omission.ts';
import { holdResource, noteOwnTurn } from '../own-resources.ts';
import { poolSize } from '../pool-threads.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { shielded } from '../shield.ts';
import { WindowMax } from '../window.ts';

const MS_PER_SECOND = 1000;
/** A job that is done in no time: procfs never waits for a disk or a server. */
const PATH = '/proc';
/** Milliseconds of the loop's own work that are below what anybody would call saturation. */
const NEGLIGIBLE_MS = 5;
/** Seconds after which the last answer is none any more, however short the window. */
const FRESH_SECONDS = 3;

const bounds: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const gauges: readonly Column[] = [
  {
    metric: 'codoperf_threadpool_probe_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: "Time that a tiny job waited for libuv's pool: the last one, or the one under way when it waits longer.",
  },
  {
    metric: 'codoperf_threadpool_probe_max_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'The longest of these waits in the window of the reader.',
  },
  {
    metric: 'codoperf_threadpool_size',
    type: 'gauge',
    unit: 'count',
    help: "Threads of libuv's pool (UV_THREADPOOL_SIZE).",
  },
];

const durations = histogramColumns(
  'codoperf_threadpool_probe_duration_seconds',
  'seconds',
  "Time that a tiny job waited for libuv's pool, one a second; those that a waiting one held up are counted too.",
  bounds,
);

/** Milliseconds that a job sent `then` has waited for the pool for sure; `NaN` when the loop's work hides it. */
function waitedMs(then: LoopTime, now: LoopTime): number {
  const slept = now.idle - then.idle;
  const worked = now.active - then.active;
  return worked <= Math.max(slept, NEGLIGIBLE_MS) ? slept : Number.NaN;
}

class PoolProbe {
  private readonly waits = new OmissionHistogram(bounds, beatMs);
  private readonly longest = new WindowMax();
  private sent: LoopTime | undefined;
  /** The permission model forbids it: the figures stay unknown. */
  private isRefused = false;
  private lastMs = Number.NaN;
  private lastAtMs = 0;
  private readonly onDone = shielded<NodeJS.ErrnoException | null>('threadpool: done', (error) => this.done(error));

  send(): void {
    if (this.sent !== undefined || this.isRefused) return;
    this.sent = loopTime();
    holdResource('FSReqCallback', 1);
    fs.access(PATH, this.onDone);
  }

  figures(window: number): number[] {
    const now = loopTime();
    const nowMs = now.idle + now.active;
    const isFresh = nowMs - this.lastAtMs <= Math.max(window, FRESH_SECONDS) * MS_PER_SECOND;
    const last = isFresh ? this.lastMs : Number.NaN;
    const underWay = this.sent === undefined ? Number.NaN : waitedMs(this.sent, now);
    const max = this.longest.max(nowMs, window);
    return [larger(last, underWay) / MS_PER_SECOND, larger(max, underWay) / MS_PER_SECOND];
  }

  histogram(): number[] {
    return this.waits.figures();
  }

  private done(error: NodeJS.ErrnoException | null): void {
    holdResource('FSReqCallback', -1);
    noteOwnTurn();
    // Answered without the pool. That the path is not there is no matter.
    this.isRefused = error?.code === 'ERR_ACCESS_DENIED';
    const then = this.sent as LoopTime;
    this.sent = undefined;
    const now = loopTime();
    const waited = waitedMs(then, now);
    if (this.isRefused || Number.isNaN(waited)) return;
    this.lastMs = waited;
    this.lastAtMs = now.idle + now.active;
    this.longest.note(this.lastAtMs, waited);
    this.waits.addLate(waited);
  }
}

/** The larger of two figures of which either may be unknown. */
function larger(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return b > a ? b : a;
}

function start(): RunningProbe {
  const probe = new PoolProbe();
  let size = Number.NaN;
  let endBeats: (() => void) | undefined;
  return {
    settle() {
      // The pool is made at its first use and keeps the size it had then.
      size = poolSize();
      endBeats = everyBeat('threadpool: send', () => probe.send());
    },
    read(emit, window) {
      emit('pool', [], [...probe.figures(window), size]);
      emit('durations', [], probe.histogram());
    },
    stop: () => endBeats?.(),
  };
}

export default {
  name: 'threadpool',
  help: "How long jobs wait for libuv's pool.",
  scope: 'process',
  tables: [
    { name: 'pool', labels: [], columns: gauges },
    { name: 'durations', labels: [], columns: durations },
  ],
  start,
} satisfies Probe;
