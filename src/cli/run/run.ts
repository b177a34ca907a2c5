/** `run`: the user's program with the agent in every Node.js process below it, and a report when it ends. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { currentIdentity, ensurePlace } from '../../config/places.ts';
import { CodoperfError, ExitCode, errnoOf } from '../../core/errors.ts';
import { ownCpuSeconds, peakResidentBytes } from '../../record/budget.ts';
import { findingsOf } from '../../report/cache-report.ts';
import { bySeverity } from '../../report/finding.ts';
import { jsonText } from '../../report/json-text.ts';
import type { RunReport } from '../../report/run-report.ts';
import { renderRunText } from '../../report/run-text.ts';
import { agentFile, withAgent } from '../agent-file.ts';
import { AtomicFile } from '../atomic-file.ts';
import { readHostFacts } from '../cache-info/host.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import { formatOfFile } from '../format-of-file.ts';
import { version } from '../version.ts';
import { LastWordsOf } from './last-words.ts';
import { runProcess } from './process.ts';

const formats = [
  { name: 'text', extensions: ['.txt', '.log'] },
  { name: 'json', extensions: ['.json'] },
] as const;

/** How the program ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the command; its exit code is the program's. The report goes to stderr, as stdout is the program's. */
export async function run(options: OptionValues, command: readonly string[], io: CommandIo): Promise<number> {
  const outputFile = options.outputFile as string | undefined;
  const format = (options.format as 'text' | 'json' | undefined) ?? formatOfFile(outputFile, formats) ?? 'text';
  const file = outputFile === undefined ? undefined : await AtomicFile.open(outputFile, io);
  const runtime = ensurePlace('runtime', currentIdentity(io.env));
  const directory = fs.mkdtempSync(path.join(runtime, 'run-'));
  try {
    const { report, ended } = await follow(command, options.lruAuto === true, directory, io);
    const text = format === 'json' ? `${jsonText(report, 2)}\n` : undefined;
    const { stderr } = io;
    const columns = stderr.isTTY ? stderr.columns : Number.POSITIVE_INFINITY;
    const layout = { verbose: options.verbose === true, color: stderr.color, columns };
    if (file === undefined) await stderr.write(text ?? renderRunText(report, layout));
    else {
      await file.write(text ?? renderRunText(report, { ...layout, color: false, columns: Number.POSITIVE_INFINITY }));
      await file.commit();
    }
    return exitCodeOf(ended);
  } catch (error) {
    await file?.discard();
    throw error;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

async function follow(
  command: readonly string[],
  lruAuto: boolean,
  directory: string,
  io: CommandIo,
): Promise<{ report: RunReport; ended: Ended }> {
  const start = Date.now();
  const cpu = ownCpuSeconds();
  const env = {
    ...io.env,
    NODE_OPTIONS: withAgent(io.env.NODE_OPTIONS, agentFile()),
    CODOPERF_EXIT_DIR: directory,
    ...(lruAuto ? { CODOPERF_LRU_AUTO: '1' } : {}),
  };
  const child = await started(command, env, io.cwd);
  const words = new LastWordsOf(directory, io.env);
  words.listen(child.pid as number);
  const ended = await endOf(child, io);
  const said = await words.end();
  const end = Date.now();
  const processes = said.map(runProcess);
  const seconds = (end - start) / 1000;
  const spent = ownCpuSeconds() - cpu;
  const report: RunReport = {
    schema: 'codoperf/run@1',
    version,
    host: await readHostFacts(),
    command: [...command],
    exit_code: ended.code,
    signal: ended.signal,
    window: {
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      duration_seconds: seconds,
      interval_seconds: seconds,
      samples: 1,
      missed: 0,
      interrupted: io.stop.signal.aborted,
    },
    processes,
    notes: processes.length === 0 ? ['No Node.js process was heard: none was started, or none ended by itself.'] : [],
    findings: bySeverity(findingsOf(processes.flatMap(({ caches }) => caches))),
    overhead: {
      cpu_seconds: spent,
      cpu_ratio: seconds > 0 ? spent / seconds : null,
      max_rss_bytes: peakResidentBytes(),
    },
  };
  return { report, ended };
}

function started([name, ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: 'inherit', env, cwd });
    child.once('spawn', () => resolve(child));
    child.once('error', (error) => {
      const reason = errnoOf(error) === 'ENOENT' ? 'there is no such program' : (errnoOf(error) ?? error.message);
      reject(new CodoperfError('COMMAND_NOT_STARTED', { command: name, reason }, error));
    });
  });
}

/** A terminal sends Ctrl-C to the program as well; what only we were told is passed on. */
function endOf(child: ChildProcess, { stop }: CommandIo): Promise<Ended> {
  const passOn = (): void => {
    if (stop.reason === 'terminate') child.kill('SIGTERM');
    else if (stop.reason === 'hangup') child.kill('SIGHUP');
    else if (stop.reason === 'interrupt' && !process.stdin.isTTY) child.kill('SIGINT');
  };
  stop.signal.addEventListener('abort', passOn);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      stop.signal.removeEventListener('abort', passOn);
      resolve({ code, signal });
    });
  });
}

function exitCodeOf({ code, signal }: Ended): number {
  if (code !== null) return code;
  const number = signal === null ? undefined : constants.signals[signal];
  return number === undefined ? ExitCode.internal : 128 + number;
}
