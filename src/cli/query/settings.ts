/** The options of `query`, checked as a whole. */
import { checkedValue } from '../../config/merge.ts';
import { CodoperfError } from '../../core/errors.ts';
import { durationMs } from '../../query/promql/literals.ts';
import type { OptionValues } from '../command.ts';
import { formatOfFile } from '../format-of-file.ts';
import { interval } from '../options.ts';
import { queryDuration, queryFormat, timeout } from './options.ts';
import type { ServerSettings } from './server.ts';

/** Ways to write a result. */
export type QueryFormat = 'text' | 'json' | 'csv' | 'chart';

/** Checked settings. */
export interface QuerySettings {
  readonly expr: string;
  /** `undefined`: this host is asked. */
  readonly server: ServerSettings | undefined;
  /** Unix ms; `undefined` is now. */
  readonly timeMs: number | undefined;
  /** `undefined`: one moment; `Infinity`: everything that was collected. */
  readonly rangeMs: number | undefined;
  readonly stepMs: number | undefined;
  /** `undefined`: as long as the expression needs. */
  readonly durationSeconds: number | undefined;
  readonly intervalSeconds: number;
  readonly format: QueryFormat;
  readonly outputFile: string | undefined;
  readonly verbose: boolean;
  readonly paths: {
    readonly procfs?: string;
    readonly sysfs?: string;
    readonly rootfs?: string;
    readonly cgroupfs?: string;
    readonly udevData?: string;
  };
}

const formats = [
  { name: 'text', extensions: ['.txt', '.log'] },
  { name: 'json', extensions: ['.json'] },
  { name: 'csv', extensions: ['.csv'] },
] as const;

/** What a range of a server covers when nothing else was said. */
const DEFAULT_RANGE_MS = 3_600_000;
/** Values of a range at most, as in Prometheus. */
const MAX_VALUES = 11_000;

/** Checks the options, each and together; throws the usage error. */
export function querySettings(expr: string, options: OptionValues): QuerySettings {
  const text = (key: string): string | undefined => options[key] as string | undefined;
  const server = serverSettings(options);
  const format = chooseFormat(text('format'), text('outputFile'));
  const durationSeconds = options.duration as number | undefined;
  const intervalSeconds = checkedValue(interval, (options.interval as number | undefined) ?? 1);
  if (durationSeconds !== undefined) checkedValue(queryDuration, durationSeconds);
  if (server === undefined && intervalSeconds > (durationSeconds ?? 10))
    throw new CodoperfError('INTERVAL_EXCEEDS_DURATION', {
      interval: intervalSeconds,
      duration: durationSeconds ?? 10,
    });
  const time = text('time');
  if (time !== undefined && server === undefined)
    throw usage('--time asks for the past, which only a server knows: it needs --url');
  const asked = durationOption('--range', text('range'));
  const rangeMs =
    asked ?? (format === 'chart' ? (server === undefined ? Number.POSITIVE_INFINITY : DEFAULT_RANGE_MS) : undefined);
  const stepMs = durationOption('--step', text('step'));
  if (stepMs !== undefined && rangeMs === undefined) throw usage('--step is about a range: it needs --range');
  if (stepMs !== undefined && asked !== undefined && asked / stepMs > MAX_VALUES)
    throw usage(`--range with this --step makes more than ${MAX_VALUES} values of each series: use a longer --step`);
  return {
    expr,
    server,
    timeMs: time === undefined ? undefined : momentOf(time),
    rangeMs,
    stepMs,
    durationSeconds,
    intervalSeconds,
    format,
    outputFile: text('outputFile'),
    verbose: options.verbose === true,
    paths: pathsOf(options),
  };
}

function serverSettings(options: OptionValues): ServerSettings | undefined {
  const { url, instance, headerFile } = options as Readonly<Record<string, string | undefined>>;
  const timeoutSeconds = checkedValue(timeout, (options.timeout as number | undefined) ?? 30);
  if (url !== undefined) return { url, instance, headerFile, timeoutSeconds };
  if (instance !== undefined) throw usage('--instance picks one host of a server: it needs --url');
  return undefined;
}

function chooseFormat(format: string | undefined, file: string | undefined): QueryFormat {
  if (format !== undefined) return checkedValue(queryFormat, format) as QueryFormat;
  return formatOfFile(file, formats) ?? 'text';
}

/** Ms of a duration of PromQL, or of a plain number of seconds. */
function durationOption(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : durationMs(value);
  if (ms >= 1 && ms <= Number.MAX_SAFE_INTEGER) return Math.round(ms);
  const fix = 'Write it as 30s, 5m or 1h30m, or as a number of seconds.';
  throw new CodoperfError('BAD_OPTION_VALUE', { option, value, detail: 'takes a duration above 0', fix });
}

function momentOf(value: string): number {
  const ms = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (Number.isFinite(ms) && Math.abs(ms) < 8.64e15) return Math.round(ms);
  const fix = `Write it as ${new Date(0).toISOString()}, or as Unix seconds.`;
  throw new CodoperfError('BAD_OPTION_VALUE', { option: '--time', value, detail: 'takes a moment', fix });
}

function pathsOf(options: OptionValues): QuerySettings['paths'] {
  const { pathProcfs, pathSysfs, pathRootfs, pathCgroupfs, pathUdevData } = options as Readonly<
    Record<string, string | undefined>
  >;
  const given = {
    procfs: pathProcfs,
    sysfs: pathSysfs,
    rootfs: pathRootfs,
    cgroupfs: pathCgroupfs,
    udevData: pathUdevData,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function usage(detail: string): CodoperfError {
  return new CodoperfError('BAD_USAGE', { detail, program: 'codoperf query' });
}
