/** `analyze` as a command: options in, text and exit code out. */
import { renderAnalysisText } from '../../report/analysis-text.ts';
import type { AnalysisReport } from '../../report/analysis-report.ts';
import { jsonText } from '../../report/json-text.ts';
import { AtomicFile } from '../atomic-file.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import type { Output } from '../output.ts';
import { analyse, type Analysed } from './analysis.ts';
import { AnalyzeProgress } from './progress.ts';
import { loadRules } from './rule-pack.ts';
import { type AnalyzeSettings, analyzeSettings } from './settings.ts';

/** Runs the command; see `docs/reference/cli.md`. */
export async function run(options: OptionValues, io: CommandIo): Promise<number> {
  const settings = analyzeSettings({ ...options, collectors: io.settings.collectors });
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  try {
    const { report, exitCode } = await analysed(settings, io);
    if (file === undefined || file.isStdout) await io.stdout.write(rendered(report, settings, io.stdout));
    else {
      await file.write(rendered(report, settings));
      if (io.stdout.isTTY) await io.stdout.write(rendered(report, { ...settings, format: 'text' }, io.stdout));
    }
    await file?.commit();
    return exitCode;
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

async function analysed(settings: AnalyzeSettings, io: CommandIo): Promise<Analysed> {
  const pack = loadRules(settings.rules);
  for (const { file, line, text } of pack.problems) io.log.warn(`${file}:${line}: ${text}`);
  for (const id of pack.replaced) io.log.info(`your rule ${id} takes the place of the built-in one`);
  const progress =
    io.stderr.isTTY && settings.remote === undefined
      ? new AnalyzeProgress(io.stderr, settings.durationSeconds)
      : undefined;
  await progress?.begin();
  try {
    return await analyse(settings, pack, {
      env: io.env,
      stop: io.stop.signal,
      warn: (message) => {
        // Both go to stderr in the order of the calls: the message gets a line of its own.
        void progress?.end();
        io.log.warn(message);
      },
      onFrame: progress === undefined ? undefined : (frame) => progress.sample(frame),
    });
  } finally {
    await progress?.end();
  }
}

function rendered(report: AnalysisReport, { format, verbose }: AnalyzeSettings, output?: Output): string {
  if (format === 'json') return `${jsonText(report, 2)}\n`;
  const columns = output?.isTTY === true ? output.columns : Number.POSITIVE_INFINITY;
  return renderAnalysisText(report, { verbose, color: output?.color ?? false, columns });
}
