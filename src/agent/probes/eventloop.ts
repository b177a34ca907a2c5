/**
 * The event loop of a thread: how much it works, and how late it serves what is due.
 *
 * `nodejs_eventloop_lag_*` are prom-client's figures: what a timer of 20 ms measures between two of its calls, the
 * resolution inside and stalls counted once. `codoperf_eventloop_delay_*` have the resolution subtracted and what came
 * behind a stall counted too. Reading resets nothing, so any number of readers see the same.
 */
import type { Column } from '../../core/metric.ts';
import { histogramColumns } from '../../core/histogram.ts';
import { everyBeat } from '../beat.ts';
import { delayBounds, LoopDelay, resolutionMs } from '../loop-delay.ts';
import type { LoopTime } from '../loop-time.ts';
import { loopTime } from '../loop-time.ts';
import { LoopWatch } from '../loop-watch.ts';
import type { Emit, Probe, RunningProbe } from '../probe.ts';
import type { DelaySummary } from '../window.ts';
import { longestWindow } from '../window.ts';

const MS_PER_SECOND = 1000;

const time: readonly Column[] = [
  {
    metric: 'codoperf_eventloop_active_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that the event loop spent outside of its idle wait, which includes waiting for a CPU and spawnSync.',
  },
  {
    metric: 'codoperf_eventloop_idle_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that the event loop slept with nothing to do.',
  },
  {
    metric: 'nodejs_eventloop_utilization',
    type: 'gauge',
    unit: 'ratio',
    help: 'Active share of the event loop over the window of the reader.',
  },
];

function delayGauge(statistic: string, help: string): Column {
  return { metric: `codoperf_eventloop_delay_${statistic}_seconds`, type: 'gauge', unit: 'seconds', help };
}

function lagGauge(statistic: string, what: string): Column {
  const help = `${what} between two calls of a timer of 20 ms over the window of the reader, as prom-client measures it.`;
  return { metric: `nodejs_eventloop_lag_${statistic}_seconds`, type: 'gauge', unit: 'seconds', help };
}

const late: readonly Column[] = [
  delayGauge('max', 'Longest time that the event loop kept something waiting in the window of the reader.'),
  delayGauge('p50', 'Median delay in the window of the reader, without the resolution and corrected for omission.'),
  delayGauge('p99', 'As the median: the delay that 99 % did not exceed.'),
  lagGauge('min', 'Shortest time'),
  lagGauge('max', 'Longest time'),
  lagGauge('mean', 'Mean time'),
  lagGauge('stddev', 'Standard deviation of the time'),
  lagGauge('p50', 'Median time'),
  lagGauge('p90', '90th percentile of the time'),
  lagGauge('p99', '99th percentile of the time'),
];

const delays = histogramColumns(
  'codoperf_eventloop_delay_seconds',
  'seconds',
  'Delay of what came due every 20 ms: the resolution subtracted, what came due during a stall included.',
  delayBounds,
);

/** Loop times of the last beats, to tell what happened since one of them. */
class Trail {
  private readonly times: LoopTime[] = [loopTime()];

  push(): void {
    this.times.push(loopTime());
    if (this.times.length > longestWindow) this.times.shift();
  }

  /** Active share since the newest of the times that are at least `window` seconds old, or since the oldest. */
  utilization(now: LoopTime, window: number): number {
    const from = now.idle + now.active - window * MS_PER_SECOND;
    const then = this.times.findLast(({ idle, active }) => idle + active <= from) ?? this.times[0];
    const active = Math.max(0, now.active - then.active);
    return active / (active + now.idle - then.idle);
  }
}

function start(): RunningProbe {
  const begun = loopTime();
  const delay = new LoopDelay(begun.idle + begun.active);
  const watch = new LoopWatch(delay);
  const trail = new Trail();
  const endBeats = everyBeat('event loop: utilization', () => trail.push());
  return {
    read(emit, window) {
      watch.catchUp();
      const now = loopTime();
      const nowMs = now.idle + now.active;
      const active = Math.max(0, now.active) / MS_PER_SECOND;
      emit('time', [], [active, now.idle / MS_PER_SECOND, trail.utilization(now, window)]);
      emit('delays', [], delay.figures());
      const longest = delay.longestSeconds(nowMs, window);
      // What waits at this moment has waited that long, whenever it will be served.
      const waiting = watch.waitingMs() / MS_PER_SECOND;
      emitLate(emit, Number.isNaN(longest) ? waiting : Math.max(longest, waiting), delay.summary(nowMs, window));
    },
    stop() {
      endBeats();
      watch.stop();
    },
  };
}

function emitLate(emit: Emit, longest: number, seen: DelaySummary): void {
  const corrected = (q: number): number => seen.correctedQuantile(q, resolutionMs) / MS_PER_SECOND;
  const lag = (delayMs: number): number => (resolutionMs + delayMs) / MS_PER_SECOND;
  emit(
    'late',
    [],
    [
      longest,
      corrected(0.5),
      corrected(0.99),
      lag(seen.min),
      lag(seen.max),
      lag(seen.mean),
      seen.stddev / MS_PER_SECOND,
      lag(seen.quantile(0.5)),
      lag(seen.quantile(0.9)),
      lag(seen.quantile(0.99)),
    ],
  );
}

export default {
  name: 'eventloop',
  help: 'The event loop: active and idle time, and how late it serves what is due.',
  scope: 'thread',
  tables: [
    { name: 'time', labels: [], columns: time },
    { name: 'late', labels: [], columns: late },
    { name: 'delays', labels: [], columns: delays },
  ],
  start,
} satisfies Probe;
