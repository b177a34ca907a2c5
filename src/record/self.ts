/** The series that codoperf has about itself: what each collector did and what the whole thing cost. */
import type { Frame } from '../core/frame.ts';
import type { Column } from '../core/metric.ts';
import { outcomeNames } from '../core/outcome.ts';
import type { SeriesRow } from '../core/series.ts';
import { ownCpuSeconds } from './budget.ts';

const gauge = (metric: string, unit: Column['unit'], help: string): Column => ({ metric, type: 'gauge', unit, help });
const counter = (metric: string, unit: Column['unit'], help: string): Column => ({
  metric,
  type: 'counter',
  unit,
  help,
});

/** Descriptors of the series about codoperf itself. */
export const selfColumns: readonly Column[] = [
  gauge('codoperf_collector_duration_seconds', 'seconds', 'Time of the last read of a collector.'),
  gauge('codoperf_collector_success', 'info', 'Whether the last read of a collector found its source: 1 or 0.'),
  counter('codoperf_sample_outcome_total', 'count', 'Figures read so far, by what became of them.'),
  counter('codoperf_cpu_seconds_total', 'seconds', 'CPU time of codoperf itself, user and system.'),
  gauge('codoperf_resident_memory_bytes', 'bytes', 'Resident memory of codoperf itself.'),
];

/** The series of one frame. */
export function* selfRows(frame: Frame): Iterable<SeriesRow> {
  for (const { name, success, durationSeconds, tables } of frame.collectors) {
    const labels = { collector: name };
    yield { name: 'codoperf_collector_duration_seconds', labels, value: durationSeconds };
    yield { name: 'codoperf_collector_success', labels, value: success ? 1 : 0 };
    for (let code = 0; code < outcomeNames.length; code++) {
      const value = tables.reduce((sum, table) => sum + table.counts[code], 0);
      if (value > 0)
        yield { name: 'codoperf_sample_outcome_total', labels: { ...labels, outcome: outcomeNames[code] }, value };
    }
  }
  yield { name: 'codoperf_cpu_seconds_total', labels: {}, value: ownCpuSeconds() };
  yield { name: 'codoperf_resident_memory_bytes', labels: {}, value: process.memoryUsage.rss() };
}
