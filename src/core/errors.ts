/**
 * Every error a user can see: one table of code, text, exit code and remedy. `docs/reference/errors.md`
 * is generated from it and a test compares both directions. Retired codes are never reused.
 */

/** Exit codes of the command line; the meaning is a frozen contract. */
export const ExitCode = {
  ok: 0,
  internal: 1,
  usage: 2,
  partialData: 3,
  unreachable: 4,
  cannotWrite: 5,
  badConfiguration: 6,
  permission: 7,
  warningFinding: 20,
  criticalFinding: 21,
  regression: 22,
} as const;

/** When several apply, the one that stands first here is the process's exit code. */
export const exitPrecedence: readonly number[] = [1, 2, 6, 7, 5, 4, 21, 20, 22, 3, 0];

/** The exit code to report when several things were wrong. */
export function worstExitCode(codes: Iterable<number>): number {
  const all = new Set(codes);
  return exitPrecedence.find((code) => all.has(code)) ?? ExitCode.ok;
}

interface CatalogueEntry {
  /** What happened and why; `{name}` stands for a detail. */
  readonly text: string;
  readonly exitCode: number;
  /** What to do next. */
  readonly remedy: string;
}

/** The catalogue; keys are the stable codes. */
export const errorCatalogue = {
  UNKNOWN_COMMAND: {
    text: "unknown command '{command}'{suggestion}",
    exitCode: ExitCode.usage,
    remedy: 'Run `codoperf --help` for the list of commands.',
  },
  UNKNOWN_OPTION: {
    text: "unknown option '{option}'{suggestion}",
    exitCode: ExitCode.usage,
    remedy: 'Run `{program} --help` for its options.',
  },
  BAD_USAGE: {
    text: '{detail}',
    exitCode: ExitCode.usage,
    remedy: 'Run `{program} --help` for how to use it.',
  },
  BAD_OPTION_VALUE: {
    text: "option '{option}': {detail} (got '{value}')",
    exitCode: ExitCode.usage,
    remedy: '{fix}',
  },
  INTERVAL_EXCEEDS_DURATION: {
    text: 'the interval ({interval} s) is longer than the duration ({duration} s), so no sample would complete',
    exitCode: ExitCode.usage,
    remedy: 'Use --interval {duration} or less, or --duration {interval} or more.',
  },
  INTERVAL_WITHOUT_USE: {
    text: "command '{command}' does not sample, so --interval means nothing to it",
    exitCode: ExitCode.usage,
    remedy: 'Leave --interval out, or give it to a command that samples, such as monitor-stats.',
  },
  UNKNOWN_OUTPUT_EXTENSION: {
    text: "cannot tell the format from the file name '{path}'",
    exitCode: ExitCode.usage,
    remedy: 'Name it with one of {extensions}, or give --format.',
  },
  CANNOT_WRITE: {
    text: "cannot write '{path}': {reason}",
    exitCode: ExitCode.cannotWrite,
    remedy: '{fix}',
  },
  OUTPUT_PERMISSION: {
    text: "not allowed to write '{path}': {reason}",
    exitCode: ExitCode.cannotWrite,
    remedy: 'Choose a directory that you may write to, or run as its owner.',
  },
  BAD_CONFIGURATION: {
    text: '{file}:{line}: {detail}',
    exitCode: ExitCode.badConfiguration,
    remedy: 'Mend the file, then run `codoperf config check {file}`.',
  },
  CONFIGURATION_UNREADABLE: {
    text: "cannot read the configuration file '{file}': {reason}",
    exitCode: ExitCode.badConfiguration,
    remedy: 'Check the path and its permissions, or leave --config out.',
  },
  UNSAFE_DIRECTORY: {
    text: "cannot use the directory '{path}': {reason}",
    exitCode: ExitCode.permission,
    remedy:
      'Make it a directory of your own with mode 700, or name another with CODOPERF_RUNTIME_DIR or CODOPERF_STATE_DIR.',
  },
  SOCKET_PATH_TOO_LONG: {
    text: "the socket path '{path}' has {bytes} bytes, and the kernel takes at most {limit}",
    exitCode: ExitCode.badConfiguration,
    remedy: 'Name a directory with a shorter path with CODOPERF_RUNTIME_DIR.',
  },
  UNSUPPORTED_PLATFORM: {
    text: 'codoperf reads Linux hosts, and this is {platform}',
    exitCode: ExitCode.unreachable,
    remedy: 'Run it on a Linux machine; reading a remote one needs no agent there.',
  },
  ROOT_NOT_FOUND: {
    text: "{option} points to '{path}', which {reason}",
    exitCode: ExitCode.unreachable,
    remedy: 'Give a directory that holds the file tree of the host, such as /host/proc in a container.',
  },
  PROCESS_NOT_FOUND: {
    text: 'no process with pid {pid} under {procfs}',
    exitCode: ExitCode.unreachable,
    remedy: 'List the running ones with `pgrep -l NAME`; inside a container, host pids need --path.procfs.',
  },
  NOTHING_COLLECTED: {
    text: 'not one collector could read its source ({reason})',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that --path.procfs and --path.sysfs hold what the kernel shows there.',
  },
  PERMISSION: {
    text: "not allowed to read '{path}'",
    exitCode: ExitCode.permission,
    remedy: 'Run as root or as the owner of the process.',
  },
  INTERNAL: {
    text: 'internal failure: {detail}',
    exitCode: ExitCode.internal,
    remedy: 'This is a defect in codoperf: please report it with the output of `--log-level debug`.',
  },
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

/** An error that a user can see. `message` is the catalogue's text with its details filled in. */
export class CodoperfError extends Error {
  override readonly name = 'CodoperfError';
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly remedy: string;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const entry: CatalogueEntry = errorCatalogue[code];
    super(fill(entry.text, details), cause === undefined ? undefined : { cause });
    this.code = code;
    this.exitCode = entry.exitCode;
    this.remedy = fill(entry.remedy, details);
  }
}

/** The `E…` code of a failed system call, or `undefined` for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (hole, name: string) => (name in details ? String(details[name]) : hole));
}
