/** Rules put together: built-in ones and those of users, with what explains what. */
import type { ReadRules } from './read-rules.ts';
import type { RuleEntry, RuleProblem } from './rule.ts';

/** A rule: its entries share the identifier, the mildest first. */
export interface Rule {
  readonly id: string;
  readonly entries: readonly RuleEntry[];
}

/** A cause and what it explains. */
export interface Explanation {
  readonly cause: string;
  readonly symptom: string;
  /** Labels that must be equal. */
  readonly on: readonly string[];
}

/** Every rule that is valid. */
export interface RulePack {
  /** By identifier. */
  readonly rules: readonly Rule[];
  /** Without cycles. */
  readonly explanations: readonly Explanation[];
  readonly problems: readonly RuleProblem[];
  /** Identifiers of built-in rules whose place a user's rule has taken. */
  readonly replaced: readonly string[];
}

/** Puts rules together; one of a user takes the place of the built-in one with its identifier. */
export function assemblePack(builtIn: readonly ReadRules[], users: readonly ReadRules[] = []): RulePack {
  const problems = [...builtIn, ...users].flatMap((each) => each.problems);
  const ours = unique(builtIn, problems);
  const theirs = unique(users, problems);
  const byId = new Map([...ours, ...theirs]);
  const rules = [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const replaced = [...theirs.keys()].filter((id) => ours.has(id));
  return { rules, explanations: acyclic(rules, byId, problems), problems, replaced };
}

/** The rules of some files by identifier; an identifier belongs to one file, an alert's name to one entry. */
function unique(files: readonly ReadRules[], problems: RuleProblem[]): Map<string, Rule> {
  const rules = new Map<string, RuleEntry[]>();
  const alerts = new Map<string, RuleEntry>();
  for (const entry of files.flatMap(({ entries }) => entries)) {
    const { id, alert, severity, place } = entry;
    const known = rules.get(id) ?? [];
    const twin =
      known.find((each) => each.place.file !== place.file || each.severity === severity) ?? alerts.get(alert);
    if (twin !== undefined) {
      const what = twin.id === id ? `rule ${id} with this severity` : `an alert ${alert}`;
      const name = twin.place.file === place.file ? what : twin.id === id ? `rule ${id}` : what;
      const where = `${twin.place.file}:${twin.place.line}`;
      problems.push({ file: place.file, line: place.line, text: `${name} is there already (${where})` });
      continue;
    }
    alerts.set(alert, entry);
    rules.set(id, [...known, entry]);
  }
  return new Map([...rules].map(([id, entries]) => [id, { id, entries: entries.toSorted(bySeverity) }]));
}

const order = ['info', 'warning', 'critical'];

function bySeverity(a: RuleEntry, b: RuleEntry): number {
  return order.indexOf(a.severity) - order.indexOf(b.severity);
}

/** What explains what; an explanation that closes a circle, or whose symptom no rule finds, is reported and dropped. */
function acyclic(rules: readonly Rule[], byId: ReadonlyMap<string, Rule>, problems: RuleProblem[]): Explanation[] {
  const kept: Explanation[] = [];
  for (const { cause, symptom, on, entry } of explanationsOf(rules)) {
    const say = (text: string): void =>
      void problems.push({ file: entry.place.file, line: entry.place.lineOf('explains'), text });
    if (!byId.has(symptom)) {
      say(`explains names a rule that is not there: ${symptom}`);
      continue;
    }
    const circle = pathBetween(symptom, cause, kept);
    if (circle === undefined) kept.push({ cause, symptom, on });
    else say(`explains makes a circle of causes: ${[cause, ...circle].join(' -> ')}`);
  }
  return kept;
}

function explanationsOf(rules: readonly Rule[]): (Explanation & { entry: RuleEntry })[] {
  const seen = new Set<string>();
  return rules.flatMap(({ id, entries }) =>
    entries.flatMap((entry) =>
      entry.explains
        .filter((symptom) => seen.size !== seen.add(`${id} ${symptom}`).size)
        .map((symptom) => ({ cause: id, symptom, on: entry.explainsOn, entry })),
    ),
  );
}

/** The way from one rule to another over what is explained. */
function pathBetween(from: string, to: string, edges: readonly Explanation[]): string[] | undefined {
  if (from === to) return [from];
  for (const { cause, symptom } of edges) {
    if (cause !== from) continue;
    const rest = pathBetween(symptom, to, edges);
    if (rest !== undefined) return [from, ...rest];
  }
  return undefined;
}
