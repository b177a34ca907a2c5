/** Options that more than one command has: one row each, so that they mean the same everywhere. */
import type { OptionSpec } from '../config/option.ts';

/** More detail in the result, and informational messages. */
const verbose: OptionSpec = {
  name: 'verbose',
  short: 'v',
  kind: { type: 'flag' },
  help: 'Show more detail: per CPU, device and process, and what each collector cost.',
  default: false,
};

/** Seconds between two samples. */
export const interval: OptionSpec = {
  name: 'interval',
  short: 'i',
  kind: { type: 'number', min: 0.01, max: 86_400, unit: 'seconds' },
  help: 'Time between two samples.',
  default: 1,
};

/** How long to measure. */
export const duration: OptionSpec = {
  name: 'duration',
  kind: { type: 'number', min: 0, aboveMin: true, max: 31_536_000, unit: 'seconds' },
  help: 'How long to measure.',
  default: 60,
};

/** Where the result goes; written as a whole or not at all. */
export const outputFile: OptionSpec = {
  name: 'output-file',
  kind: { type: 'text', placeholder: 'file', completes: 'file' },
  help: 'Write the result to this file, as a whole or not at all; its extension chooses the format. - is stdout.',
  configurable: false,
};

/** How much is reported on stderr or in the log file. */
const logLevel: OptionSpec = {
  name: 'log-level',
  kind: { type: 'choice', choices: ['error', 'warn', 'info', 'debug'] },
  help: 'What to report on stderr or in the log file (default: warn, with -v info).',
};

/** Appends messages to a file. */
const logFile: OptionSpec = {
  name: 'log-file',
  kind: { type: 'text', placeholder: 'file', completes: 'file' },
  help: 'Append messages, with time and level, to this file.',
};

/** Colour on or off; when absent, the environment and the terminal decide. */
export const color: OptionSpec = {
  name: 'color',
  kind: { type: 'flag', negatable: true },
  help: 'Colour the output, or not (default: on a terminal, unless NO_COLOR is set).',
};

/** Use this configuration file instead of those in the usual places. */
export const config: OptionSpec = {
  name: 'config',
  kind: { type: 'text', placeholder: 'file', completes: 'file' },
  help: 'Read this configuration file instead of those in the usual places.',
  configurable: 'environment',
};

/** Options of every command; also accepted before it. */
export const globalOptions: readonly OptionSpec[] = [verbose, logLevel, logFile, color, config];

function path(tree: string, fallback: string | undefined, help: string): OptionSpec {
  return {
    name: `path.${tree}`,
    kind: { type: 'text', placeholder: 'directory', completes: 'directory' },
    help,
    default: fallback,
  };
}

/** Where the file trees of the host are: `options.pathProcfs` and so on. */
export const pathOptions: readonly OptionSpec[] = [
  path('procfs', '/proc', 'Where the proc file system of the host is mounted.'),
  path('sysfs', '/sys', 'Where the sys file system of the host is mounted.'),
  path('rootfs', '/', 'Where the root of the host is mounted.'),
  path(
    'cgroupfs',
    undefined,
    'Where the cgroup file system of the host is mounted (default: fs/cgroup below --path.sysfs).',
  ),
  path('udev.data', undefined, 'Where udev keeps its database (default: run/udev/data below --path.rootfs).'),
];

/** Only these processes; a list of integers. */
export const pid: OptionSpec = {
  name: 'pid',
  kind: { type: 'number', min: 1, max: 4_194_304, integer: true },
  help: 'Watch only this process; may be given several times.',
  repeatable: true,
  configurable: false,
};

const threshold = { type: 'text', placeholder: 'threshold' } as const;

/** Thresholds of a warning; a list of texts. */
export const warn: OptionSpec = {
  name: 'warn',
  kind: threshold,
  help: "Warn above or below a value: cpu=85, 'memory.available<5%'; may be given several times.",
  repeatable: true,
};

/** Thresholds of a critical finding; a list of texts. */
export const crit: OptionSpec = {
  name: 'crit',
  kind: threshold,
  help: 'As --warn, for a critical finding.',
  repeatable: true,
};

/** Makes findings change the exit code. */
export const failOn: OptionSpec = {
  name: 'fail-on',
  kind: { type: 'choice', choices: ['warning', 'critical'] },
  help: 'Exit with 20 (warning) or 21 (critical) when there is a finding of this severity or worse.',
};
