/** Reads and compares Prometheus text, for tests that hold two exporters against each other. */
import { seriesKey } from '../../src/core/series.ts';

const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** One series of a text. */
export interface ExposedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series of an exposition text. */
export function parseExposition(text: string): ExposedSeries[] {
  return text.split('\n').flatMap((line) => {
    const parts = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (parts === null) return [];
    const labels: Record<string, string> = {};
    for (const [, name, value] of (parts[2] ?? '').matchAll(LABEL)) labels[name] = unescapeLabel(value);
    return { name: parts[1], labels, value: parseValue(parts[3]) };
  });
}

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
}

function parseValue(text: string): number {
  return Number(text.replace(/Inf$/, 'Infinity'));
}

/** By series, without the labels named in `dropped` for the family. */
export function bySeries(
  series: Iterable<ExposedSeries>,
  dropped: (name: string) => readonly string[],
): Map<string, number> {
  const map = new Map<string, number>();
  for (const { name, labels, value } of series) {
    const kept = { ...labels };
    for (const label of dropped(name)) delete kept[label];
    map.set(seriesKey(name, kept), value);
  }
  return map;
}

/** The metric name of a series key. */
export function familyOf(key: string): string {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
}
