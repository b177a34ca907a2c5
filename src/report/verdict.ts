/**
 * Is something short, and who uses it? One line a resource with utilisation, saturation and errors side
 * by side (Gregg's USE method), pressure first. Utilisation alone is never more than `info`; a warning
 * needs a saturation or error signal of the same resource, except where a resource can run out.
 */
import type { Finding, Severity } from './finding.ts';
import { bySeverity } from './finding.ts';
import type { Resource } from './section.ts';
import type { Summarizer } from './summarizer.ts';
import type { Consumers } from './consumers.ts';
import { consumersOf } from './consumers.ts';
import type { Judge, Judgement, Observed } from './judgement.ts';
import { judgeCpu } from './judges/cpu.ts';
import { judgeDisk } from './judges/disk.ts';
import { judgeMemory } from './judges/memory.ts';
import { judgeNetwork } from './judges/network.ts';
import { judgeNode } from './judges/nodejs.ts';
import type { NodeLedger, NodeUse } from './node-ledger.ts';
import type { ProcessLedger } from './process-ledger.ts';

/** State of one resource. */
export interface ResourceVerdict {
  resource: Resource;
  status: 'ok' | Severity | 'unknown';
  /** How busy it is, in words with what 100 % means. */
  utilisation: string;
  /** Whether work waits for it. */
  saturation: string;
  errors: string;
  /** Who uses most of it; `null` when that is not known. */
  top: string | null;
}

/** The answer of the first screen. */
export interface Verdict {
  status: 'ok' | Severity | 'unknown';
  /** One sentence. */
  summary: string;
  resources: ResourceVerdict[];
}

/** The observed figures of a summarizer. */
function observe(
  summarizer: Summarizer,
  windowSeconds: number,
  consumers: Consumers,
  nodes: readonly NodeUse[],
): Observed {
  return {
    mean: (resource, key, stat, subject = '') => summarizer.find(resource, key, subject, stat)?.mean() ?? Number.NaN,
    last: (resource, key, stat, subject = '') => summarizer.find(resource, key, subject, stat)?.last ?? Number.NaN,
    p95: (resource, key, stat, subject = '') =>
      summarizer.find(resource, key, subject, stat)?.summary().p95 ?? Number.NaN,
    subjects: (resource, key) =>
      [...(summarizer.section(resource, key)?.subjects() ?? [])].map(({ subject }) => subject),
    windowSeconds,
    consumers,
    nodes,
  };
}

const judges: readonly (readonly [Resource & ('cpu' | 'memory' | 'disk' | 'network'), Judge])[] = [
  ['cpu', judgeCpu],
  ['memory', judgeMemory],
  ['disk', judgeDisk],
  ['network', judgeNetwork],
];

/** Judges the resources of a monitor type (`all`, or one of them), and Node.js where a process of it was seen. */
export function judge(
  summarizer: Summarizer,
  windowSeconds: number,
  processes: ProcessLedger,
  type: string,
  nodes?: NodeLedger,
): ReturnType<typeof verdictOf> {
  const observed = observe(summarizer, windowSeconds, consumersOf(processes), nodes?.uses() ?? []);
  const watched: (readonly [Resource, Judge])[] = judges.filter(([resource]) => type === 'all' || type === resource);
  if (observed.nodes.length > 0) watched.push(['nodejs', judgeNode]);
  return verdictOf(watched.map(([resource, each]) => [resource, each(observed)]));
}

/** Joins the judgements of the resources that were watched. */
export function verdictOf(judgements: readonly (readonly [Resource, Judgement])[]): {
  verdict: Verdict;
  findings: Finding[];
} {
  const findings = bySeverity(judgements.flatMap(([, { findings: each }]) => each));
  const lines = judgements.map(([resource, judgement]): ResourceVerdict => {
    const worst = bySeverity(judgement.findings)[0]?.severity;
    const { utilisation, saturation, errors, top } = judgement;
    return { resource, status: worst ?? (judgement.known ? 'ok' : 'unknown'), utilisation, saturation, errors, top };
  });
  return { verdict: { ...sentence(findings, lines), resources: lines }, findings };
}

function sentence(
  findings: readonly Finding[],
  lines: readonly ResourceVerdict[],
): Pick<Verdict, 'status' | 'summary'> {
  const serious = findings.filter(({ severity }) => severity !== 'info');
  if (serious.length > 0) {
    const more = serious.length > 1 ? ` (and ${serious.length - 1} more, below)` : '';
    return { status: serious[0].severity, summary: `${serious[0].summary}${more}` };
  }
  const unknown = lines.filter(({ status }) => status === 'unknown').map(({ resource }) => resource);
  if (unknown.length === lines.length) {
    return { status: 'unknown', summary: 'Cannot tell: none of the figures could be read.' };
  }
  const blind = unknown.length > 0 ? ` Cannot tell about ${unknown.join(', ')}: no figures.` : '';
  const status = findings.length > 0 ? 'info' : 'ok';
  return { status, summary: `Nothing is short${findings.length > 0 ? `; ${findings[0].summary}` : '.'}${blind}` };
}
