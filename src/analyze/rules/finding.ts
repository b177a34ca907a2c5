/** What a diagnosis says of one thing that is wrong. A `RuleFinding` is a finding of the other commands, with more. */
import type { Labels } from '../../core/series.ts';
import type { Confidence, RuleResource, RuleSeverity } from './rule.ts';

/** A value that shows it. */
export interface RuleEvidence {
  readonly stat: string;
  /** The expression as it was evaluated. */
  readonly expr: string;
  /** Labels of the series, without its name. */
  readonly labels: Labels;
  /** `null` when it is no number. */
  readonly value: number | null;
  /** Empty when it cannot be told. */
  readonly unit: string;
  /** The threshold of this value; `null` when it has none. */
  readonly limit: number | null;
}

/** Something that is wrong, by a rule. */
export interface RuleFinding {
  readonly rule_id: string;
  readonly severity: RuleSeverity;
  readonly resource: RuleResource;
  /** Device, cgroup, process, cache; `null` for the resource as a whole. */
  readonly subject: string | null;
  readonly summary: string;
  readonly evidence: readonly RuleEvidence[];
  /** What to do, with the exact command. */
  readonly recommendation: string | null;
  /** The host, where several are looked at. */
  readonly instance: string | null;
  /** Labels of the series that it was found by. */
  readonly labels: Labels;
  /** The first moment of the window at which it held, RFC 3339; `null` when the data do not reach back. */
  readonly since: string | null;
  /** Share of time lost, 0 to 1; `null` when it cannot be told. */
  readonly impact: number | null;
  readonly cause: string | null;
  /** How to see that it has gone. */
  readonly verify: string | null;
  /** Of the threshold. */
  readonly source: string;
  readonly confidence: Confidence;
  /** What it explains. */
  readonly symptoms: readonly RuleFinding[];
}

const severities: readonly RuleSeverity[] = ['info', 'warning', 'critical'];
const confidences: readonly Confidence[] = ['low', 'medium', 'high'];

/** The severity of the worst of a finding and its symptoms, as a number. */
export function weight({ severity, symptoms }: RuleFinding): number {
  return Math.max(severities.indexOf(severity), ...symptoms.map(weight));
}

/** Worst first: by severity, share of time lost, confidence; causes before what stands alone. */
export function byRank(a: RuleFinding, b: RuleFinding): number {
  return (
    weight(b) - weight(a) ||
    (b.impact ?? 0) - (a.impact ?? 0) ||
    confidences.indexOf(b.confidence) - confidences.indexOf(a.confidence) ||
    b.symptoms.length - a.symptoms.length
  );
}

/** One finding for each rule and subject: the most severe. */
export function merged(findings: readonly RuleFinding[]): RuleFinding[] {
  const best = new Map<string, RuleFinding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule_id, finding.subject, finding.instance]);
    const known = best.get(key);
    if (known === undefined || weight(finding) > weight(known)) best.set(key, finding);
  }
  return [...best.values()];
}
