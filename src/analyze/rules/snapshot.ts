/**
 * A source as it is at one moment, for many questions about it: each metric is read once, however many rules ask for
 * it, and what the rules get is the same for all of them even if the source goes on.
 */
import type { SelectHints, SeriesSource, SourceSeries } from '../../core/source.ts';
import { seriesFilter } from '../../query/matchers.ts';

/** The samples of `source` from `startMs` to `endMs`; what is asked of another time is read as ever. */
export function snapshotOf(source: SeriesSource, startMs: number, endMs: number): SeriesSource {
  const read = new Map<string, readonly SourceSeries[] | Promise<readonly SourceSeries[]>>();
  const whole = (name: string, hints: SelectHints): readonly SourceSeries[] | Promise<readonly SourceSeries[]> => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const found = source.select([{ name: '__name__', op: '=', value: name }], startMs, endMs, wideHints(hints));
    const all = found instanceof Promise ? found.then((each) => [...each]) : [...found];
    read.set(name, all);
    return all;
  };
  return {
    select(matchers, from, to, hints) {
      const named = matchers.find(({ name, op }) => name === '__name__' && op === '=');
      if (named === undefined || from < startMs || to > endMs) return source.select(matchers, from, to, hints);
      const others = matchers.filter((matcher) => matcher !== named);
      const all = whole(named.value, hints);
      if (others.length === 0) return all;
      const matches = seriesFilter(others);
      return all instanceof Promise ? all.then((each) => each.filter(matches)) : all.filter(matches);
    },
  };
}

/** Raw data, whatever the first one who asks wants them for. */
function wideHints({ stepMs }: SelectHints): SelectHints {
  return { func: '', rangeMs: 0, stepMs };
}
