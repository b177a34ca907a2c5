/**
 * Prometheus's text exposition format 0.0.4 of a set of series, sorted by name, then labels. Empty labels are
 * written out, as node_exporter and cAdvisor do: a text that is compared with theirs is equal.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Column, MetricType } from '../core/metric.ts';
import type { SeriesRow } from '../core/series.ts';
import { exposedKey, formatValue } from '../core/series.ts';

/** Type and help text of a metric. */
export type Describe = (metric: string) => Pick<Column, 'type' | 'help' | 'histogram'> | undefined;

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
  let histogram = '';
  for (const name of [...families.keys()].toSorted()) {
    const about = describe(name);
    const family = about?.histogram?.name ?? name;
    const whole = about?.histogram?.summary === true ? 'summary' : 'histogram';
    const type: MetricType | 'histogram' | 'summary' = about?.histogram ? whole : (about?.type ?? 'untyped');
    // The parts of a histogram (`_bucket`, `_count`, `_sum`) are neighbours, and share one head.
    if (family !== histogram) {
      if (about) text += `# HELP ${family} ${escapeHelp(about.help)}\n`;
      text += `# TYPE ${family} ${type}\n`;
    }
    histogram = about?.histogram ? family : '';
    const series = families.get(name) as Map<string, number>;
    for (const key of [...series.keys()].toSorted()) text += `${key} ${formatValue(series.get(key) as number)}\n`;
  }
  return text;
}

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
}
