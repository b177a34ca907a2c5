/** Rules for people: a list of them, or all that stands in one. */
import type { Rule, RulePack } from '../analyze/rules/pack.ts';
import { type RuleEntry, ruleResources } from '../analyze/rules/rule.ts';
import { printable } from '../core/printable.ts';
import { renderTable, styled } from './text-table.ts';

/** How the text is laid out. */
export interface RuleTextLayout {
  readonly color: boolean;
  readonly columns: number;
}

/** Every rule with its severities and its sentence, by resource. */
export function renderRuleList({ rules }: RulePack, { color, columns }: RuleTextLayout): string {
  const blocks = ruleResources.flatMap((resource) => {
    const own = rules.filter(({ entries }) => entries[0].resource === resource);
    if (own.length === 0) return [];
    const rows = own.map(({ id, entries }) => [
      id,
      entries.map(({ severity }) => severity).join(', '),
      entries[0].summary.outline,
    ]);
    return [renderTable([resource, 'severity', 'finding'], rows, { color, columns, texts: new Set([0, 1, 2]) })];
  });
  return `${blocks.join('\n\n')}\n\n${rules.length} rules. \`codoperf explain RULE\` prints all of one.\n`;
}

/** Everything of a rule. */
export function renderRule({ id, entries }: Rule, pack: RulePack, { color }: RuleTextLayout): string {
  const [first] = entries;
  const line = (what: string, text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : [`${styled(what, 'bold', color)}\n${indented(text)}`];
  const explains = pack.explanations.filter(({ cause }) => cause === id);
  const explained = pack.explanations.filter(({ symptom }) => symptom === id);
  const blocks = [
    `${styled(id, 'bold', color)}  ${first.resource}, confidence ${first.confidence}\n${first.summary.outline}`,
    ...entries.flatMap((entry) => line(`${entry.severity} when`, entry.query.text + waits(entry))),
    ...line('Cause', first.cause?.text),
    ...line('Share of time lost', first.impact?.text),
    ...line('Evidence', first.evidence.map(({ name, text }) => `${name}: ${text}`).join('\n')),
    ...line('Recommendation', first.recommendation?.text),
    ...line('How to verify', first.verify?.text),
    ...line('Explains', explains.map(({ symptom, on }) => symptom + where(on)).join('\n')),
    ...line('Explained by', explained.map(({ cause, on }) => cause + where(on)).join('\n')),
    ...line('Needs', (first.needs ?? []).join(', ')),
    ...line('Source of the threshold', first.source),
    ...line('File', `${first.place.file}:${first.place.line}`),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function waits({ forMs, liveForMs }: RuleEntry): string {
  const parts = [
    forMs > 0 ? `an alert waits for ${forMs / 1000} s` : '',
    liveForMs > 0 ? `live it must hold for ${liveForMs / 1000} s` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `\n(${parts.join('; ')})`;
}

function where(on: readonly string[]): string {
  return on.length === 0 ? '' : ` (same ${on.join(', ')})`;
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `  ${printable(line)}`)
    .join('\n');
}
