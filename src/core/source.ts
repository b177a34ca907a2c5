/** What answers queries: the live ring, memory, the history, a remote server. */
import type { Labels } from './series.ts';

/** A condition on the value of one label; a label that a series lacks counts as the empty string. */
export interface LabelMatcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  /** Text, or an RE2 pattern that must match the whole value. */
  readonly value: string;
}

/** What the samples are for. A source may use it to read less or coarser data, where the answer is the same. */
export interface SelectHints {
  /** The function or aggregation right around the selector; empty when there is none. */
  readonly func: string;
  /** Length of the range selector in ms; 0 for an instant selector. */
  readonly rangeMs: number;
  /** Distance of the evaluated moments in ms; 0 when there is one only. */
  readonly stepMs: number;
  /** Labels of the aggregation right around the selector, and whether they are kept (`by`) or dropped (`without`). */
  readonly grouping?: { readonly labels: readonly string[]; readonly by: boolean };
}

/** One series with its samples, oldest first. Columns may be shared between series and are never written to. */
export interface SourceSeries {
  /** With `__name__`; without empty values. */
  readonly labels: Labels;
  /** Unix ms, strictly ascending. */
  readonly timestamps: Float64Array;
  /** As many as timestamps; a stale marker (`stale.ts`) ends the series. */
  readonly values: Float64Array;
}

/** Everything that can be queried implements this. */
export interface SeriesSource {
  /**
   * The series that satisfy every matcher, sorted by labels, with at least their samples from `startMs` to `endMs`,
   * both included; more on either side do no harm. Each label set occurs once.
   */
  select(
    matchers: readonly LabelMatcher[],
    startMs: number,
    endMs: number,
    hints: SelectHints,
  ): Iterable<SourceSeries> | Promise<Iterable<SourceSeries>>;
}
