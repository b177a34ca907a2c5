/** Limits that the user set: `NAME(>|<)NUMBER[%|unit]`, checked against the mean of the window. */
import { CodoperfError } from '../core/errors.ts';
import type { Finding, Severity } from './finding.ts';
import { formatBytes, formatRatio, formatSeconds, threeDigits } from './format.ts';
import type { Section, Stat, StatUnit } from './section.ts';
import type { Summarizer } from './summarizer.ts';

/** A parsed limit. */
export interface Threshold {
  readonly severity: Severity;
  /** As the user wrote it. */
  readonly text: string;
  readonly section: Section;
  readonly stat: Stat;
  /** Only this subject; every subject when absent. */
  readonly subject: string | undefined;
  readonly above: boolean;
  /** In the statistic's own unit. */
  readonly limit: number;
}

/** What a resource by itself means: `cpu=85` is `cpu.busy > 85 %`. */
const shorthands: Readonly<Record<string, string>> = {
  cpu: 'cpu.busy',
  memory: 'memory.used',
  disk: 'disk.filesystems.used',
  network: 'network.interfaces.utilisation',
};

const scales: Readonly<Record<string, number>> = {
  '%': 0.01,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
};

const FORM =
  /^([a-z0-9_.-]+)(?:\[(.+)\])?\s*([<>=])\s*(-?\d+(?:\.\d+)?)\s*(%|(?:k|M|G|Ki|Mi|Gi)?B|us|µs|ms|s)?(?:\/s)?$/;
const UNIT_SUFFIX = /_(ratio|bytes_per_second|per_second|bytes|seconds|celsius|volts|amperes|watts|rpm|hertz)$/;

/** A statistic that a name can mean. */
interface Candidate {
  readonly section: Section;
  readonly stat: Stat;
}

/** What a statistic can be called: `read_bytes_per_second`, `read_bytes`, `read`. */
function spellings({ name }: Stat): string[] {
  return [...new Set([name, name.replace(/_per_second$/, ''), name.replace(UNIT_SUFFIX, '')])];
}

/**
 * Every name that a limit can have: `disk.devices.utilisation`, and `disk.utilisation` when no section before
 * has that. Several statistics of one section can share a name (`memory.available`): the unit tells.
 */
function thresholdNames(sections: readonly Section[]): Map<string, Candidate[]> {
  const names = new Map<string, Candidate[]>();
  const add = (name: string, candidate: Candidate): void => {
    const known = names.get(name);
    if (known === undefined) names.set(name, [candidate]);
    else if (known[0].section === candidate.section && !known.includes(candidate)) known.push(candidate);
  };
  for (const section of sections) {
    for (const stat of section.stats) {
      const candidate = { section, stat };
      for (const name of spellings(stat)) {
        if (section.key !== '') add(`${section.resource}.${section.key}.${name}`, candidate);
        add(`${section.resource}.${name}`, candidate);
      }
    }
  }
  return names;
}

/** The candidate that the unit fits; without a unit a ratio, as `memory.available<5` is meant in per cent. */
function choose(candidates: readonly Candidate[], unit: string | undefined): Candidate {
  const fitting = candidates.filter(({ stat }) => scaleFor(stat.unit, unit) !== undefined);
  return fitting.find(({ stat }) => stat.unit === 'ratio') ?? fitting[0] ?? candidates[0];
}

/** Parses one limit; throws BAD_OPTION_VALUE with what would be right. */
export function parseThreshold(
  text: string,
  severity: Severity,
  option: string,
  sections: readonly Section[],
): Threshold {
  const bad = (detail: string, fix: string): CodoperfError =>
    new CodoperfError('BAD_OPTION_VALUE', { option, detail, value: text, fix });
  const match = FORM.exec(text.trim());
  if (match === null) {
    throw bad(
      'a limit is NAME>NUMBER or NAME<NUMBER with an optional unit',
      "Write for example cpu=85, 'memory.available<5%' or 'disk.wait>20ms'.",
    );
  }
  const [, name, subject, sign, number, unit] = match;
  const names = thresholdNames(sections);
  const candidates = names.get(shorthands[name] ?? name);
  if (candidates === undefined) {
    throw bad(`'${name}' is not a statistic that is watched`, `Choose one of ${examples(names)}.`);
  }
  const found = choose(candidates, unit);
  const scale = scaleFor(found.stat.unit, unit);
  if (scale === undefined)
    throw bad(
      `'${unit}' does not fit ${found.stat.name}, which is in ${found.stat.unit}`,
      `Give it in ${found.stat.unit}.`,
    );
  return { severity, text, ...found, subject, above: sign !== '<', limit: Number(number) * scale };
}

function examples(names: ReadonlyMap<string, unknown>): string {
  const short = [...names.keys()].filter((name) => !UNIT_SUFFIX.test(name) && name.split('.').length === 2);
  return `${short.slice(0, 12).join(', ')}, ... (the keys of the JSON report)`;
}

/** A ratio without a unit is in per cent, as in `cpu=85`. */
function scaleFor(statUnit: StatUnit, unit: string | undefined): number | undefined {
  if (unit === undefined) return statUnit === 'ratio' ? 0.01 : 1;
  const kind = unit === '%' ? 'ratio' : unit.endsWith('B') ? 'bytes' : 'seconds';
  const fits = statUnit === kind || (kind === 'bytes' && statUnit === 'bytes_per_second');
  return fits ? scales[unit] : undefined;
}

/** The limits that were crossed, one finding a subject; and those that nothing could be said about. */
export function checkThresholds(
  thresholds: readonly Threshold[],
  summarizer: Summarizer,
): { findings: Finding[]; unknown: string[] } {
  const findings: Finding[] = [];
  const unknown: string[] = [];
  for (const threshold of thresholds) {
    const { section, stat } = threshold;
    const state = summarizer.section(section.resource, section.key);
    const index = section.stats.indexOf(stat);
    let observed = 0;
    for (const row of state?.subjects() ?? []) {
      if (threshold.subject !== undefined && threshold.subject !== row.subject) continue;
      const value = row.distributions[index].mean();
      if (Number.isNaN(value)) continue;
      observed++;
      const crossed = threshold.above ? value > threshold.limit : value < threshold.limit;
      if (crossed) findings.push(findingOf(threshold, row.subject, value));
    }
    if (observed === 0) unknown.push(threshold.text);
  }
  return { findings, unknown };
}

function findingOf(
  { section, stat, severity, above, limit, text }: Threshold,
  subject: string,
  value: number,
): Finding {
  const name = [section.resource, section.key, stat.name].filter((part) => part !== '').join('.');
  const of = subject === '' ? '' : ` of ${subject}`;
  return {
    rule_id: `threshold:${text}`,
    severity,
    resource: section.resource,
    subject: subject === '' ? null : subject,
    summary: `${name}${of} is ${formatStat(value, stat.unit)}, ${above ? 'above' : 'below'} the limit of ${formatStat(limit, stat.unit)}.`,
    evidence: [{ stat: name, value, unit: stat.unit, limit }],
    recommendation: null,
  };
}

/** A value in words by its unit. */
export function formatStat(value: number, unit: StatUnit): string {
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'bytes_per_second') return `${formatBytes(value)}/s`;
  if (unit === 'seconds') return formatSeconds(value);
  if (unit === 'per_second') return `${threeDigits(value)}/s`;
  return unit === 'count' ? threeDigits(value) : `${threeDigits(value)} ${unit}`;
}
