/** `--once`: the series of one sample as they are exposed, without rates, timestamps or series of our own. */
import type { Sample } from '../../collect/sampler.ts';
import { CodoperfError, ExitCode } from '../../core/errors.ts';
import type { Column } from '../../core/metric.ts';
import type { SeriesRow } from '../../core/series.ts';
import { renderExposition } from '../../report/exposition.ts';
import { jsonText } from '../../report/json-text.ts';
import { openSampler } from './measure.ts';
import type { MonitorStatsSettings } from './settings.ts';

/** The text of one sample and the exit code that goes with it. */
export async function sampleOnce(settings: MonitorStatsSettings): Promise<{ text: string; exitCode: number }> {
  const sampler = await openSampler(settings, true);
  try {
    const { collectors } = sampler.sample();
    const rows = [...sampler.rows()];
    const failed = collectors.filter(({ success }) => !success);
    if (rows.length === 0) {
      throw new CodoperfError('NOTHING_COLLECTED', { reason: failed[0]?.failure?.message ?? 'none is switched on' });
    }
    const partial = failed.some(({ failure }) => failure !== undefined && failure.reason !== 'absent');
    return { text: render(settings, collectors, rows), exitCode: partial ? ExitCode.partialData : ExitCode.ok };
  } finally {
    sampler.close();
  }
}

function render(settings: MonitorStatsSettings, collectors: Sample['collectors'], rows: readonly SeriesRow[]): string {
  if (settings.format.name === 'prometheus') {
    const columns = columnsOf(collectors);
    return renderExposition(rows, (metric) => columns.get(metric));
  }
  return `${jsonText({ schema: 'codoperf/once@1', series: rows }, 1)}\n`;
}

function columnsOf(collectors: Sample['collectors']): Map<string, Column> {
  const found = new Map<string, Column>();
  for (const { tables } of collectors) {
    for (const table of tables) {
      for (let slot = 0; slot < table.size; slot++) {
        if (table.used(slot)) for (const column of table.row(slot).columns) found.set(column.metric, column);
      }
    }
  }
  return found;
}
