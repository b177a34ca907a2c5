import type { Frame } from '../../core/frame.ts';
import type { Column } from '../../core/metric.ts';
import type { SeriesRow } from '../../core/series.ts';
import { tableRows } from '../../core/series.ts';
import { renderExposition } from '../exposition.ts';
import type { Format } from '../view.ts';

function* repairedRows(frame: Frame): Iterable<SeriesRow> {
  for (const { tables } of frame.collectors) for (const { table, value } of tables) yield* tableRows(table, value);
}

function columnsOf(frame: Frame): Map<string, Column> {
  const columns = new Map<string, Column>();
  for (const { tables } of frame.collectors) {
    for (const { table } of tables) {
      for (let slot = 0; slot < table.size; slot++) {
        if (!table.present(slot)) continue;
        for (const column of table.row(slot).columns) columns.set(column.metric, column);
        // Where all rows have the same columns, one row tells.
        if (table.spec.describe === undefined) break;
      }
    }
  }
  return columns;
}

export default {
  name: 'prometheus',
  extensions: ['.prom'],
  open: ({ extraRows, describe }) => ({
    end(_report, frame) {
      const columns = columnsOf(frame);
      const rows = [...repairedRows(frame), ...extraRows(frame)];
      return renderExposition(rows, (metric) => columns.get(metric) ?? describe(metric));
    },
  }),
} satisfies Format;
