/** `monitor-stats` for programs: nothing is printed, the report is the answer. */
import { AtomicFile } from '../atomic-file.ts';
import { nowhere } from '../output.ts';
import type { MonitorReport } from '../../report/monitor-report.ts';
import { Measurement } from './measure.ts';
import { Publisher } from './publisher.ts';
import type { MonitorStatsArgs } from './settings.ts';
import { monitorStatsSettings } from './settings.ts';

/** What `handleMonitorStats` resolves to. */
export interface MonitorStatsResult {
  /** As the command's: 0, 3, 20 or 21. */
  readonly exitCode: number;
  readonly report: MonitorReport;
  /** What a command would have warned about. */
  readonly warnings: readonly string[];
}

/**
 * Measures the host as `codoperf monitor-stats` does and resolves to its report. With `outputFile` the
 * result is written there too. Throws `CodoperfError` for bad options; `signal` ends it early.
 */
export async function handleMonitorStats(
  args: MonitorStatsArgs = {},
  { signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {},
): Promise<MonitorStatsResult> {
  const settings = monitorStatsSettings({ ...args, once: false });
  const io = { stdout: nowhere, stderr: nowhere, stop: { signal } };
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  const warnings: string[] = [];
  const measurement = new Measurement(settings);
  const presentation = { verbose: settings.verbose, color: false, columns: Number.POSITIVE_INFINITY };
  const publisher = file === undefined ? undefined : new Publisher(file, settings.format, measurement, presentation);
  try {
    const { exitCode, report, frame } = await measurement.run({
      stop: signal,
      warn: (message) => warnings.push(message),
      onFrame: (each) => publisher?.sample(each),
    });
    await publisher?.end(report, frame);
    await file?.commit();
    return { exitCode, report, warnings };
  } catch (error) {
    await file?.discard();
    throw error;
  }
}
