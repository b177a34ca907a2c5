/** The diagnosis: every rule over the same data, symptoms under their causes, the worst first, and one sentence. */
import type { Querier } from '../../core/querier.ts';
import { type CannotTell, grouped, type Obstacle } from './cannot-tell.ts';
import { longestLook } from './clamp.ts';
import { Evaluator } from './evaluate.ts';
import { merged, type RuleFinding, weight } from './finding.ts';
import { folded } from './fold.ts';
import { metricsOf } from './metrics-of.ts';
import type { Rule, RulePack } from './pack.ts';
import type { RuleEntry, RuleResource } from './rule.ts';
import type { Surveyor } from './survey.ts';

/** What to diagnose, and by which rules. */
export interface DiagnosisInput {
  readonly pack: RulePack;
  readonly querier: Querier;
  readonly surveyor: Surveyor;
  /** The moment that is judged, in Unix ms. */
  readonly atMs: number;
  /** Begin of the window: how far back "since" looks. */
  readonly startMs: number;
  /** Measured just now on this host. */
  readonly live: boolean;
  /** Only rules about these. */
  readonly resources?: readonly RuleResource[];
  /** Rules evaluated at the same time; 1 unless a server does the work. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** What became of a rule: `fired`, `silent`, or it could not tell. */
export interface LookedAt {
  readonly rule_id: string;
  readonly state: 'fired' | 'silent' | 'cannot_tell' | 'failed';
  readonly reason: string | null;
}

/** The answer. */
export interface Diagnosis {
  readonly status: 'ok' | 'info' | 'warning' | 'critical' | 'unknown';
  readonly summary: string;
  /** Ranked; symptoms stand under their causes. */
  readonly findings: readonly RuleFinding[];
  readonly cannotTell: readonly CannotTell[];
  readonly rules: readonly LookedAt[];
  readonly notes: readonly string[];
}

/** Runs every rule of the pack. */
export async function diagnose(input: DiagnosisInput): Promise<Diagnosis> {
  const { pack, resources, surveyor, atMs, concurrency = 1 } = input;
  const rules = rulesAbout(pack, resources);
  const queries = rules.flatMap(({ entries }) => entries.flatMap(queriesOf));
  const horizonMs = Math.max(LOOKBACK_MS, atMs - input.startMs, ...queries.map(longestLook));
  const survey = await surveyor([...metricsOfRules(rules)], atMs, horizonMs).catch((error: unknown) => {
    // Ended early: the rules say so.
    if (input.signal?.aborted === true) return new Map();
    throw error;
  });
  const evaluator = new Evaluator({ ...input, survey });
  const outcomes = await pooled(rules, concurrency, (rule) => evaluator.rule(rule));
  const findings = folded(merged(outcomes.flatMap((each) => each.findings)), pack.explanations);
  const cannotTell = grouped(
    outcomes.flatMap(({ obstacles }, i) => obstacles.map((obstacle) => ({ rule: rules[i].id, obstacle }))),
  );
  const looked = rules.map(({ id }, i) => lookedAt(id, outcomes[i]));
  return {
    ...sentence(findings, cannotTell, looked),
    findings,
    cannotTell,
    rules: looked,
    notes: outcomes.flatMap(({ notes }) => notes),
  };
}

/** An instant selector looks back that far. */
const LOOKBACK_MS = 300_000;

function queriesOf({ query, impact, evidence }: RuleEntry): RuleEntry['query']['tree'][] {
  return [query, ...(impact === undefined ? [] : [impact]), ...evidence].map(({ tree }) => tree);
}

/** The rules about some resources; all of them when none is named. */
export function rulesAbout({ rules }: RulePack, resources: readonly RuleResource[] | undefined): readonly Rule[] {
  return rules.filter(({ entries }) => resources === undefined || resources.includes(entries[0].resource));
}

/** Every metric that rules, their evidence and their needs name. */
export function metricsOfRules(rules: readonly Rule[]): Set<string> {
  const entries = rules.flatMap((rule) => rule.entries);
  const read = entries.flatMap(queriesOf).flatMap((tree) => metricsOf(tree).map(({ metric }) => metric));
  return new Set([...read, ...entries.flatMap(({ needs }) => needs ?? [])]);
}

async function pooled<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

function lookedAt(
  rule_id: string,
  outcome: { findings: readonly RuleFinding[]; obstacles: readonly Obstacle[]; notes: readonly string[] },
): LookedAt {
  const { findings, obstacles, notes } = outcome;
  if (findings.length > 0) return { rule_id, state: 'fired', reason: notes[0] ?? null };
  if (obstacles.length > 0) {
    const metrics = [...new Set(obstacles.flatMap((each) => each.metrics))].join(', ');
    const { reason } = obstacles[0];
    return { rule_id, state: 'cannot_tell', reason: metrics === '' ? reason : `${metrics}: ${reason}` };
  }
  if (notes.length > 0) return { rule_id, state: 'failed', reason: notes[0] };
  return { rule_id, state: 'silent', reason: null };
}

const statuses = ['info', 'warning', 'critical'] as const;

function sentence(
  findings: readonly RuleFinding[],
  cannotTell: readonly CannotTell[],
  looked: readonly LookedAt[],
): Pick<Diagnosis, 'status' | 'summary'> {
  const blind = cannotTell.filter(({ nothing_there }) => !nothing_there);
  if (looked.every(({ state }) => state === 'cannot_tell' || state === 'failed')) {
    const why = blind[0]?.reason ?? cannotTell[0]?.reason ?? 'no rule could be evaluated';
    return { status: 'unknown', summary: `Cannot tell, because ${why}.` };
  }
  const serious = findings.filter((finding) => weight(finding) > 0);
  if (serious.length > 0) {
    const more = serious.length === 1 ? '' : ` (and ${serious.length - 1} more, below)`;
    return { status: statuses[weight(serious[0])], summary: `${serious[0].summary}${more}` };
  }
  const rules = blind.reduce((sum, each) => sum + each.rules.length, 0);
  const but = rules === 0 ? '' : ` ${rules} rule${rules === 1 ? '' : 's'} cannot tell, because ${blind[0].reason}.`;
  const status = findings.length > 0 ? 'info' : 'ok';
  return { status, summary: `Nothing is wrong${findings.length > 0 ? `; ${lower(findings[0].summary)}` : '.'}${but}` };
}

function lower(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
