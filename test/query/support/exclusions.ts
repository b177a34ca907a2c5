/** What is not compared with Prometheus 2.42, each with its reason: it lacks it, or 3.x has changed it. */

/** A kind of expression that is left out of the comparison. */
interface Exclusion {
  readonly reason: string;
  /** Whether an expression is of that kind. */
  readonly matches: (expr: string) => boolean;
}

const has = (pattern: RegExp) => (expr: string) => pattern.test(expr);

/** Every exclusion of the comparison. */
export const exclusions: readonly Exclusion[] = [
  {
    reason: '2.42 has no such function or aggregation',
    matches: has(
      /\b(?:first_over_time|mad_over_time|ts_of_\w+_over_time|double_exponential_smoothing|sort_by_label\w*|limitk|histogram_fraction|histogram_(?:avg|count|sum|stddev|stdvar)|info)\b/,
    ),
  },
  {
    reason: '2.42 does not take durations as numbers, numbers as durations, underscores in numbers, quoted names',
    matches: has(/\[\d+\]|\b\d+_\d+|\{"/),
  },
  {
    reason: '3.x: standard deviation and variance of a group that begins with NaN or an infinity are NaN, not 0',
    matches: has(/\bstd(?:dev|var)\b(?!_over).*temperature_celsius/),
  },
  {
    reason: '3.x: atan2 drops the metric name as all arithmetic does',
    matches: (expr) => expr.includes('atan2') && /[a-z]/.test(expr.replace('atan2', '')),
  },
  {
    reason: '2.42 moves the range of predict_linear on with the step although @ holds it',
    matches: has(/predict_linear\(.*@/),
  },
  { reason: '3.x: any text is a label name', matches: has(/"1x"/) },
  { reason: 'the grammar of the editor does not take this keyword as the name of a metric', matches: has(/^offset$/) },
];

/** The reason why an expression is not compared, if there is one. */
export function excluded(expr: string): string | undefined {
  return exclusions.find(({ matches }) => matches(expr))?.reason;
}
