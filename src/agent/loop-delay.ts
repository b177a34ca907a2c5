/**
 * How late an event loop serves what is due. The model is a timer of 20 ms, as `monitorEventLoopDelay` has one: it is
 * due 20 ms after it was served, and it waits while the loop is away. Whoever watches the loop says when it was away
 * (`away`), or runs the timer for real (`served`); times are milliseconds of one clock.
 */
import { OmissionHistogram } from './omission.ts';
import type { DelaySummary } from './window.ts';
import { WindowDelays, WindowMax } from './window.ts';

/** The timer's interval, and what a figure with the resolution inside has on top of the delay. */
export const resolutionMs = 20;

/** Bounds in seconds of the histogram of delays. */
export const delayBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** The delays of one loop, since the start and of late. */
export class LoopDelay {
  private readonly all = new OmissionHistogram(delayBounds, resolutionMs);
  private readonly late = new WindowDelays();
  private readonly longest = new WindowMax();
  private due: number;

  constructor(nowMs: number) {
    this.due = nowMs + resolutionMs;
  }

  /** The timer begins anew: what watches the loop changed. */
  restart(nowMs: number): void {
    this.due = nowMs + resolutionMs;
  }

  /** The loop was ready for all that was due until `untilMs`. */
  ready(untilMs: number): void {
    if (this.due > untilMs) return;
    const times = Math.floor((untilMs - this.due) / resolutionMs) + 1;
    this.all.addOnTime(times);
    this.late.add(untilMs, 0, times);
    this.due += times * resolutionMs;
  }

  /** The loop was ready until `fromMs`, and then away until `untilMs`, which is now. */
  away(fromMs: number, untilMs: number): void {
    this.ready(fromMs);
    this.longest.note(untilMs, untilMs - fromMs);
    if (this.due <= untilMs) this.take(untilMs, untilMs - this.due);
  }

  /** A timer of 20 ms was served now. Negative delays are the rounding of timers to milliseconds. */
  served(nowMs: number): void {
    const delay = nowMs - this.due;
    this.longest.note(nowMs, Math.max(0, delay));
    this.take(nowMs, delay);
  }

  /** Something else was served `delayMs` late, now. */
  servedLate(nowMs: number, delayMs: number): void {
    this.longest.note(nowMs, delayMs);
    this.all.addLate(delayMs);
    this.late.add(nowMs, delayMs);
  }

  /** How long what was due has waited already, in milliseconds. */
  overdueMs(nowMs: number): number {
    return Math.max(0, nowMs - this.due);
  }

  /** Seconds of the longest delay of the last `window` seconds; `NaN` when nothing was seen. */
  longestSeconds(nowMs: number, window: number): number {
    return this.longest.max(nowMs, window) / 1000;
  }

  /** The delays of the last `window` seconds. */
  summary(nowMs: number, window: number): DelaySummary {
    return this.late.summary(nowMs, window);
  }

  /** The figures of the histogram since the start, corrected for omission. */
  figures(): number[] {
    return this.all.figures();
  }

  private take(nowMs: number, delayMs: number): void {
    this.all.addLate(Math.max(0, delayMs));
    this.late.add(nowMs, delayMs);
    this.due = nowMs + resolutionMs;
  }
}
