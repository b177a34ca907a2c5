/** The options of `analyze`, checked as a whole. */
import { type RuleResource, ruleResources } from '../../analyze/rules/rule.ts';
import { checkedValue } from '../../config/merge.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { Severity } from '../../report/finding.ts';
import { formatOfFile } from '../format-of-file.ts';
import { failOn, interval, pid } from '../options.ts';
import { timeout as timeoutOption } from '../query/options.ts';
import type { ServerSettings } from '../query/server.ts';
import type { ServerPlace } from './live-servers.ts';
import { analyzeDuration, analyzeFormat, resource } from './options.ts';

/** Options of `analyze` by camelCase name. */
export interface AnalyzeArgs {
  /** Seconds; default 30. */
  readonly duration?: number;
  /** Seconds; default 1. */
  readonly interval?: number;
  readonly url?: string;
  readonly instance?: string;
  readonly headerFile?: string;
  /** Seconds that the server may take for an answer; default 30. */
  readonly timeout?: number;
  readonly rules?: readonly string[];
  readonly resource?: readonly string[];
  readonly format?: string;
  readonly outputFile?: string;
  readonly failOn?: string;
  readonly pid?: readonly number[];
  readonly redis?: readonly string[];
  readonly memcached?: readonly string[];
  readonly verbose?: boolean;
  readonly pathProcfs?: string;
  readonly pathSysfs?: string;
  readonly pathRootfs?: string;
  readonly pathCgroupfs?: string;
  readonly pathUdevData?: string;
  /** Collectors switched on or off by name. */
  readonly collectors?: Readonly<Record<string, boolean>>;
}

/** Checked settings. */
export interface AnalyzeSettings {
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  /** A server to ask instead of measuring. */
  readonly remote: ServerSettings | undefined;
  readonly rules: readonly string[];
  readonly resources: readonly RuleResource[] | undefined;
  readonly format: 'text' | 'json';
  readonly outputFile: string | undefined;
  readonly failOn: Severity | undefined;
  readonly pids: readonly number[] | undefined;
  readonly servers: readonly ServerPlace[];
  readonly verbose: boolean;
  readonly paths: {
    readonly procfs: string;
    readonly sysfs: string;
    readonly rootfs: string;
    readonly cgroupfs: string;
    readonly udevData?: string;
  };
  readonly collectors: Readonly<Record<string, boolean>>;
}

const formats = [
  { name: 'text', extensions: ['.txt', '.log'] },
  { name: 'json', extensions: ['.json'] },
] as const;

/** Checks the options, each and together; throws the usage error. */
export function analyzeSettings(args: AnalyzeArgs): AnalyzeSettings {
  const durationSeconds = checkedValue(analyzeDuration, args.duration ?? 30);
  const intervalSeconds = checkedValue(interval, args.interval ?? 1);
  if (intervalSeconds > durationSeconds)
    throw new CodoperfError('INTERVAL_EXCEEDS_DURATION', { interval: intervalSeconds, duration: durationSeconds });
  const pids = (args.pid ?? []).map((each) => checkedValue(pid, each));
  const resources = (args.resource ?? []).map((each) => checkedValue(resource, each) as RuleResource);
  return {
    durationSeconds,
    intervalSeconds,
    remote: remoteOf(args, pids),
    rules: args.rules ?? [],
    resources: resources.length === 0 ? undefined : ruleResources.filter((each) => resources.includes(each)),
    format: chooseFormat(args),
    outputFile: args.outputFile,
    failOn: args.failOn === undefined ? undefined : (checkedValue(failOn, args.failOn) as Severity),
    pids: pids.length === 0 ? undefined : pids,
    servers: serversOf(args),
    verbose: args.verbose === true,
    paths: pathsOf(args),
    collectors: args.collectors ?? {},
  };
}

function serversOf({ redis, memcached }: AnalyzeArgs): ServerPlace[] {
  return [
    ...(redis ?? []).map((address) => ({ kind: 'redis', address }) as const),
    ...(memcached ?? []).map((address) => ({ kind: 'memcached', address }) as const),
  ];
}

function pathsOf(args: AnalyzeArgs): AnalyzeSettings['paths'] {
  return {
    procfs: args.pathProcfs ?? '/proc',
    sysfs: args.pathSysfs ?? '/sys',
    rootfs: args.pathRootfs ?? '/',
    cgroupfs: args.pathCgroupfs ?? `${args.pathSysfs ?? '/sys'}/fs/cgroup`,
    udevData: args.pathUdevData,
  };
}

function remoteOf(
  { url, instance, headerFile, timeout, redis, memcached }: AnalyzeArgs,
  pids: readonly number[],
): AnalyzeSettings['remote'] {
  if (url === undefined) {
    if (instance !== undefined) throw usage('--instance chooses a host of a server: it needs --url');
    if (headerFile !== undefined) throw usage('--header-file is for a server: it needs --url');
    return undefined;
  }
  const given = [
    ['--pid', pids.length > 0],
    ['--redis', redis !== undefined],
    ['--memcached', memcached !== undefined],
  ].find(([, isGiven]) => isGiven === true);
  if (given !== undefined)
    throw usage(`${String(given[0])} is measured here, and --url asks a server: give one of them`);
  return { url, instance, headerFile, timeoutSeconds: checkedValue(timeoutOption, timeout ?? 30) };
}

function chooseFormat({ format, outputFile }: AnalyzeArgs): AnalyzeSettings['format'] {
  if (format !== undefined) return checkedValue(analyzeFormat, format) as AnalyzeSettings['format'];
  return formatOfFile(outputFile, formats) ?? 'text';
}

function usage(detail: string): CodoperfError {
  return new CodoperfError('BAD_USAGE', { detail, program: 'codoperf analyze' });
}
