/** Which series of two vectors belong together: the labels that both must have in common. */
import { type LabelSet, METRIC_NAME } from '../label-set.ts';
import type { Matching } from '../promql/ast.ts';
import type { Series } from './value.ts';

/** Series whose matching labels are equal. */
export interface MatchGroup {
  /** The matching labels, for messages. */
  readonly labels: LabelSet;
  readonly left: Series[];
  readonly right: Series[];
}

/** The groups of two vectors, in the order in which they first appear. */
export function matchGroups(matching: Matching, left: readonly Series[], right: readonly Series[]): MatchGroup[] {
  const names = new Set(matching.on ? matching.labels : [METRIC_NAME, ...matching.labels]);
  const groups = new Map<string, MatchGroup>();
  const add = (series: readonly Series[], side: 'left' | 'right'): void => {
    for (const each of series) {
      const labels = matching.on ? each.labels.only(names) : each.labels.without(names);
      let group = groups.get(labels.key);
      if (group === undefined) groups.set(labels.key, (group = { labels, left: [], right: [] }));
      group[side].push(each);
    }
  };
  add(left, 'left');
  add(right, 'right');
  return [...groups.values()];
}

/** 1 at the steps where any of the series has a value. */
export function anyPresent(series: readonly Series[], count: number): Uint8Array {
  const any = new Uint8Array(count);
  for (const { present } of series) for (let i = 0; i < count; i++) any[i] |= present[i];
  return any;
}
