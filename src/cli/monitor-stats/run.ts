/** `monitor-stats` as a command: options in, text and exit code out. */
import { setFlagsFromString } from 'node:v8';
import { printable } from '../../core/printable.ts';
import { formats } from '../../report/formats.gen.ts';
import type { Format } from '../../report/view.ts';
import { AtomicFile } from '../atomic-file.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import type { Output } from '../output.ts';
import type { Measured } from './measure.ts';
import { Measurement } from './measure.ts';
import { sampleOnce } from './once.ts';
import { Progress } from './progress.ts';
import type { Presentation, TextSink } from './publisher.ts';
import { Publisher } from './publisher.ts';
import type { MonitorStatsSettings } from './settings.ts';
import { monitorStatsSettings } from './settings.ts';

const text = formats.find(({ name }) => name === 'text') as Format;

/** Runs the command; see `docs/reference/cli.md`. */
export async function run(options: OptionValues, io: CommandIo): Promise<number> {
  const settings = monitorStatsSettings({ ...options, collectors: io.settings.collectors });
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  try {
    const exitCode = settings.once ? await runOnce(settings, file, io) : await runOverTime(settings, file, io);
    await file?.commit();
    return exitCode;
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

async function runOnce(settings: MonitorStatsSettings, file: AtomicFile | undefined, io: CommandIo): Promise<number> {
  const { text: sample, exitCode, missing } = await sampleOnce(settings);
  for (const part of missing) io.log.warn(part);
  await (file === undefined || file.isStdout ? shownOn(io.stdout, settings.format) : file).write(sample);
  return exitCode;
}

/** A terminal acts on control characters in names; text takes care of that itself. */
function shownOn(stdout: Output, { name }: Format): TextSink {
  if (!stdout.isTTY || name === text.name) return stdout;
  return { write: (lines) => stdout.write(lines.split('\n').map(printable).join('\n')) };
}

async function runOverTime(
  settings: MonitorStatsSettings,
  file: AtomicFile | undefined,
  io: CommandIo,
): Promise<number> {
  if (io.ownsProcess) tuneEngine(settings.intervalSeconds);
  const measurement = new Measurement(settings);
  const publishers = publishersFor(settings, file, io, measurement);
  const streaming = publishers.filter(({ streams }) => streams);
  const progress = io.stderr.isTTY
    ? new Progress(io.stderr, measurement.summarizer, settings.durationSeconds, io.env)
    : undefined;
  await progress?.begin();
  const stopSummaries = io.stop.onSummary(() => void printSummary(measurement, settings, io));
  let measured: Measured;
  try {
    measured = await measurement.run({
      stop: io.stop.signal,
      warn: (message) => {
        // Both go to stderr in the order of the calls: the message gets a line of its own.
        void progress?.end();
        io.log.warn(message);
      },
      onFrame:
        streaming.length === 0 && progress === undefined
          ? undefined
          : async (frame) => {
              for (const publisher of streaming) await publisher.sample(frame);
              await progress?.sample(frame);
            },
    });
  } finally {
    stopSummaries();
    await progress?.end();
  }
  for (const publisher of publishers) await publisher.end(measured.report, measured.frame);
  return measured.exitCode;
}

/** From this interval on the loop is mostly cold. */
const SLOW_LOOP_SECONDS = 0.5;

/**
 * A loop of one tick a second does not earn back, in minutes, what the optimising compiler costs for code
 * that is only warm: with a larger budget V8 compiles what is really hot. A fast loop wants it all. And
 * without incremental marking V8 leaves out the two collections by which it would give back memory that
 * our few megabytes never had. The figures are in docs/decisions/004-overhead.md.
 */
function tuneEngine(intervalSeconds: number): void {
  setFlagsFromString('--no-incremental-marking');
  // The V8 of Node.js 22 and later has no such flag, and says so on stderr.
  const known = process.versions.v8.startsWith('11.');
  if (known && intervalSeconds >= SLOW_LOOP_SECONDS) setFlagsFromString('--interrupt-budget=1000000');
}

function publishersFor(
  settings: MonitorStatsSettings,
  file: AtomicFile | undefined,
  io: CommandIo,
  measurement: Measurement,
): Publisher[] {
  const { verbose, format } = settings;
  const { stdout } = io;
  const onScreen: Presentation = {
    verbose,
    color: stdout.color,
    columns: stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY,
  };
  if (file === undefined || file.isStdout)
    return [new Publisher(shownOn(stdout, format), format, measurement, onScreen)];
  const inFile: Presentation = { verbose, color: false, columns: Number.POSITIVE_INFINITY };
  const toFile = new Publisher(file, format, measurement, inFile);
  return stdout.isTTY ? [toFile, new Publisher(stdout, text, measurement, onScreen)] : [toFile];
}

/** SIGUSR2: the result so far, on stderr, without ending anything. */
async function printSummary(measurement: Measurement, settings: MonitorStatsSettings, io: CommandIo): Promise<void> {
  if (measurement.frame === undefined || measurement.soFar === undefined) return;
  const report = measurement.report(measurement.soFar);
  const presentation = { verbose: settings.verbose, color: io.stderr.color, columns: io.stderr.columns };
  await new Publisher(io.stderr, text, measurement, presentation).end(report, measurement.frame);
}
