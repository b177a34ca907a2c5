/**
 * Every error a user can see: one table of code, text, exit code and remedy. `docs/reference/errors.md`
 * is generated from it and a test compares both directions. Retired codes are never reused.
 */
import type { CatalogueEntry } from './error-catalogue-entry.ts';
import { attachErrors } from './errors-attach.ts';
import { serverErrors } from './errors-server.ts';
import { ExitCode } from './exit-code.ts';

export { ExitCode, exitPrecedence, worstExitCode } from './exit-code.ts';

/** The catalogue; keys are the stable codes. Errors of live attach and of cache servers have files of their own. */
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
  NOT_INSTRUMENTED: {
    text: 'process {pid} does not run the codoperf agent, or not as a user whose agent you may ask',
    exitCode: ExitCode.unreachable,
    remedy:
      'Start it with `codoperf run -- node app.js` or `node --import codoperf/register app.js`, or look into it as it runs with --attach {pid} --allow-attach.',
  },
  CACHE_NOT_FOUND: {
    text: 'there is no cache {what}',
    exitCode: ExitCode.unreachable,
    remedy:
      'List the caches there are with `codoperf cache-info`; a Redis is named by its URL with the database, a Memcached as host:port.',
  },
  AGENT_FILE_MISSING: {
    text: 'the agent is not beside the program: {path} does not exist',
    exitCode: ExitCode.internal,
    remedy: 'Install the package again; in a checkout, run `npm run build`.',
  },
  RULES_MISSING: {
    text: 'the rules are not beside the program: {path} does not exist',
    exitCode: ExitCode.internal,
    remedy: 'Install the package again.',
  },
  INSTANCE_UNKNOWN: {
    text: "{name} has no current series of the instance '{instance}' that a rule could judge",
    exitCode: ExitCode.unreachable,
    remedy: 'List what it knows with `codoperf query --url … "count by (instance) (up)"`.',
  },
  UNKNOWN_RULE: {
    text: "there is no rule '{rule}'{suggestion}",
    exitCode: ExitCode.usage,
    remedy: 'List the rules with `codoperf explain`.',
  },
  COMMAND_NOT_STARTED: {
    text: "cannot start '{command}': {reason}",
    exitCode: ExitCode.unreachable,
    remedy: 'Check the name and the path; everything after -- is the program and its arguments.',
  },
  QUERY_SYNTAX: {
    text: 'the expression is not PromQL: {problem}',
    exitCode: ExitCode.usage,
    remedy:
      'Put it right where the mark is. In a shell an expression stands in single quotes, as the shell has uses of its ' +
      'own for braces, brackets and quotes.',
  },
  QUERY_FAILED: {
    text: 'the query cannot be answered: {problem}',
    exitCode: ExitCode.usage,
    remedy:
      'Change the expression; its operators and functions are those of https://prometheus.io/docs/prometheus/latest/querying/.',
  },
  QUERY_TOO_LARGE: {
    text: 'the query was given up: {problem}',
    exitCode: ExitCode.usage,
    remedy: 'Ask for less: fewer series, a shorter time, or a longer step.',
  },
  QUERY_SLOW: {
    text: '{name} did not answer within {seconds} s',
    exitCode: ExitCode.unreachable,
    remedy: 'Give it more time with --timeout, or ask for less: fewer series, a shorter time, or a longer step.',
  },
  QUERY_ANSWER_TOO_LARGE: {
    text: '{name} answered with more than {limit}, which was not read to its end',
    exitCode: ExitCode.unreachable,
    remedy: 'Ask for less: fewer series, a shorter time, or a longer step.',
  },
  UNKNOWN_METRIC: {
    text: 'nothing that is measured here has the name {names}{suggestion}',
    exitCode: ExitCode.usage,
    remedy: 'See all names with `codoperf monitor-stats --once`, or ask a server that has this one with --url.',
  },
  INTERNAL: {
    text: 'internal failure: {detail}',
    exitCode: ExitCode.internal,
    remedy: 'This is a defect in codoperf: please report it with the output of `--log-level debug`.',
  },
  ...attachErrors,
  ...serverErrors,
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

/** An error that a user can see. `message` is the catalogue's text with its details filled in. */
export class CodoperfError extends Error {
  override readonly name = 'CodoperfError';
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly remedy: string;
  /** Lines of what the user gave, with a mark where it is wrong: the detail `excerpt`. */
  readonly excerpt: string | undefined;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const entry: CatalogueEntry = errorCatalogue[code];
    super(fill(entry.text, details), cause === undefined ? undefined : { cause });
    this.code = code;
    this.exitCode = entry.exitCode;
    this.remedy = fill(entry.remedy, details);
    this.excerpt = details.excerpt === undefined ? undefined : String(details.excerpt);
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
