/**
 * What an output format is: one file in `report/formats/` whose default export names it, says which
 * file extension chooses it and makes a view of one run. A streaming view writes each sample as it
 * comes; the others write everything at the end.
 */
import type { Frame } from '../core/frame.ts';
import type { Column } from '../core/metric.ts';
import type { SeriesRow } from '../core/series.ts';
import type { HostFacts, MonitorReport } from './monitor-report.ts';
import type { ProcessLedger } from './process-ledger.ts';
import type { Summarizer } from './summarizer.ts';

/** What every view may look at. */
export interface ViewContext {
  readonly summarizer: Summarizer;
  readonly processes: ProcessLedger;
  readonly verbose: boolean;
  readonly color: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  /** The series that the caller adds to those of the host (about codoperf itself). */
  extraRows(frame: Frame): Iterable<SeriesRow>;
  /** Type and help of a metric that is not a column of a table. */
  describe(metric: string): Pick<Column, 'type' | 'help'> | undefined;
  /** Facts of the host, known from the first frame on. */
  host(): HostFacts;
}

/** One run in one format. Each method answers with the text to append. */
export interface View {
  /** After every frame, the baseline (`index` 0) included. */
  sample?(frame: Frame): string;
  /** After the last frame. */
  end(report: MonitorReport, frame: Frame): string;
}

/** The default export of a file in `report/formats/`. */
export interface Format {
  readonly name: string;
  /** File extensions that choose it, with the dot; none when only `--format` does. */
  readonly extensions: readonly string[];
  open(context: ViewContext): View;
}
