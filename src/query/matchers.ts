/** Conditions on labels. */
import type { LabelMatcher, SourceSeries } from '../core/source.ts';
import { wholeMatch } from './pattern.ts';

/** Whether a series satisfies every matcher. */
export function seriesFilter(matchers: readonly LabelMatcher[]): (series: Pick<SourceSeries, 'labels'>) => boolean {
  const conditions = matchers.map(({ name, op, value }) => ({ name, matches: condition(op, value) }));
  return ({ labels }) => conditions.every(({ name, matches }) => matches(labels[name] ?? ''));
}

function condition(op: LabelMatcher['op'], wanted: string): (value: string) => boolean {
  if (op === '=') return (value) => value === wanted;
  if (op === '!=') return (value) => value !== wanted;
  const matches = wholeMatch(wanted);
  // The same few values come again and again.
  const known = new Map<string, boolean>();
  return (value) => {
    let answer = known.get(value);
    if (answer === undefined) known.set(value, (answer = matches(value) === (op === '=~')));
    return answer;
  };
}
