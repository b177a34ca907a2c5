/** The groups of an aggregation. */
import { type LabelSet, METRIC_NAME } from '../label-set.ts';
import type { Aggregation } from '../promql/ast.ts';
import type { Series } from './value.ts';

/** Series that are aggregated into one. */
export interface Group {
  readonly labels: LabelSet;
  readonly members: Series[];
}

/** The labels of the group that a label set belongs to. */
export function groupLabels({ without, grouping }: Aggregation): (labels: LabelSet) => LabelSet {
  const names = new Set(without ? [METRIC_NAME, ...grouping] : grouping);
  return without ? (labels) => labels.without(names) : (labels) => labels.only(names);
}

/** The groups in the order in which they first appear. */
export function groupsOf(node: Aggregation, series: readonly Series[]): Group[] {
  const labelsOf = groupLabels(node);
  const groups = new Map<string, Group>();
  for (const each of series) {
    const labels = labelsOf(each.labels);
    const group = groups.get(labels.key);
    if (group === undefined) groups.set(labels.key, { labels, members: [each] });
    else group.members.push(each);
  }
  return [...groups.values()];
}
