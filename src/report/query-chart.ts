/** A range in the terminal: a chart of bars for a few series, a sparkline each for many. */
import { printable } from '../core/printable.ts';
import { labelColumns, numberOf, type QueryReport, type QuerySeries, seriesOf } from './query-report.ts';
import { queryHead, queryNotes, type QueryTextLayout, seriesName, shownNumber } from './query-text.ts';
import { pad, renderTable, sparkline } from './text-table.ts';

/** How the chart is laid out. */
export interface QueryChartLayout extends QueryTextLayout {
  /** Block characters may be used. */
  readonly unicode: boolean;
}

const ROWS = 8;
/** More series than this are drawn as one line each. */
const MAX_CHARTS = 4;
const WIDEST = 120;
const SPARK_WIDTH = 40;
const BLOCKS = ' ▁▂▃▄▅▆▇█';
const ASCII = ' .:#';

/** The whole text. */
export function renderQueryChart(report: QueryReport, layout: QueryChartLayout): string {
  const series = seriesOf(report.data);
  const drawing =
    series.length === 0
      ? 'no series'
      : series.length > MAX_CHARTS
        ? sparklines(series, report, layout)
        : series.map((each) => chart(each, series, report, layout)).join('\n\n');
  const blocks = [queryHead(report, series, layout), drawing, queryNotes(report)];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

function windowOf({ window }: QueryReport): Window {
  return { startMs: Date.parse(window.start), endMs: Date.parse(window.end) };
}

/** How many moments the window has, by the least distance of two values. */
function momentsOf(series: readonly QuerySeries[], { startMs, endMs }: Window): number {
  let step = Number.POSITIVE_INFINITY;
  for (const { samples } of series) {
    for (let i = 1; i < samples.length; i++) step = Math.min(step, (samples[i][0] - samples[i - 1][0]) * 1000);
  }
  return step > 0 && endMs > startMs ? Math.round((endMs - startMs) / step) + 1 : 1;
}

/** The largest value of each column of the drawing; `NaN` where there is none. Infinite values have no height. */
function columnsOf({ samples }: QuerySeries, { startMs, endMs }: Window, width: number): number[] {
  const columns = Array.from({ length: width }, () => Number.NaN);
  for (const sample of samples) {
    const value = numberOf(sample);
    if (!Number.isFinite(value)) continue;
    const share = endMs > startMs ? (sample[0] * 1000 - startMs) / (endMs - startMs) : 0;
    const at = Math.min(width - 1, Math.max(0, Math.round(share * (width - 1))));
    if (!(columns[at] >= value)) columns[at] = value;
  }
  return columns;
}

/** From zero, unless that would flatten everything that there is to see. */
function scaleOf(values: readonly number[]): readonly [low: number, high: number] {
  const known = values.filter((value) => !Number.isNaN(value));
  const least = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (least > most) return [0, 1];
  const flat = least > 0 && most - least < most / 2 && most > least;
  const low = least < 0 || flat ? least : 0;
  return [low, most > low ? most : low + 1];
}

function chart(one: QuerySeries, all: readonly QuerySeries[], report: QueryReport, layout: QueryChartLayout): string {
  const window = windowOf(report);
  const room = Math.max(20, Math.min(layout.columns, WIDEST) - 16);
  const moments = momentsOf(all, window);
  // Each value is as wide as the room allows: bars of the same width.
  const perValue = Math.max(1, Math.min(4, Math.floor(room / moments)));
  const columns = columnsOf(one, window, Math.min(room, moments));
  const [low, high] = scaleOf(columns);
  const blocks = layout.unicode ? BLOCKS : ASCII;
  const levels = blocks.length - 1;
  const labels = [high, (high + low) / 2, low].map(axisLabel);
  const width = Math.max(...labels.map((label) => label.length));
  const lines = Array.from({ length: ROWS }, (_, i) => {
    const bars = columns.map((value) => {
      if (Number.isNaN(value)) return ' ';
      const height = Math.max(1, Math.round(((value - low) / (high - low)) * ROWS * levels));
      return blocks[Math.min(levels, Math.max(0, height - (ROWS - 1 - i) * levels))];
    });
    const label = i === 0 ? labels[0] : i === ROWS / 2 ? labels[1] : i === ROWS - 1 ? labels[2] : '';
    return `${pad(label, width, 'left')} ${layout.unicode ? '│' : '|'}${bars.map((bar) => bar.repeat(perValue)).join('')}`.trimEnd();
  });
  const own = Object.fromEntries(labelColumns(all).apart.map((name) => [name, one.metric[name] ?? '']));
  const title = all.length > 1 ? [seriesName(own)] : [];
  return [...title, ...lines, axis(window, width, columns.length * perValue)].join('\n');
}

function axisLabel(value: number): string {
  return shownNumber(Number(value.toPrecision(4)));
}

function axis({ startMs, endMs }: Window, indent: number, width: number): string {
  const [from, to] = [startMs, endMs].map((ms) => new Date(ms).toISOString().slice(11, 19));
  return `${' '.repeat(indent + 2)}${from}${' '.repeat(Math.max(1, width - 16))}${to}`;
}

function sparklines(series: readonly QuerySeries[], report: QueryReport, layout: QueryChartLayout): string {
  const { apart } = labelColumns(series);
  const window = windowOf(report);
  const width = Math.min(SPARK_WIDTH, momentsOf(series, window));
  const all = series.map((each) => columnsOf(each, window, width));
  const rows = series.map(({ metric }, i) => {
    const [low, high] = scaleOf(all[i]);
    const known = all[i].filter((value) => !Number.isNaN(value));
    const shifted = all[i].map((value) => value - low);
    return [
      ...apart.map((name) => metric[name] ?? ''),
      sparkline(shifted, high - low, layout.unicode),
      ...[known.reduce((a, b) => Math.min(a, b), known[0] ?? Number.NaN), known.at(-1) ?? Number.NaN, high].map(
        axisLabel,
      ),
    ];
  });
  const heads = [...apart.map((name) => (name === '__name__' ? 'metric' : printable(name))), '', 'min', 'last', 'max'];
  const texts = new Set([...heads.keys()].filter((i) => i <= apart.length));
  return renderTable(heads, rows, { color: layout.color, columns: layout.columns, texts });
}
