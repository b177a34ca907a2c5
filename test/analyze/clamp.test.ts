import { describe, expect, it } from 'vitest';
import { clamp } from '../../src/analyze/rules/clamp.ts';
import { parsePromql } from '../../src/query/promql/parse.ts';

/** Data of some seconds, sampled every `interval` of them. */
function fitted(expr: string, interval: number, seconds: number, longestMs?: number): ReturnType<typeof clamp> {
  const facts = {
    series: 1,
    samples: Math.floor(seconds / interval) + 1,
    intervalMs: interval * 1000,
    firstMs: 0,
    lastMs: seconds * 1000,
  };
  return clamp(parsePromql(expr), {
    survey: new Map([
      ['m', facts],
      ['n', facts],
    ]),
    atMs: seconds * 1000 + 300,
    longestMs,
  });
}

describe('windows', () => {
  it.each([
    ['rate(m[5m])', 1, 20, 'rate(m[21s])'],
    ['rate(m[5m])', 1, 3, 'rate(m[3s301ms])'],
    ['rate(m[5m])', 15, 3600, 'rate(m[5m])'],
    ['rate(m[5m])', 60, 3600, 'rate(m[5m])'],
    ['rate(m[1m])', 60, 3600, 'rate(m[4m])'],
    ['rate(m[1m])', 60, 100, 'rate(m[1m41s])'],
    ['rate(m[5m]) / rate(n[1m])', 1, 30, 'rate(m[31s]) / rate(n[31s])'],
    ['rate(unknown[5m])', 1, 20, 'rate(unknown[5m])'],
    ['max_over_time(rate(m[1m])[5m:])', 1, 40, 'max_over_time(rate(m[10s75ms])[31s:3s100ms])'],
    ['max_over_time(rate(m[1m])[5m:15s])', 15, 3600, 'max_over_time(rate(m[1m])[5m:15s])'],
    ['m > 1 and on (a) topk by (a) (3, -(rate(m[5m])))', 1, 20, 'm > 1 and on (a) topk by (a) (3, -(rate(m[21s])))'],
  ])('%s, every %d s, %d s of them', (expr, interval, seconds, expected) => {
    expect(fitted(expr, interval, seconds)).toEqual({ text: expected, lacksMs: undefined });
  });

  it('are shortened to see when something began', () => {
    expect(fitted('rate(m[5m])', 1, 300, 30_000).text).toBe('rate(m[30s])');
    expect(fitted('rate(m[5m])', 15, 300, 30_000).text).toBe('rate(m[1m])');
  });

  it('of trends and of the past are not made up', () => {
    expect(fitted('predict_linear(m[6h], 86400) < 0', 1, 30).lacksMs).toBe(3 * 3_600_000);
    expect(fitted('predict_linear(m[6h], 86400) < 0', 60, 4 * 3600).lacksMs).toBeUndefined();
    expect(fitted('m / m offset 1h', 1, 30).lacksMs).toBe(3_600_000);
  });
});
