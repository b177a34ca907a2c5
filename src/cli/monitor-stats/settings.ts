/** The options of `monitor-stats`, checked as a whole. */
import { checkedValue as checked } from '../../config/merge.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { Severity } from '../../report/finding.ts';
import { formats } from '../../report/formats.gen.ts';
import type { Section } from '../../report/section.ts';
import { resources } from '../../report/section.ts';
import { sections as allSections } from '../../report/sections.gen.ts';
import type { Threshold } from '../../report/thresholds.ts';
import { parseThreshold } from '../../report/thresholds.ts';
import type { Format } from '../../report/view.ts';
import { formatOfFile } from '../format-of-file.ts';
import { duration, failOn, interval, pid } from '../options.ts';
import { maxOverhead, monitorType as monitorTypeOption } from './options.ts';

/** What can be watched. */
export const monitorTypes = ['cpu', 'memory', 'disk', 'network', 'all'] as const;
/** One of `monitorTypes`. */
export type MonitorType = (typeof monitorTypes)[number];

/** Options of `monitor-stats` by camelCase name, as `handleMonitorStats` takes them. */
export interface MonitorStatsArgs {
  readonly monitorType?: MonitorType;
  /** Seconds; default 60. */
  readonly duration?: number;
  /** Seconds; default 1. */
  readonly interval?: number;
  readonly outputFile?: string;
  readonly format?: string;
  readonly once?: boolean;
  readonly verbose?: boolean;
  readonly pid?: readonly number[];
  readonly warn?: readonly string[];
  readonly crit?: readonly string[];
  readonly failOn?: 'warning' | 'critical';
  readonly maxOverhead?: number;
  readonly pathProcfs?: string;
  readonly pathSysfs?: string;
  readonly pathRootfs?: string;
  readonly pathCgroupfs?: string;
  readonly pathUdevData?: string;
  /** Collectors switched on or off by name. */
  readonly collectors?: Readonly<Record<string, boolean>>;
}

/** Checked settings. */
export interface MonitorStatsSettings {
  readonly monitorType: MonitorType;
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  readonly outputFile: string | undefined;
  readonly format: Format;
  readonly once: boolean;
  readonly verbose: boolean;
  readonly pids: readonly number[] | undefined;
  readonly sections: readonly Section[];
  readonly thresholds: readonly Threshold[];
  readonly failOn: Severity | undefined;
  /** Share of one core. */
  readonly maxOverheadRatio: number;
  readonly paths: {
    readonly procfs: string;
    readonly sysfs: string;
    readonly rootfs: string;
    readonly cgroupfs: string;
    readonly udevData?: string;
  };
  readonly collectors: Readonly<Record<string, boolean>>;
}

/** Formats of `--once`: a sample as it is, nothing over time. */
const onceFormats = ['prometheus', 'json'];

/** Checks the options, each and together; throws the usage error. */
export function monitorStatsSettings(args: MonitorStatsArgs): MonitorStatsSettings {
  const durationSeconds = checked(duration, args.duration ?? 60);
  const intervalSeconds = checked(interval, args.interval ?? 1);
  const once = args.once === true;
  if (!once && intervalSeconds > durationSeconds) {
    throw new CodoperfError('INTERVAL_EXCEEDS_DURATION', { interval: intervalSeconds, duration: durationSeconds });
  }
  const monitorType = checked(monitorTypeOption, args.monitorType ?? 'all');
  const pids = (args.pid ?? []).map((each) => checked(pid, each));
  const sections = sectionsFor(monitorType, pids.length > 0);
  return {
    monitorType,
    durationSeconds,
    intervalSeconds,
    once,
    sections,
    outputFile: args.outputFile,
    format: chooseFormat(args, once),
    verbose: args.verbose === true,
    pids: pids.length === 0 ? undefined : pids,
    thresholds: [
      ...(args.warn ?? []).map((text) => parseThreshold(text, 'warning', '--warn', sections)),
      ...(args.crit ?? []).map((text) => parseThreshold(text, 'critical', '--crit', sections)),
    ],
    failOn: args.failOn === undefined ? undefined : checked(failOn, args.failOn),
    maxOverheadRatio: checked(maxOverhead, args.maxOverhead ?? 10) / 100,
    paths: {
      procfs: args.pathProcfs ?? '/proc',
      sysfs: args.pathSysfs ?? '/sys',
      rootfs: args.pathRootfs ?? '/',
      cgroupfs: args.pathCgroupfs ?? `${args.pathSysfs ?? '/sys'}/fs/cgroup`,
      udevData: args.pathUdevData,
    },
    collectors: args.collectors ?? {},
  };
}

/** What a resource says of itself stands before what it says of its parts. */
const rank = ({ key }: Section): number => (key === '' ? 0 : 1);

/** The sections that a monitor type shows. */
export function sectionsFor(type: MonitorType, selectedProcesses: boolean): readonly Section[] {
  return allSections
    .filter(
      (section) =>
        (section.onlySelected !== true || selectedProcesses) && (type === 'all' || section.types.includes(type)),
    )
    .toSorted((a, b) => resources.indexOf(a.resource) - resources.indexOf(b.resource) || rank(a) - rank(b));
}

function chooseFormat({ format, outputFile }: MonitorStatsArgs, once: boolean): Format {
  const name = format ?? formatOfFile(outputFile, formats) ?? (once ? 'prometheus' : 'text');
  const found = formats.find((each) => each.name === name);
  if (found === undefined) {
    const detail = `takes one of ${formats.map((each) => each.name).join(', ')}`;
    throw new CodoperfError('BAD_OPTION_VALUE', {
      option: '--format',
      detail,
      value: name,
      fix: 'Choose one of them.',
    });
  }
  if (once && !onceFormats.includes(name)) {
    const fix = `Use --format ${onceFormats.join(' or --format ')}, or leave --once out.`;
    const detail = '--once shows one sample, which has no statistics over time';
    throw new CodoperfError('BAD_OPTION_VALUE', { option: '--format', detail, value: name, fix });
  }
  return found;
}
