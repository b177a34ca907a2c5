/** The arithmetic of delays: correction for omission, windows, the timer that nobody runs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delayBounds, LoopDelay, resolutionMs } from '../../src/agent/loop-delay.ts';
import { OmissionHistogram } from '../../src/agent/omission.ts';
import { longestWindow, WindowDelays, WindowMax } from '../../src/agent/window.ts';

/** Cumulative buckets, sum and count, one observation after the other. */
function counted(delaysMs: readonly number[], bounds: readonly number[]): number[] {
  const within = bounds.map((bound) => delaysMs.filter((delay) => delay <= bound * 1000 + 1e-9).length);
  return [...within, delaysMs.length, delaysMs.reduce((sum, delay) => sum + delay, 0) / 1000, delaysMs.length];
}

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe('correction for omission', () => {
  test('a stall of 100 ms with 20 ms between arrivals is 100, 80, 60, 40, 20 and 0', () => {
    const histogram = new OmissionHistogram(delayBounds, 20);
    histogram.addLate(100);
    expectClose(histogram.figures(), counted([100, 80, 60, 40, 20, 0], delayBounds));
  });

  test('is what one gets from letting each of them arrive', () => {
    const delays = fc.array(fc.tuple(fc.nat(20_000), fc.nat(3)), { maxLength: 20 });
    fc.assert(
      fc.property(delays, fc.constantFrom(7, 20, 1000), (stalls, interval) => {
        const histogram = new OmissionHistogram(delayBounds, interval);
        const arrived: number[] = [];
        for (const [stall, onTime] of stalls) {
          histogram.addLate(stall);
          histogram.addOnTime(onTime);
          // They arrive once in each interval while the first one waits, and are all served at its end.
          for (let at = 0; at <= stall; at += interval) arrived.push(stall - at);
          arrived.push(...Array<number>(onTime).fill(0));
        }
        expectClose(histogram.figures(), counted(arrived, delayBounds));
      }),
      { numRuns: 100 },
    );
  });
});

test('the timer that nobody runs is served as a real one would be', () => {
  // Turns of a loop: ready for some time, then away for some time; whole milliseconds.
  const turns = fc.array(fc.tuple(fc.nat(100), fc.nat(400)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(turns, (spans) => {
      const delay = new LoopDelay(0);
      const served: number[] = [];
      let [now, due] = [0, resolutionMs];
      for (const [ready, away] of spans) {
        for (; due <= now + ready; due += resolutionMs) served.push(0);
        const [from, until] = [now + ready, now + ready + away];
        for (; due <= until && due > from; due = until + resolutionMs) {
          for (let late = until - due; late >= 0; late -= resolutionMs) served.push(late);
        }
        delay.away(from, until);
        now = until;
      }
      expectClose(delay.figures(), counted(served, delayBounds));
      expect(delay.longestSeconds(now, longestWindow)).toBeCloseTo(Math.max(...spans.map(([, away]) => away)) / 1000);
    }),
    { numRuns: 300 },
  );
});

describe('windows', () => {
  test('the largest of late, for any number of readers', () => {
    const max = new WindowMax();
    expect(max.max(0, 300)).toBeNaN();
    max.note(10_500, 7);
    max.note(12_500, 3);
    for (const again of [0, 1]) {
      expect([again, max.max(13_000, 1)]).toEqual([again, 3]);
      expect([again, max.max(13_000, 300)]).toEqual([again, 7]);
    }
    expect(max.max(15_000, 1)).toBeNaN();
    // Longer than what is remembered.
    expect(max.max(10_500 + (longestWindow + 4) * 1000, 1e6)).toBeNaN();
  });

  test('mean, deviation and quantiles are those of the samples', () => {
    const samples = fc.array(fc.tuple(fc.nat(40_000), fc.double({ min: 0, max: 2000, noNaN: true })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 60 }), (all, window) => {
        const delays = new WindowDelays();
        const inOrder = all.toSorted(([a], [b]) => a - b);
        for (const [at, delay] of inOrder) delays.add(at, delay);
        const from = Math.floor(40 - window) * 1000;
        const seen = inOrder.filter(([at]) => at >= from).map(([, delay]) => delay);
        const summary = delays.summary(40_000, window);
        expect(summary.count).toBe(seen.length);
        if (seen.length === 0) {
          expect([summary.min, summary.max, summary.mean, summary.quantile(0.5)].every(Number.isNaN)).toBe(true);
          return;
        }
        seen.sort((a, b) => a - b);
        const mean = seen.reduce((sum, delay) => sum + delay, 0) / seen.length;
        expect([summary.min, summary.max]).toEqual([seen[0], seen.at(-1)]);
        expect(summary.mean).toBeCloseTo(mean, 6);
        const variance = seen.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / seen.length;
        expect(summary.stddev).toBeCloseTo(Math.sqrt(variance), 3);
        for (const q of [0.5, 0.9, 0.99]) {
          const exact = seen[Math.ceil(q * seen.length) - 1];
          expect(Math.abs(summary.quantile(q) - exact)).toBeLessThanOrEqual(Math.max(0.126, exact * 0.046));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a stall moves the corrected quantile and not the other', () => {
    const delays = new WindowDelays();
    for (let at = 0; at < 10_000; at += 20) delays.add(at, 0);
    delays.add(10_000, 500);
    const summary = delays.summary(10_000, 60);
    expect(summary.quantile(0.99)).toBe(0);
    // The sixth of 500, 480, 460, … 0, within 4.5 %.
    expect(summary.correctedQuantile(0.99, 20)).toBeGreaterThan(370);
    expect(summary.correctedQuantile(1, 20)).toBeGreaterThan(470);
  });
});
