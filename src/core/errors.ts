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
  ATTACH_NOT_NODE: {
    text: 'process {pid} ({program}) is not Node.js with an inspector: the signal that opens one would end it',
    exitCode: ExitCode.usage,
    remedy: 'Name a Node.js process; `codoperf cache-info` lists those that have no agent.',
  },
  ATTACH_PERMISSION: {
    text: 'not allowed to attach to process {pid}: it belongs to another user, or runs with rights of its own',
    exitCode: ExitCode.permission,
    remedy: 'Run as the user of the process, or as root.',
  },
  ATTACH_OTHER_PIDS: {
    text: "'{procfs}' shows the processes of another pid namespace, where a pid means another process",
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf on the host or, in a container, with the pids of the host (`docker run --pid=host`).',
  },
  ATTACH_OTHER_NETWORK: {
    text: 'process {pid} has a network of its own (a container), and its inspector cannot be reached from here',
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf in its container, or enter its network as root: `nsenter -n -t {pid} codoperf …`.',
  },
  ATTACH_STOPPED: {
    text: 'process {pid} is stopped by a signal or a debugger, and would open its inspector only later',
    exitCode: ExitCode.unreachable,
    remedy: 'Let it go on (`kill -CONT {pid}`), then attach.',
  },
  ATTACH_SIGNAL_BLOCKED: {
    text:
      'process {pid} blocks SIGUSR1, as Node.js does with --disable-sigusr1 and under its permission model: its ' +
      'inspector cannot be opened',
    exitCode: ExitCode.unreachable,
    remedy:
      'Start the program with the agent instead: `codoperf run -- node …` or `node --import codoperf/register …`.',
  },
  ATTACH_NO_HANDLER: {
    text: 'process {pid} does not catch SIGUSR1 (it may be starting up or ending): the signal would end it',
    exitCode: ExitCode.unreachable,
    remedy: 'Wait until it serves, then attach.',
  },
  ATTACH_TOO_YOUNG: {
    text: 'process {pid} runs for {age} s only, and SIGUSR1 may end a Node.js that is starting up',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach when it has run for a second or more.',
  },
  ATTACH_PORT_TAKEN: {
    text: 'the inspector of process {pid} cannot open: {by} listens on {place}',
    exitCode: ExitCode.unreachable,
    remedy: 'End that one, or start the program with NODE_OPTIONS=--inspect-port=0, which opens nothing by itself.',
  },
  ATTACH_BUSY: {
    text: 'cannot attach to process {pid} now: another codoperf (pid {holder}) is at it',
    exitCode: ExitCode.unreachable,
    remedy: 'Wait until that one ends; while it is attached, --pid {pid} reads the same agent.',
  },
  ATTACH_NO_INSPECTOR: {
    text:
      'process {pid} got SIGUSR1 and opened no inspector within {seconds} s: its event loop is blocked, it handles ' +
      'SIGUSR1 itself (that handler has run), or its permission model forbids an inspector',
    exitCode: ExitCode.unreachable,
    remedy:
      'Attach again when it responds: an inspector that opened late is closed then. For the other two, start it ' +
      'with the agent: `node --import codoperf/register …`.',
  },
  ATTACH_LATE: {
    text: 'process {pid} opened its inspector only after {seconds} s, as its event loop was blocked; it is closed again',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again; nothing was changed in the process.',
  },
  ATTACH_NO_ANSWER: {
    text: 'the event loop of process {pid} is blocked: it did not take the agent in or answer within {seconds} s',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again when it responds; what was begun is undone.',
  },
  ATTACH_STILL_OPEN: {
    text:
      'THE INSPECTOR OF PROCESS {pid} IS STILL OPEN on {place}: it did not close, and every user of this machine can ' +
      'run code as that process',
    exitCode: ExitCode.unreachable,
    remedy:
      'Attach again when it responds, which closes it; or run `node inspect {place}` and there ' +
      "`exec process.getBuiltinModule('inspector').close()`; or restart the process.",
  },
  ATTACH_WRONG_PROCESS: {
    text: 'the inspector of process {pid} says to be process {found}; nothing was done there',
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf in the same pid namespace as the process, then give the pid that is valid there.',
  },
  ATTACH_AGENT_FAILED: {
    text: 'the agent does not run in process {pid}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that the process may write to its runtime directory (see CODOPERF_RUNTIME_DIR), then attach again.',
  },
  ATTACH_ENDED: {
    text: 'process {pid} ended while codoperf was attaching to it',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach to its successor.',
  },
  ATTACH_NOT_DETACHED: {
    text: 'the agent is still in process {pid}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again, which ends it afterwards; restarting the process ends it too.',
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
  ATTACH_NOT_ALLOWED: {
    text: 'live attach to process {pid} is not switched on: it opens the inspector of the process for a moment',
    exitCode: ExitCode.usage,
    remedy: 'Add --allow-attach (or set allow_attach: true in a configuration file) once you have read docs/attach.md.',
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
  BAD_SERVER_ADDRESS: {
    text: "'{address}' is no address of a {kind} server: {detail}",
    exitCode: ExitCode.usage,
    remedy: '{fix}',
  },
  SERVER_UNREACHABLE: {
    text: 'cannot reach {name}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Check the address, that the server runs and listens there, and that no firewall is between.',
  },
  SERVER_TIMEOUT: {
    text: '{name} did not answer {command} within {seconds} s',
    exitCode: ExitCode.unreachable,
    remedy:
      'It may be busy with a slow command, be swapped out, or be stopped: look at its CPU and log on its own machine.',
  },
  SERVER_TLS: {
    text: 'no secure connection to {name}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_AUTH: {
    text: '{name} did not accept the login: {reason}',
    exitCode: ExitCode.permission,
    remedy: '{fix}',
  },
  SERVER_PERMISSION: {
    text: '{name} does not let this user run {command}: {reason}',
    exitCode: ExitCode.permission,
    remedy: '{fix}',
  },
  SERVER_READ_ONLY: {
    text: '{name} is a read-only replica, so nothing was cleared in it',
    exitCode: ExitCode.permission,
    remedy: 'Clear its master instead ({master}): replicas follow.',
  },
  SERVER_LOADING: {
    text: '{name} is still loading its data{progress}',
    exitCode: ExitCode.unreachable,
    remedy: 'Try again when it is done.',
  },
  SERVER_REFUSED: {
    text: '{name} refused {command}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_DROPPED: {
    text: '{name} closed the connection {when}',
    exitCode: ExitCode.unreachable,
    remedy: 'See its log: it was restarted, has reached its limit of clients, or something between drops connections.',
  },
  SERVER_REPLY_TOO_LARGE: {
    text: '{name} answered {command} with more than {limit}, which was not read to its end',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that it is the server you meant; a {kind} server never says that much.',
  },
  SERVER_OF_OTHER_KIND: {
    text: 'what listens at {name} is not a {kind} server: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_WITHOUT_STATS: {
    text: '{name} does not tell its statistics: {reason}',
    exitCode: ExitCode.unreachable,
    remedy:
      'Ask the Memcached servers themselves: proxies such as twemproxy and mcrouter have no statistics of a cache.',
  },
  SERVER_KEYS_HIDDEN: {
    text: '{name} does not list its keys ({reason}), and without that {what}',
    exitCode: ExitCode.permission,
    remedy: 'Start Memcached without -X and with the LRU crawler (the default); all its items can be cleared without.',
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
