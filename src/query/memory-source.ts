/** Series in memory that can be queried. */
import type { SeriesSource, SourceSeries } from '../core/source.ts';
import { compareLabels, LabelSet, METRIC_NAME } from './label-set.ts';
import { seriesFilter } from './matchers.ts';

/** A series to query: `labels` with `__name__`, timestamps in Unix ms and ascending, a value for each. */
export interface MemorySeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly timestamps_ms: ArrayLike<number>;
  /** May hold stale markers (a `NaN` with the bits 0x7ff0000000000002), best in a `Float64Array`. */
  readonly values: ArrayLike<number>;
}

/** A source of the given series, which are copied; throws a `TypeError` when one is not well-formed or given twice. */
export function createMemorySource(series: readonly MemorySeries[]): SeriesSource {
  const all = series.map(copied).sort((a, b) => compareLabels(LabelSet.of(a.labels), LabelSet.of(b.labels)));
  const byName = new Map<string, SourceSeries[]>();
  const keys = new Set<string>();
  for (const each of all) {
    const set = LabelSet.of(each.labels);
    if (keys.has(set.key)) throw new TypeError(`series given twice: ${set.toString()}`);
    keys.add(set.key);
    const name = set.get(METRIC_NAME);
    const named = byName.get(name);
    if (named === undefined) byName.set(name, [each]);
    else named.push(each);
  }
  return {
    select(matchers) {
      const name = matchers.find(({ name: label, op }) => label === METRIC_NAME && op === '=');
      const candidates = name === undefined ? all : (byName.get(name.value) ?? []);
      return candidates.filter(seriesFilter(matchers.filter((matcher) => matcher !== name)));
    },
  };
}

function copied({ labels, timestamps_ms, values }: MemorySeries): SourceSeries {
  if (timestamps_ms.length !== values.length)
    throw new TypeError(`${timestamps_ms.length} timestamps, but ${values.length} values`);
  const timestamps = Float64Array.from(timestamps_ms);
  for (let i = 0; i < timestamps.length; i++) {
    if (!Number.isFinite(timestamps[i]) || (i > 0 && timestamps[i] <= timestamps[i - 1]))
      throw new TypeError(`timestamps must be ascending numbers: ${timestamps[i]} at index ${i}`);
  }
  const filled = Object.entries(labels).filter(([, value]) => value !== '');
  // A typed array copies bits, which a stale marker lives on.
  return { labels: Object.fromEntries(filled), timestamps, values: new Float64Array(values) };
}
