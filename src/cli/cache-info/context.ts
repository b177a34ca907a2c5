/** What goes into an inquiry, and what comes out of it. */
import type { SeriesRow } from '../../core/series.ts';
import type { CacheReport } from '../../report/cache-report.ts';
import type { Log } from '../log.ts';
import type { ClearContext } from './clear.ts';

/** What an inquiry needs of its caller. */
export interface InquiryContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly confirm: ClearContext['confirm'];
}

/** A report with the exit code of the command. */
export interface CacheAnswer {
  readonly report: CacheReport;
  readonly exitCode: number;
  /** What the servers said last, under the names of their exporters. */
  readonly serverSeries: readonly SeriesRow[];
}
