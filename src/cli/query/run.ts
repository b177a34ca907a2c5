/** `query` as a command: an expression in, its answer out. */
import { ExitCode } from '../../core/errors.ts';
import { jsonText } from '../../report/json-text.ts';
import { renderQueryChart } from '../../report/query-chart.ts';
import { renderQueryCsv } from '../../report/query-csv.ts';
import type { QueryReport } from '../../report/query-report.ts';
import { renderQueryText } from '../../report/query-text.ts';
import { AtomicFile } from '../atomic-file.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import type { Output } from '../output.ts';
import { askLive } from './ask-live.ts';
import { askServer } from './ask-server.ts';
import type { QueryFormat, QuerySettings } from './settings.ts';
import { querySettings } from './settings.ts';

/** Runs the command; see `docs/reference/cli.md`. */
export async function run(expr: string, options: OptionValues, io: CommandIo): Promise<number> {
  const settings = querySettings(expr, options);
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  try {
    const { report, partial } =
      settings.server === undefined ? await askLive(settings, io) : await askServer(settings, settings.server, io);
    if (file === undefined || file.isStdout) await io.stdout.write(render(report, settings.format, settings, io));
    else {
      await file.write(render(report, settings.format, settings, io, true));
      if (io.stdout.isTTY) await io.stdout.write(render(report, 'text', settings, io));
    }
    await file?.commit();
    return partial ? ExitCode.partialData : ExitCode.ok;
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

function render(
  report: QueryReport,
  format: QueryFormat,
  { verbose }: QuerySettings,
  { stdout, env }: CommandIo,
  inFile = false,
): string {
  if (format === 'json') return `${jsonText(report, 2)}\n`;
  if (format === 'csv') return renderQueryCsv(report);
  const layout = {
    verbose,
    color: stdout.color && !inFile,
    columns: inFile ? Number.POSITIVE_INFINITY : widthOf(stdout),
  };
  if (format === 'text') return renderQueryText(report, layout);
  const unicode = /utf-?8/i.test(env.LC_ALL ?? env.LC_CTYPE ?? env.LANG ?? '');
  return renderQueryChart(report, { ...layout, unicode });
}

function widthOf(stdout: Output): number {
  return stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
}
