/** Series as the rest of the world sees them: a metric name, labels, a value. */

/** Label names and values of one series, without the metric name. */
export type Labels = Readonly<Record<string, string>>;

/** One value of one series, as handed out by `Sampler.rows()`. */
export interface SeriesRow {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** `v` as Prometheus's text format writes a float: Go's `strconv.FormatFloat(v, 'g', -1, 64)`. */
export function formatValue(v: number): string {
  if (Number.isNaN(v)) return 'NaN';
  if (v === Number.POSITIVE_INFINITY) return '+Inf';
  if (v === Number.NEGATIVE_INFINITY) return '-Inf';
  const magnitude = Math.abs(v);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return Object.is(v, -0) ? '-0' : String(v);
  return v.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A label value as the text format quotes it. */
export function escapeLabelValue(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

/** `name{a="b"} ` without the value: labels sorted by name, empty ones left out. */
export function seriesKey(name: string, labels: Labels): string {
  const pairs: string[] = [];
  for (const label of Object.keys(labels).toSorted()) {
    if (labels[label] !== '') pairs.push(`${label}="${escapeLabelValue(labels[label])}"`);
  }
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
