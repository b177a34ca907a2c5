/**
 * The command line: arguments in, exit code out. Never ends the process, so that a program can call it
 * and everything written arrives; a `CodoperfError` becomes two lines on stderr.
 */
import { optionKey } from '../config/option.ts';
import { CodoperfError, ExitCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { removeTemporaries } from './atomic-file.ts';
import type { Command, CommandIo, OptionValues } from './command.ts';
import { commands as allCommands } from './commands.gen.ts';
import type { LogLevel } from './log.ts';
import { StderrLog } from './log.ts';
import { color } from './options.ts';
import type { StandardStream } from './output.ts';
import { StreamOutput, wantsColor } from './output.ts';
import type { Invocation } from './program.ts';
import { parseArguments } from './program.ts';
import { resolveSettings } from './settings.ts';
import type { StopReason } from './signals.ts';
import { Signals, signalExitCode } from './signals.ts';

/** What `main` takes from its process; each part can be replaced. */
export interface MainHost {
  readonly stdout?: StandardStream;
  readonly stderr?: StandardStream;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly commands?: readonly Command[];
  /** Ends the process at the second Ctrl-C; by default the signal's own action does. */
  readonly exit?: (exitCode: number) => void;
}

/** Runs codoperf with the arguments after the script name and resolves to the exit code. */
export async function main(argv: readonly string[], host: MainHost = {}): Promise<number> {
  return new Run(argv, host).toExitCode();
}

class Run {
  private readonly argv: readonly string[];
  private readonly env: Readonly<Record<string, string | undefined>>;
  private readonly cwd: string;
  private readonly commands: readonly Command[];
  private readonly signals: Signals;
  private readonly ownsProcess: boolean;
  private readonly stdout: StreamOutput;
  private readonly stderr: StreamOutput;
  private readonly log: StderrLog;
  private options: OptionValues = {};

  constructor(argv: readonly string[], host: MainHost) {
    this.argv = argv;
    this.env = host.env ?? process.env;
    this.cwd = host.cwd ?? process.cwd();
    this.commands = host.commands ?? allCommands;
    const { exit } = host;
    this.ownsProcess = exit !== undefined;
    this.signals = new Signals(
      exit &&
        ((code) => {
          removeTemporaries();
          exit(code);
        }),
    );
    this.stdout = new StreamOutput(host.stdout ?? process.stdout, 'standard output', () => this.signals.stop('closed'));
    this.stderr = new StreamOutput(host.stderr ?? process.stderr, 'standard error');
    this.log = new StderrLog(this.stderr);
  }

  async toExitCode(): Promise<number> {
    this.signals.install();
    try {
      return this.exitCodeOf(await this.dispatch());
    } catch (error) {
      return await this.report(error);
    } finally {
      this.log.close();
      this.signals.uninstall();
      this.stdout.release();
      this.stderr.release();
    }
  }

  private async dispatch(): Promise<number> {
    const request = parseArguments(this.argv, this.commands);
    if (request.kind === 'run') return this.run(request.invocation);
    await this[request.stream].write(request.text);
    return request.exitCode;
  }

  private async run({ command, name, flags, positionals }: Invocation): Promise<number> {
    const { env, cwd, commands, stdout, stderr, log } = this;
    this.chooseColor(flags.get(optionKey(color.name)));
    const { options, settings, notes } = await resolveSettings(name, command, flags, { env, cwd, commands });
    this.options = options;
    this.chooseColor(options.color);
    log.configure({ level: logLevelOf(options), file: options.logFile as string | undefined });
    for (const note of notes) log.warn(note);
    const { ownsProcess } = this;
    const io: CommandIo = { stdout, stderr, env, cwd, log, stop: this.signals, settings, commands, ownsProcess };
    return (await command.run?.(options, positionals, io)) ?? ExitCode.ok;
  }

  private chooseColor(flag: unknown): void {
    const choice = { env: this.env, flag: typeof flag === 'boolean' ? flag : undefined };
    this.stdout.color = wantsColor(choice, this.stdout.isTTY);
    this.stderr.color = wantsColor(choice, this.stderr.isTTY);
  }

  private exitCodeOf(code: number): number {
    const reason: StopReason | undefined = this.signals.reason;
    return reason === 'terminate' || reason === 'hangup' ? signalExitCode[reason] : code;
  }

  /** Shows an error in two lines, with its code when asked for detail and its stack when debugging. */
  private async report(error: unknown): Promise<number> {
    const { reason } = this.signals;
    if (reason !== undefined && (error as Error | null)?.name === 'AbortError') {
      return reason === 'closed' ? ExitCode.ok : signalExitCode[reason];
    }
    const shown =
      error instanceof CodoperfError ? error : new CodoperfError('INTERNAL', { detail: messageOf(error) }, error);
    const debug =
      this.asked('logLevel', 'debug', ['--log-level=debug', 'debug']) || this.env.CODOPERF_LOG_LEVEL === 'debug';
    const detail = debug || this.asked('verbose', true, ['-v', '--verbose']);
    const code = detail ? ` [${shown.code}]` : '';
    const excerpt = shown.excerpt?.split('\n').map((line) => `    ${printable(line)}\n`);
    let text = `codoperf: ${printable(shown.message)}${code}\n${excerpt?.join('') ?? ''}  ${printable(shown.remedy)}\n`;
    if (debug) text += stackOf(shown);
    await this.stderr.write(text);
    return this.exitCodeOf(shown.exitCode);
  }

  /** Whether an option was set; before the options are known, whether its words stand in the arguments. */
  private asked(key: string, value: unknown, words: readonly string[]): boolean {
    return this.options[key] === undefined
      ? this.argv.some((word) => words.includes(word))
      : this.options[key] === value;
  }
}

function logLevelOf({ logLevel, verbose }: OptionValues): LogLevel {
  return (logLevel as LogLevel | undefined) ?? (verbose === true ? 'info' : 'warn');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function stackOf(error: Error): string {
  const own = `${error.stack ?? ''}\n`;
  return error.cause instanceof Error ? `${own}Caused by ${error.cause.stack ?? error.cause.message}\n` : own;
}
