/** The one model of what `analyze` found. JSON is this object; the text is a view of it. */
import type { CannotTell } from '../analyze/rules/cannot-tell.ts';
import type { Diagnosis, LookedAt } from '../analyze/rules/diagnose.ts';
import type { RuleFinding } from '../analyze/rules/finding.ts';
import type { RuleProblem } from '../analyze/rules/rule.ts';
import type { HostFacts, Overhead } from './monitor-report.ts';

/** Where the series came from. */
export type AnalysisSource =
  | { readonly kind: 'live' }
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly instance: string | null;
      readonly product: string;
      readonly version: string | null;
    };

/** The window that was judged. */
export interface AnalysisWindow {
  readonly start: string;
  readonly end: string;
  readonly duration_seconds: number;
  /** Of the loop; of what a server holds it is `null`. */
  readonly interval_seconds: number | null;
  readonly samples: number | null;
  readonly missed: number;
  readonly interrupted: boolean;
}

/** The result of `analyze`. */
export interface AnalysisReport {
  readonly schema: 'codoperf/analyze@1';
  readonly version: string;
  readonly source: AnalysisSource;
  readonly host: HostFacts;
  readonly window: AnalysisWindow;
  readonly verdict: Pick<Diagnosis, 'status' | 'summary'>;
  readonly findings: readonly RuleFinding[];
  readonly cannot_tell: readonly CannotTell[];
  readonly rules: readonly LookedAt[];
  readonly rule_problems: readonly RuleProblem[];
  readonly notes: readonly string[];
  readonly overhead: Overhead;
}

/** Every finding, those under a cause too. */
export function allFindings(findings: readonly RuleFinding[]): RuleFinding[] {
  return findings.flatMap((finding) => [finding, ...allFindings(finding.symptoms)]);
}
