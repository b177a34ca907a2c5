/** An answered query for people: what all series share once, what tells them apart as columns, the values. */
import { printable } from '../core/printable.ts';
import { type Metric, type Sample } from '../core/querier.ts';
import { seriesKey } from '../core/series.ts';
import { labelColumns, numberOf, type QueryReport, type QuerySeries, seriesOf } from './query-report.ts';
import { renderTable, styled } from './text-table.ts';

/** How the text is laid out. */
export interface QueryTextLayout {
  readonly verbose: boolean;
  readonly color: boolean;
  /** Width of the terminal; `Infinity` for files and pipes. */
  readonly columns: number;
}

/** The whole text. */
export function renderQueryText(report: QueryReport, layout: QueryTextLayout): string {
  const { data } = report;
  const series = seriesOf(data);
  const blocks = [queryHead(report, series, layout), body(report, series, layout), queryNotes(report)];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Who answered, when, and what all series share. */
export function queryHead(report: QueryReport, series: readonly QuerySeries[], layout: QueryTextLayout): string {
  const { source, window } = report;
  const who = source.kind === 'live' ? 'this host' : printable(source.url ?? '');
  const { start, end } = window;
  const when = start === end ? end : `${start} to ${end}`;
  const cut = window.interrupted ? ', ended early' : '';
  const lines = [styled(`${who}, ${when}${cut}`, 'dim', layout.color)];
  const { shared } = labelColumns(series);
  if (series.length > 0 && Object.keys(shared).length > 0) lines.push(styled(seriesName(shared), 'bold', layout.color));
  return lines.join('\n');
}

/** `name{a="b"}` as a terminal may show it. */
export function seriesName(metric: Metric): string {
  const { __name__: name = '', ...labels } = metric;
  const key = printable(seriesKey(name, labels));
  return key === '' ? '{}' : key;
}

/** What the answer has to say besides its values. */
export function queryNotes({ warnings, infos, notes }: QueryReport): string {
  return [...warnings.map((each) => `warning: ${each}`), ...infos.map((each) => `info: ${each}`), ...notes]
    .map(printable)
    .join('\n');
}

function body({ data }: QueryReport, series: readonly QuerySeries[], layout: QueryTextLayout): string {
  if (series.length === 0) return 'no series';
  if (data.resultType === 'string') return printable(series[0].samples[0][1]);
  const { apart } = labelColumns(series);
  const overTime = data.resultType === 'matrix';
  if (!overTime && apart.length === 0) return shownValue(series[0].samples[0][1]);
  const heads = apart.map((name) => (name === '__name__' ? 'metric' : name));
  const values = overTime ? ['values', 'min', 'mean', 'max', 'last'] : ['value'];
  const rows = series.map(({ metric, samples }) => [
    ...apart.map((name) => metric[name] ?? ''),
    ...(overTime ? figures(samples) : [shownValue(samples[0][1])]),
  ]);
  const table = renderTable([...heads.map(printable), ...values], rows, {
    color: layout.color,
    columns: layout.columns,
    texts: new Set(heads.keys()),
  });
  const count = series.length > 10 ? `\n\n${series.length} series` : '';
  return overTime && layout.verbose ? `${table}${count}\n\n${everySample(series)}` : `${table}${count}`;
}

/** Count, least, mean, most and last of the values that are numbers. */
function figures(samples: readonly Sample[]): string[] {
  const numbers = samples.map(numberOf).filter((each) => !Number.isNaN(each));
  const last = samples.at(-1);
  if (numbers.length === 0 || last === undefined) return [String(samples.length), '-', '-', '-', '-'];
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const most = numbers.reduce((a, b) => Math.max(a, b));
  const mean = numbers.reduce((sum, each) => sum + each / numbers.length, 0);
  return [String(samples.length), ...[least, mean, most].map(shownNumber), shownValue(last[1])];
}

function everySample(series: readonly QuerySeries[]): string {
  return series
    .map(({ metric, samples }) =>
      [seriesName(metric), ...samples.map(([t, value]) => `  ${isoTime(t)}  ${shownValue(value)}`)].join('\n'),
    )
    .join('\n\n');
}

/** Unix seconds as RFC 3339; a server may tell of moments that have no such form. */
export function isoTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(seconds);
}

/** Digits of a value for people; JSON and CSV have all of them. */
const DIGITS = 7;

function shownValue(text: string): string {
  return text.length <= DIGITS + 2 ? text : shownNumber(Number(text.replace('Inf', 'Infinity')));
}

/** A number with at most seven significant digits; whole numbers up to 2^53 as they are. */
export function shownNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
}
