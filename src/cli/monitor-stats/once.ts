/** `--once`: the series of one sample as they are exposed, without rates, timestamps or series of our own. */
import type { Sample } from '../../collect/sampler.ts';
import { ExitCode } from '../../core/errors.ts';
import type { Column } from '../../core/metric.ts';
import type { SeriesRow } from '../../core/series.ts';
import { renderExposition } from '../../report/exposition.ts';
import { jsonText } from '../../report/json-text.ts';
import { assertSomethingCollected, missingParts, openSampler } from './measure.ts';
import type { MonitorStatsSettings } from './settings.ts';

/** The text of one sample, what is missing from it in words, and the exit code that goes with it. */
export interface OnceResult {
  readonly text: string;
  readonly missing: readonly string[];
  readonly exitCode: number;
}

/** Takes one sample. Throws NOTHING_COLLECTED when there is nothing to show. */
export async function sampleOnce(settings: MonitorStatsSettings): Promise<OnceResult> {
  const sampler = await openSampler(settings, true);
  try {
    await sampler.gather?.();
    const { collectors } = sampler.sample();
    const attempts = collectors.map(({ collector, success, failure }) => ({
      name: collector.name,
      success,
      broken: failure !== undefined && failure.reason !== 'absent',
      failure: failure?.message,
    }));
    assertSomethingCollected(attempts);
    const missing = missingParts(attempts);
    const exitCode = missing.length > 0 ? ExitCode.partialData : ExitCode.ok;
    return { text: render(settings, collectors, [...sampler.rows()]), missing, exitCode };
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
