/** Something that is wrong, or beyond a limit the user set. */

/** How bad it is; `info` never alerts. */
export type Severity = 'info' | 'warning' | 'critical';

/** A finding as every command reports it. */
export interface Finding {
  /** Stable identifier: `cpu.psi`, `threshold`. */
  rule_id: string;
  severity: Severity;
  resource: string;
  /** Device, mount point, process; `null` when the resource as a whole. */
  subject: string | null;
  /** What is wrong, in one sentence. */
  summary: string;
  /** Values that show it. */
  evidence: { stat: string; value: number | null; unit: string; limit: number | null }[];
  /** What to do, with the exact command; `null` for a limit that the user set. */
  recommendation: string | null;
}

const rank: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

/** Most severe first; equal ones keep their order. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => rank[b.severity] - rank[a.severity]);
}

/** Whether one of the findings is at least as severe as `severity`. */
export function anyAtLeast(findings: readonly Finding[], severity: Severity): boolean {
  return findings.some((finding) => rank[finding.severity] >= rank[severity]);
}
