/** Puts symptoms under their causes. */
import type { Explanation } from './pack.ts';
import { byRank, type RuleFinding } from './finding.ts';

/**
 * The findings that nothing explains, worst first, each with all that it explains, directly or over others. A symptom
 * of several causes stands under the worst of them.
 */
export function folded(findings: readonly RuleFinding[], explanations: readonly Explanation[]): RuleFinding[] {
  const ranked = findings.toSorted(byRank);
  const causeOf = new Map<RuleFinding, RuleFinding>();
  for (const symptom of ranked) {
    const cause = ranked.find((each) => each !== symptom && explains(each, symptom, explanations));
    if (cause !== undefined) causeOf.set(symptom, cause);
  }
  const under = new Map<RuleFinding, RuleFinding[]>();
  for (const symptom of causeOf.keys()) {
    const root = rootOf(symptom, causeOf);
    under.set(root, [...(under.get(root) ?? []), symptom]);
  }
  return ranked
    .filter((finding) => !causeOf.has(finding))
    .map((finding) => ({ ...finding, symptoms: under.get(finding) ?? [] }))
    .sort(byRank);
}

function explains(cause: RuleFinding, symptom: RuleFinding, explanations: readonly Explanation[]): boolean {
  return explanations.some(
    (each) =>
      each.cause === cause.rule_id &&
      each.symptom === symptom.rule_id &&
      hostOf(cause) === hostOf(symptom) &&
      each.on.every((label) => (cause.labels[label] ?? '') === (symptom.labels[label] ?? '')),
  );
}

/** Exporters of one host differ in their ports only. */
function hostOf({ instance }: RuleFinding): string {
  return (instance ?? '').replace(/:\d+$/, '');
}

/** Explanations have no circles, so this ends. */
function rootOf(finding: RuleFinding, causeOf: ReadonlyMap<RuleFinding, RuleFinding>): RuleFinding {
  const cause = causeOf.get(finding);
  return cause === undefined ? finding : rootOf(cause, causeOf);
}
