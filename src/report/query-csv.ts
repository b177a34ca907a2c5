/** An answered query as CSV: a line a value, with the labels as columns. */
import { csvField } from './csv-field.ts';
import { type QueryReport, seriesOf } from './query-report.ts';
import { isoTime } from './query-text.ts';

/** `t`, every label that any series has, sorted, and `value`; a label that a series lacks is empty. */
export function renderQueryCsv({ data }: QueryReport): string {
  const series = seriesOf(data);
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
  let text = `${['t', ...names.map(csvField), 'value'].join(',')}\n`;
  for (const { metric, samples } of series) {
    const labels = names.map((name) => csvField(metric[name] ?? ''));
    // Numbers are no formulas, whatever their sign; the text of a string query is.
    for (const [t, value] of samples)
      text += `${[isoTime(t), ...labels, data.resultType === 'string' ? csvField(value) : value].join(',')}\n`;
  }
  return text;
}
