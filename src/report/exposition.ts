/**
 * Prometheus's text exposition format 0.0.4 of a set of series, sorted by name, then labels. Empty labels are
 * written out, as node_exporter and cAdvisor do: a text that is compared with theirs is equal.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Column, MetricType } from '../core/metric.ts';
import type { SeriesRow } from '../core/series.ts';
import { exposedKey, formatValue } from '../core/series.ts';

/** Type and help text of a metric family. */
export type Describe = (metric: string) => Pick<Column, 'type' | 'help'> | undefined;

/** Renders the rows; equal series are written once, the first wins. */
export function renderExposition(rows: Iterable<SeriesRow>, describe: Describe): string {
  const families = new Map<string, Map<string, number>>();
  for (const { name, labels, value } of rows) {
    let family = families.get(name);
    if (family === undefined) families.set(name, (family = new Map()));
    const key = exposedKey(name, labels);
    if (!family.has(key)) family.set(key, value);
  }
  let text = '';
  for (const name of [...families.keys()].toSorted()) {
    const about = describe(name);
    const type: MetricType = about?.type ?? 'untyped';
    if (about) text += `# HELP ${name} ${escapeHelp(about.help)}\n`;
    text += `# TYPE ${name} ${type}\n`;
    const series = families.get(name) as Map<string, number>;
    for (const key of [...series.keys()].toSorted()) text += `${key} ${formatValue(series.get(key) as number)}\n`;
  }
  return text;
}

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
}
