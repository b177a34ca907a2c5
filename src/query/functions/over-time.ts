/** Aggregations over the samples of a range: `avg_over_time` and its kin. */
import type { FunctionFamily, Window, WindowFunction } from '../function.ts';
import { KahanMean, KahanSum, Variance } from '../kahan.ts';
import { quantile, quantileWarning } from '../quantile.ts';

type Options = Partial<Pick<WindowFunction, 'keepsName' | 'experimental'>>;

function overTime(name: string, compute: WindowFunction['compute'], options: Options = {}): WindowFunction {
  return { kind: 'window', name: `${name}_over_time`, args: ['range vector'], compute, ...options };
}

/** Feeds the samples to something that takes one after another. */
function feed<T extends { add(value: number): void }>({ values, from, to }: Window, into: T): T {
  for (let i = from; i < to; i++) into.add(values[i]);
  return into;
}

/** Index of the sample that is better than all others; the first or the last of equals. */
function best({ values, from, to }: Window, sign: 1 | -1, last: boolean): number {
  let index = from;
  for (let i = from + 1; i < to; i++) {
    const challenger = values[i] * sign;
    const holder = values[index] * sign;
    if (challenger > holder || (last && challenger === holder) || Number.isNaN(holder)) index = i;
  }
  return index;
}

/** Median of the distances from the median. */
function medianDeviation(window: Window): number {
  const values = window.values.slice(window.from, window.to);
  const median = quantile(0.5, values);
  return quantile(
    0.5,
    values.map((value) => Math.abs(value - median)),
  );
}

const experimental = true;

export default [
  overTime('avg', (window) => feed(window, new KahanMean()).mean),
  overTime('sum', (window) => feed(window, new KahanSum()).total),
  overTime('count', ({ from, to }) => to - from),
  overTime('min', (window) => window.values[best(window, -1, false)]),
  overTime('max', (window) => window.values[best(window, 1, false)]),
  overTime('present', () => 1),
  overTime('last', ({ values, to }) => values[to - 1], { keepsName: true }),
  overTime('stddev', (window) => Math.sqrt(feed(window, new Variance()).variance)),
  overTime('stdvar', (window) => feed(window, new Variance()).variance),
  overTime('first', ({ values, from }) => values[from], { keepsName: true, experimental }),
  overTime('mad', medianDeviation, { experimental }),
  overTime('ts_of_first', ({ timestamps, from }) => timestamps[from] / 1000, { experimental }),
  overTime('ts_of_last', ({ timestamps, to }) => timestamps[to - 1] / 1000, { experimental }),
  overTime('ts_of_min', (window) => window.timestamps[best(window, -1, true)] / 1000, { experimental }),
  overTime('ts_of_max', (window) => window.timestamps[best(window, 1, true)] / 1000, { experimental }),
  {
    kind: 'window',
    name: 'quantile_over_time',
    args: ['scalar', 'range vector'],
    compute: ({ values, from, to }, q) => quantile(q, values.slice(from, to)),
    warnOf: quantileWarning,
  },
] satisfies FunctionFamily;
