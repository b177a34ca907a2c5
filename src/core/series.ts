/** Series as the rest of the world sees them: a metric name, labels, a value. */

import type { Table } from './table.ts';

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
function escapeLabelValue(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

/** `name{a="b"}` without the value: labels sorted by name, empty ones left out, as they say what absent ones say. */
export function seriesKey(name: string, labels: Labels): string {
  return keyOf(name, labels, (value) => value !== '');
}

/** As `seriesKey`, with the empty labels written out as exporters do. */
export function exposedKey(name: string, labels: Labels): string {
  return keyOf(name, labels, () => true);
}

function keyOf(name: string, labels: Labels, shown: (value: string) => boolean): string {
  const pairs: string[] = [];
  for (const label of Object.keys(labels).toSorted()) {
    if (shown(labels[label])) pairs.push(`${label}="${escapeLabelValue(labels[label])}"`);
  }
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Every known figure of a table as a series. */
export function* tableRows(table: Table, values: Float64Array = table.values): Iterable<SeriesRow> {
  for (let slot = 0; slot < table.size; slot++) {
    if (!table.present(slot)) continue;
    const { columns } = table.row(slot);
    for (let c = 0; c < table.width; c++) {
      const value = values[slot * table.width + c];
      if (!Number.isNaN(value)) yield { name: columns[c].metric, labels: seriesLabels(table, slot, c), value };
    }
  }
}

/** The labels of one figure: the subject's and the column's own. */
export function seriesLabels(table: Table, slot: number, column: number): Labels {
  const { spec } = table;
  const row = table.row(slot);
  const labels: Record<string, string> = { ...row.columns[column].labels };
  for (let i = 0; i < spec.labels.length; i++) {
    if (row.labels[i] !== '' || spec.omitsEmptyLabels !== true) labels[spec.labels[i]] = row.labels[i];
  }
  return labels;
}
