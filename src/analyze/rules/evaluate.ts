/** Evaluates one rule: what it finds, or why it finds nothing. A failing expression is a note, never an end. */
import type { Querier } from '../../core/querier.ts';
import { type Expr, isComparison, withoutParens } from '../../query/promql/ast.ts';
import { printPromql } from '../../query/promql/print.ts';
import { absentMetric, type Obstacle } from './cannot-tell.ts';
import { clamp, longestLook, type Clamped } from './clamp.ts';
import type { RuleEvidence, RuleFinding } from './finding.ts';
import { lacking, metricsOf, type MetricUse } from './metrics-of.ts';
import type { Rule } from './pack.ts';
import { firstMoments, labelsKey, type Row, rowsAbout, rowsOf } from './rows.ts';
import type { RuleEntry, RuleQuery } from './rule.ts';
import type { Survey } from './survey.ts';
import { unitOf } from './units.ts';

/** What rules are evaluated over. */
export interface Evaluation {
  readonly querier: Querier;
  readonly survey: Survey;
  readonly atMs: number;
  /** Begin of the window, for "since". */
  readonly startMs: number;
  /** The series are measured now: `live_for` counts. */
  readonly live: boolean;
  readonly signal?: AbortSignal;
}

/** What became of a rule. */
export interface RuleOutcome {
  readonly findings: readonly RuleFinding[];
  /** Why it cannot tell. */
  readonly obstacles: readonly Obstacle[];
  /** What went wrong, or was left out. */
  readonly notes: readonly string[];
}

/** Subjects of a rule that are reported; what has more is told so. */
const MAX_SUBJECTS = 25;
const MAX_EVIDENCE_ROWS = 3;
/** A metric is stale when its last sample is this many intervals old. */
const STALE_INTERVALS = 5;
const STALE_MS = 300_000;
/** Moments at which it is tried when something began. */
const SINCE_STEPS = 30;
const SHORT_SHARE = 0.1;

const endedEarly: Obstacle = { reason: 'it was ended before', metrics: [], nothingThere: false };

/** Evaluates rules over the same data; what several ask is asked once. */
export class Evaluator {
  private readonly evaluation: Evaluation;
  private readonly asked = new Map<string, Promise<readonly Row[]>>();

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
  }

  /** Evaluates every entry of a rule. */
  async rule(rule: Rule): Promise<RuleOutcome> {
    const findings: RuleFinding[] = [];
    const obstacles: Obstacle[] = [];
    const notes: string[] = [];
    for (const entry of rule.entries) {
      try {
        this.evaluation.signal?.throwIfAborted();
        const lacks = this.obstacles(entry);
        if (lacks.length > 0) obstacles.push(...lacks);
        else findings.push(...(await this.entry(entry, notes)));
      } catch (error) {
        if (this.evaluation.signal?.aborted === true) obstacles.push(endedEarly);
        else notes.push(`${rule.id} (${entry.severity}) could not be evaluated: ${(error as Error).message}`);
      }
    }
    return { findings, obstacles, notes: [...new Set(notes)] };
  }

  private obstacles({ query, needs }: RuleEntry): Obstacle[] {
    const wrong = (use: MetricUse): Obstacle | undefined => this.obstacle(use);
    const uses = metricsOf(query.tree);
    const ranged = (metric: string): boolean => uses.some((use) => use.metric === metric && use.ranged);
    const found =
      needs === undefined
        ? lacking(query.tree, wrong)
        : needs.flatMap((metric) => wrong({ metric, ranged: ranged(metric) }) ?? []);
    if (found.length > 0) return found;
    const { lacksMs } = this.fit(query);
    if (lacksMs === undefined) return [];
    return [{ reason: `needs data of the last ${spelled(lacksMs)}`, metrics: [], nothingThere: false }];
  }

  private obstacle({ metric, ranged }: MetricUse): Obstacle | undefined {
    const { survey, live, atMs } = this.evaluation;
    const facts = survey.get(metric);
    if (facts === undefined) return absentMetric(metric, live);
    const { samples, lastMs, intervalMs } = facts;
    const patience = Number.isNaN(intervalMs)
      ? STALE_MS
      : Math.min(STALE_MS, Math.max(intervalMs * STALE_INTERVALS, 10_000));
    if (atMs - lastMs > Math.max(patience, intervalMs || 0)) {
      return { reason: 'the last samples are too old', metrics: [metric], nothingThere: false };
    }
    if (ranged && samples < 2)
      return { reason: 'there is one sample only, and what changes needs two', metrics: [metric], nothingThere: false };
    return undefined;
  }

  private fit({ tree }: RuleQuery, atMs = this.evaluation.atMs, longestMs?: number): Clamped {
    return clamp(tree, { survey: this.evaluation.survey, atMs, longestMs });
  }

  private async entry(entry: RuleEntry, notes: string[]): Promise<RuleFinding[]> {
    const { text } = this.fit(entry.query);
    const rows = await this.lasting(entry, await this.ask(text, this.evaluation.atMs));
    if (rows.length === 0) return [];
    const worst = rows.toSorted(falling(entry.query.tree) ? (a, b) => a.value - b.value : (a, b) => b.value - a.value);
    if (rows.length > MAX_SUBJECTS)
      notes.push(`${entry.id} holds for ${rows.length} subjects; the ${MAX_SUBJECTS} worst are reported`);
    const since = await this.since(entry);
    return Promise.all(worst.slice(0, MAX_SUBJECTS).map((row) => this.finding(entry, row, text, since)));
  }

  private ask(text: string, atMs: number): Promise<readonly Row[]> {
    const key = `${atMs} ${text}`;
    const known = this.asked.get(key);
    if (known !== undefined) return known;
    const { querier, signal } = this.evaluation;
    const answer = querier.instant(text, atMs, { signal }).then(rowsOf);
    this.asked.set(key, answer);
    return answer;
  }

  /** The rows that held at the moments before, too, where the data reach back. */
  private async lasting({ query, liveForMs }: RuleEntry, rows: readonly Row[]): Promise<readonly Row[]> {
    const { live, atMs } = this.evaluation;
    if (!live || liveForMs === 0) return rows;
    let left = rows;
    for (const moment of [atMs - liveForMs / 2, atMs - liveForMs]) {
      if (left.length === 0 || moment <= this.evaluableFrom(query)) break;
      const then = await this.ask(this.fit(query, moment).text, moment);
      const keys = new Set(then.map(({ labels }) => labelsKey(labels)));
      left = left.filter(({ labels }) => keys.has(labelsKey(labels)));
    }
    return left;
  }

  /** The first moment at which the expression has enough samples. */
  private evaluableFrom({ tree }: RuleQuery): number {
    const { survey } = this.evaluation;
    const from = lacking(tree, ({ metric, ranged }) => {
      const facts = survey.get(metric);
      return facts === undefined ? undefined : facts.firstMs + (ranged ? 4 * (facts.intervalMs || 0) : 0);
    });
    return Math.max(this.evaluation.startMs, ...from);
  }

  /** When each subject began to be found, by its labels; nothing when the data do not tell. */
  private async since({ query, forMs }: RuleEntry): Promise<ReadonlyMap<string, number>> {
    const { querier, atMs, startMs, signal } = this.evaluation;
    const from = this.evaluableFrom(query);
    const stepMs = Math.max(1, Math.round((atMs - from) / SINCE_STEPS));
    if (atMs - from < stepMs || longestLook(query.tree) === 0) return new Map();
    const { text } = this.fit(query, atMs, Math.max((atMs - startMs) * SHORT_SHARE, forMs > 0 ? 1 : 0));
    try {
      return firstMoments(
        await querier.range(text, atMs - stepMs * Math.floor((atMs - from) / stepMs), atMs, stepMs, { signal }),
      );
    } catch {
      // It only tells when it began; that it holds is known.
      return new Map();
    }
  }

  private async finding(
    entry: RuleEntry,
    row: Row,
    expr: string,
    since: ReadonlyMap<string, number>,
  ): Promise<RuleFinding> {
    const { labels } = row;
    const began = since.get(labelsKey(labels));
    const subject = entry.subject?.render(row) ?? '';
    return {
      rule_id: entry.id,
      severity: entry.severity,
      resource: entry.resource,
      subject: subject === '' ? null : subject,
      summary: entry.summary.render(row),
      evidence: await this.evidence(entry, row, expr),
      recommendation: entry.recommendation?.render(row) ?? null,
      instance: labels.instance ?? null,
      labels,
      since: began === undefined ? null : new Date(began).toISOString(),
      impact: await this.impact(entry, row),
      cause: entry.cause?.render(row) ?? null,
      verify: entry.verify?.render(row) ?? null,
      source: entry.source,
      confidence: entry.confidence,
      symptoms: [],
    };
  }

  private async impact({ impact }: RuleEntry, { labels }: Row): Promise<number | null> {
    if (impact === undefined) return null;
    const rows = await this.tolerant(impact);
    const values = rowsAbout(labels, rows).flatMap(({ value }) => (Number.isNaN(value) ? [] : [value]));
    return values.length === 0 ? null : Math.min(1, Math.max(0, ...values));
  }

  private async evidence(entry: RuleEntry, row: Row, expr: string): Promise<RuleEvidence[]> {
    const threshold = thresholdOf(entry.query.tree);
    const lists = await Promise.all(
      entry.evidence.map(async (query) => {
        const rows = rowsAbout(row.labels, await this.tolerant(query));
        const limit = threshold !== undefined && printPromql(query.tree) === threshold.of ? threshold.limit : null;
        return rows
          .toSorted((a, b) => b.value - a.value)
          .slice(0, MAX_EVIDENCE_ROWS)
          .map(({ labels, value }) => ({
            stat: query.name,
            expr: this.fit(query).text,
            labels,
            value: Number.isFinite(value) ? value : null,
            unit: unitOf(query.tree),
            limit,
          }));
      }),
    );
    const all = lists.flat();
    if (all.length > 0) return all;
    const value = Number.isFinite(row.value) ? row.value : null;
    const unit = unitOf(entry.query.tree);
    return [{ stat: entry.alert, expr, labels: row.labels, value, unit, limit: threshold?.limit ?? null }];
  }

  /** Evidence that cannot be had takes nothing from the finding. */
  private tolerant(query: RuleQuery): Promise<readonly Row[]> {
    return this.ask(this.fit(query).text, this.evaluation.atMs).catch(() => []);
  }
}

/** The comparison that decides: that of `a > 1`, and of `a > 1 and b`. */
function comparisonOf(tree: Expr): Extract<Expr, { type: 'binary' }> | undefined {
  const bare = withoutParens(tree);
  if (bare.type !== 'binary') return undefined;
  return isComparison(bare.op) ? bare : comparisonOf(bare.left);
}

/** Whether smaller values are worse. */
function falling(tree: Expr): boolean {
  const op = comparisonOf(tree)?.op;
  return op === '<' || op === '<=';
}

function thresholdOf(tree: Expr): { readonly of: string; readonly limit: number } | undefined {
  const comparison = comparisonOf(tree);
  if (comparison?.right.type !== 'number') return undefined;
  return { of: printPromql(withoutParens(comparison.left)), limit: comparison.right.value };
}

function spelled(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 1 ? `${Number(hours.toFixed(1))} h` : `${Number((ms / 60_000).toFixed(1))} min`;
}
