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

/** What a judge of one resource gets. */
export interface Observed {
  /** Mean over the window of `resource.key.subject.stat`; NaN when never observed. */
  mean(resource: Resource, key: string, stat: string, subject?: string): number;
  /** Last value. */
  last(resource: Resource, key: string, stat: string, subject?: string): number;
  /** Subjects of a section. */
  subjects(resource: Resource, key: string): string[];
  readonly windowSeconds: number;
  readonly consumers: Consumers;
}

/** What a judge answers. */
export interface Judgement {
  readonly utilisation: string;
  readonly saturation: string;
  readonly errors: string;
  readonly top: string | null;
  readonly findings: readonly Finding[];
  /** False when not one of its figures was there. */
  readonly known: boolean;
}

/** Judges one resource. */
export type Judge = (observed: Observed) => Judgement;

/** The observed figures of a summarizer. */
export function observe(summarizer: Summarizer, windowSeconds: number, consumers: Consumers): Observed {
  return {
    mean: (resource, key, stat, subject = '') => summarizer.find(resource, key, subject, stat)?.mean() ?? Number.NaN,
    last: (resource, key, stat, subject = '') => summarizer.find(resource, key, subject, stat)?.last ?? Number.NaN,
    subjects: (resource, key) =>
      [...(summarizer.section(resource, key)?.subjects() ?? [])].map(({ subject }) => subject),
    windowSeconds,
    consumers,
  };
}

/** Joins the judgements of the resources that were watched. */
export function verdictOf(judgements: readonly (readonly [Resource, Judgement])[]): {
  verdict: Verdict;
  findings: Finding[];
} {
  const findings = bySeverity(judgements.flatMap(([, { findings: each }]) => each));
  const lines = judgements.map(([resource, judgement]): ResourceVerdict => {
    const worst = bySeverity(judgement.findings)[0]?.severity ?? 'ok';
    const { utilisation, saturation, errors, top } = judgement;
    return { resource, status: judgement.known ? worst : 'unknown', utilisation, saturation, errors, top };
  });
  return { verdict: { ...sentence(findings, lines), resources: lines }, findings };
}

function sentence(findings: readonly Finding[], lines: readonly ResourceVerdict[]): Pick<Verdict, 'status' | 'summary'> {
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
