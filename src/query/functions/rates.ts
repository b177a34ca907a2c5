/** How fast something changes: `rate`, `increase`, `delta` and those of the last two samples. */
import type { FunctionFamily, Window, WindowFunction } from '../function.ts';

/** A gap at an end of the range longer than this many average intervals means that the series starts or ends there. */
const CLOSE_ENOUGH = 1.1;

/**
 * Prometheus extends what happened between the first and the last sample to the ends of the range where samples come
 * close to them, and by half an interval elsewhere, but never so far that a counter would be negative.
 */
function extrapolated(window: Window, counter: boolean, perSecond: boolean): number | undefined {
  const { timestamps, values, from, to, startMs, endMs } = window;
  const intervals = to - from - 1;
  if (intervals < 1) return undefined;
  const change = counter ? growth(window) : values[to - 1] - values[from];
  const sampled = (timestamps[to - 1] - timestamps[from]) / 1000;
  const average = sampled / intervals;
  const threshold = average * CLOSE_ENOUGH;
  let toStart = (timestamps[from] - startMs) / 1000;
  let toEnd = (endMs - timestamps[to - 1]) / 1000;
  if (toStart >= threshold) toStart = average / 2;
  if (counter && change > 0 && values[from] >= 0) {
    const toZero = sampled * (values[from] / change);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = average / 2;
  const factor = (sampled + toStart + toEnd) / sampled;
  return change * (perSecond ? factor / ((endMs - startMs) / 1000) : factor);
}

/** What a counter grew, resets included. */
function growth({ values, from, to }: Window): number {
  let change = values[to - 1] - values[from];
  for (let i = from + 1; i < to; i++) if (values[i] < values[i - 1]) change += values[i - 1];
  return change;
}

function lastTwo({ timestamps, values, from, to }: Window, counter: boolean): number | undefined {
  if (to - from < 2) return undefined;
  const now = values[to - 1];
  const before = values[to - 2];
  const change = counter && now < before ? now : now - before;
  return counter ? change / ((timestamps[to - 1] - timestamps[to - 2]) / 1000) : change;
}

function rate(name: string, compute: WindowFunction['compute'], wantsCounter = false): WindowFunction {
  return { kind: 'window', name, args: ['range vector'], compute, ...(wantsCounter && { wantsCounter }) };
}

export default [
  rate('rate', (window) => extrapolated(window, true, true), true),
  rate('increase', (window) => extrapolated(window, true, false), true),
  rate('delta', (window) => extrapolated(window, false, false)),
  rate('irate', (window) => lastTwo(window, true)),
  rate('idelta', (window) => lastTwo(window, false)),
] satisfies FunctionFamily;
