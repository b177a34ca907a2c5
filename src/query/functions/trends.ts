/** Where something is heading: regression, smoothing, counts of changes. */
import type { FunctionFamily, Window, WindowFunction } from '../function.ts';
import { KahanSum } from '../kahan.ts';
import { QueryError } from '../query-error.ts';

/** The least-squares line: its slope per second and its value at a moment in Unix ms. */
function regression({ timestamps, values, from, to }: Window, atMs: number): { slope: number; intercept: number } {
  const [x, y, xy, xx] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  let constant = true;
  for (let i = from; i < to; i++) {
    if (values[i] !== values[from]) constant = false;
    const seconds = (timestamps[i] - atMs) / 1000;
    x.add(seconds);
    y.add(values[i]);
    xy.add(seconds * values[i]);
    xx.add(seconds * seconds);
  }
  // Rounding must not make a slope of nothing.
  if (constant) {
    const value = values[from];
    return Number.isFinite(value) ? { slope: 0, intercept: value } : { slope: Number.NaN, intercept: Number.NaN };
  }
  const n = to - from;
  const slope = (xy.total - (x.total * y.total) / n) / (xx.total - (x.total * x.total) / n);
  return { slope, intercept: y.total / n - (slope * x.total) / n };
}

function enough({ from, to }: Window): boolean {
  return to - from >= 2;
}

/** Holt's linear method. */
function smooth(window: Window, smoothing: number, trend: number): number | undefined {
  requireFactor('smoothing', 'sf', smoothing);
  requireFactor('trend', 'tf', trend);
  if (!enough(window)) return undefined;
  const { values, from, to } = window;
  let before = 0;
  let level = values[from];
  let slope = values[from + 1] - values[from];
  for (let i = from + 1; i < to; i++) {
    if (i > from + 1) slope = trend * (level - before) + (1 - trend) * slope;
    const next = smoothing * values[i] + (1 - smoothing) * (level + slope);
    before = level;
    level = next;
  }
  return level;
}

function requireFactor(name: string, symbol: string, value: number): void {
  if (!(value <= 0 || value >= 1)) return;
  const message = `invalid ${name} factor. Expected: 0 < ${symbol} < 1, got: ${value.toFixed(6)}`;
  throw new QueryError('execution', message);
}

function count({ values, from, to }: Window, differs: (now: number, before: number) => boolean): number {
  let found = 0;
  for (let i = from + 1; i < to; i++) if (differs(values[i], values[i - 1])) found++;
  return found;
}

const changed = (now: number, before: number): boolean =>
  now !== before && !(Number.isNaN(now) && Number.isNaN(before));

function trend(name: string, compute: WindowFunction['compute'], scalars = 0): WindowFunction {
  return { kind: 'window', name, args: ['range vector', ...Array<'scalar'>(scalars).fill('scalar')], compute };
}

export default [
  // The line is laid through a moment near the samples, far from which rounding would show.
  trend('deriv', (window) => (enough(window) ? regression(window, window.timestamps[window.from]).slope : undefined)),
  trend(
    'predict_linear',
    (window, seconds) => {
      if (!enough(window)) return undefined;
      const { slope, intercept } = regression(window, window.atMs);
      return slope * seconds + intercept;
    },
    1,
  ),
  { ...trend('double_exponential_smoothing', smooth, 2), experimental: true },
  trend('changes', (window) => count(window, changed)),
  trend('resets', (window) => count(window, (now, before) => now < before)),
] satisfies FunctionFamily;
