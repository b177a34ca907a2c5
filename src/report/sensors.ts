/** What the sensor sections share: each shows one kind of figure of every sensor, by `chip/sensor`. */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import type { Section, SectionWriter, StatUnit } from './section.ts';
import { freshTable } from './section.ts';

/** A table of sensors and the metric to take from it; a counter is shown as its rate (joules as watts). */
export interface SensorSource {
  readonly collector: string;
  readonly table: string;
  readonly metric: RegExp;
}

function subject(table: RepairedTable, slot: number): string {
  return table.table.row(slot).labels.join('/');
}

function valueOf(table: RepairedTable, slot: number, column: number): number {
  const i = slot * table.table.width + column;
  const isCounter = table.table.row(slot).columns[column].type === 'counter';
  if (!isCounter) return table.value[i];
  return table.gap ? Number.NaN : table.delta[i] / table.elapsedSeconds;
}

/** A section of one kind of sensor. */
export function sensorSection(
  key: string,
  stat: { readonly name: string; readonly unit: StatUnit; readonly help: string; readonly head: string },
  sources: readonly SensorSource[],
): Section {
  function compute(frame: Frame, out: SectionWriter): void {
    for (const { collector, table: name, metric } of sources) {
      const table = freshTable(frame, collector, name);
      if (table === undefined) continue;
      for (let slot = 0; slot < table.table.size; slot++) {
        if (!table.table.present(slot)) continue;
        const column = table.table.row(slot).columns.findIndex((each) => metric.test(each.metric));
        if (column >= 0) out.row(subject(table, slot), table.elapsedSeconds)[0] = valueOf(table, slot, column);
      }
    }
  }
  return {
    resource: 'sensors',
    key,
    subject: 'sensor',
    types: [],
    collectors: sources.map(({ collector }) => collector),
    stats: [{ name: stat.name, unit: stat.unit, help: stat.help }],
    tables: [{ title: `Sensors: ${key}`, subject: 'sensor', columns: [{ head: stat.head, stat: stat.name }] }],
    compute,
  };
}
