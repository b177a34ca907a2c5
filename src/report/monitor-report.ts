/**
 * The one model of what `monitor-stats` found. JSON is this object; text, CSV and the rest are views of it.
 * Keys of the schema are always there; `null` means that the value is not known.
 */
import type { Summary } from './distribution.ts';
import type { Finding } from './finding.ts';
import type { Resource, Stat } from './section.ts';
import { resources } from './section.ts';
import { sections } from './sections.gen.ts';
import type { SectionState, SubjectRow, Summarizer } from './summarizer.ts';
import type { ProcessLedger } from './process-ledger.ts';
import { processOrders } from './process-ledger.ts';
import type { Verdict } from './verdict.ts';

/** A statistic over the window with its unit. */
export interface ReportedStat extends Summary {
  unit: string;
}

/** Statistics by name. */
export type StatGroup = Record<string, ReportedStat>;

/** The host as far as it told about itself. */
export interface HostFacts {
  hostname: string | null;
  kernel: string | null;
  machine: string | null;
  cpus_online: number | null;
  memory_bytes: number | null;
  boot_time: string | null;
}

/** The window of observation. */
export interface ReportWindow {
  start: string;
  end: string;
  duration_seconds: number;
  /** As asked for. */
  interval_seconds: number;
  /** Longer than asked for when codoperf exceeded its own budget. */
  effective_interval_seconds: number;
  samples: number;
  missed: number;
  gaps: number;
  interrupted: boolean;
}

/** What one collector did. */
export interface CollectorReport {
  name: string;
  success: boolean;
  failure: string | null;
  /** Time of its last read. */
  duration_seconds: number;
  /** Figures by outcome since the start. */
  outcomes: Record<string, number>;
}

/** What codoperf itself cost; the ratio is of one core. */
export interface Overhead {
  cpu_seconds: number;
  cpu_ratio: number | null;
  max_rss_bytes: number;
}

/** The result of `monitor-stats`. */
export interface MonitorReport {
  schema: 'codoperf/monitor-stats@1';
  version: string;
  monitor_type: string;
  host: HostFacts;
  window: ReportWindow;
  verdict: Verdict;
  resources: Record<Resource, unknown>;
  findings: Finding[];
  collectors: CollectorReport[];
  overhead: Overhead;
}

/**
 * `resources` of the report: a group a section, at its place. Resources that were not watched are `null`,
 * and so are sections of watched ones that were not asked for (`--verbose`, `--pid`).
 */
export function resourcesOf(
  summarizer: Summarizer,
  processes: ProcessLedger,
  verbose: boolean,
): Record<Resource, unknown> {
  const tree = emptyResources(summarizer);
  for (const state of summarizer.sections) {
    const { section } = state;
    if (section.verbose === true && !verbose) continue;
    const place = tree[section.resource] as Record<string, unknown>;
    if (section.subject !== undefined) place[section.key] = groupsOf(state);
    else if (section.key === '') Object.assign(place, groupOf(section.stats, state.subject('')));
    else place[section.key] = groupOf(section.stats, state.subject(''));
  }
  Object.assign(tree.processes as object, processesOf(processes, verbose ? TOP_VERBOSE : TOP));
  return tree;
}

/** The resources with the keys of their sections, in the order of the registry, and nothing in them yet. */
export function emptyResources(summarizer: Summarizer): Record<Resource, Record<string, unknown> | null> {
  const watched = new Set<Resource>(summarizer.sections.map(({ section }) => section.resource));
  const tree = Object.fromEntries(
    resources.map((name) => [name, watched.has(name) || name === 'processes' ? {} : null]),
  ) as Record<Resource, Record<string, unknown> | null>;
  for (const { resource, key } of sections) {
    const place = tree[resource];
    if (place !== null && key !== '') place[key] = null;
  }
  return tree;
}

const TOP = 5;
const TOP_VERBOSE = 20;

function processesOf(ledger: ProcessLedger, count: number): Record<string, unknown> {
  const tops = processOrders.map((order) => [`top_${order}`, ledger.top(order, count)] as const);
  return { count: ledger.count > 0 ? ledger.count : null, ...Object.fromEntries(tops) };
}

function groupsOf(state: SectionState): Record<string, StatGroup> {
  const groups: [string, StatGroup][] = [];
  for (const row of state.subjects()) groups.push([row.subject, groupOf(state.section.stats, row)]);
  // Object.fromEntries makes own properties even of names such as `__proto__`.
  return Object.fromEntries(groups);
}

const nothing: Summary = { min: null, mean: null, p50: null, p95: null, p99: null, max: null, last: null, samples: 0 };

function groupOf(stats: readonly Stat[], row: SubjectRow | undefined): StatGroup {
  return Object.fromEntries(
    stats.map(({ name, unit }, i) => [
      name,
      { unit, ...(row === undefined ? nothing : row.distributions[i].summary()) },
    ]),
  );
}
