/** Cases of rules: see `rules.test.ts` for their format. */
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Diagnosis, diagnose } from '../../../src/analyze/rules/diagnose.ts';
import type { RuleFinding } from '../../../src/analyze/rules/finding.ts';
import { assemblePack, type RulePack } from '../../../src/analyze/rules/pack.ts';
import { readRuleFiles } from '../../../src/analyze/rules/rule-files.ts';
import { surveyorOf } from '../../../src/analyze/rules/survey.ts';
import { markStale } from '../../../src/core/stale.ts';
import { createQueryEngine } from '../../../src/query/engine.ts';
import { createMemorySource, type MemorySeries } from '../../../src/query/memory-source.ts';
import { durationMs } from '../../../src/query/promql/literals.ts';
import { seriesOf } from '../../query/support/promqltest.ts';

/** The rule pack of the repository. */
export const rulesFolder = path.resolve(import.meta.dirname, '../../../rules');
/** A folder for each rule, with its cases. */
const fixturesFolder = path.resolve(import.meta.dirname, '../../fixtures/rules');

/** A finding as a case expects it: only the keys it gives are compared. */
export interface ExpectedFinding {
  readonly rule_id?: string;
  readonly severity: string;
  readonly subject?: string | null;
  /** Part of the sentence. */
  readonly summary?: string;
  readonly recommendation?: string;
  /** Identifiers of the rules folded under it. */
  readonly symptoms?: readonly string[];
  readonly impact?: number | null;
}

/** One moment. */
export interface FindingsTest {
  readonly eval_time: string;
  /** Measured live: `live_for` counts. */
  readonly live?: boolean;
  readonly exp_findings: readonly ExpectedFinding[];
  /** Metrics that it says are missing, stale, or have one sample only. */
  readonly exp_cannot_tell?: readonly string[];
}

/** One test of a case. */
export interface RuleTest {
  readonly name?: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string; readonly interval?: string }[];
  readonly alert_rule_test?: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts?: readonly { readonly exp_labels?: Readonly<Record<string, string>> }[];
  }[];
  readonly findings_test: readonly FindingsTest[];
}

/** A file of cases. */
export interface RuleCase {
  readonly rule: string;
  readonly file: string;
  /** Rules that are evaluated beside the rule itself; `all` for the whole pack. */
  readonly rules?: readonly string[] | 'all';
  readonly evaluation_interval?: string;
  readonly tests: readonly RuleTest[];
}

/** The pack of the repository; what is wrong with it is in `problems`. */
export function builtInPack(): RulePack {
  return assemblePack(readRuleFiles(rulesFolder, { shownAs: 'rules' }));
}

/** Every case of every rule. */
export function ruleCases(): RuleCase[] {
  return fs.readdirSync(fixturesFolder).flatMap((rule) =>
    fs.readdirSync(path.join(fixturesFolder, rule)).map((file) => {
      const place = path.join(fixturesFolder, rule, file);
      return {
        ...(parse(fs.readFileSync(place, 'utf8')) as Omit<RuleCase, 'rule' | 'file'>),
        rule,
        file: path.basename(file, '.yml'),
      };
    }),
  );
}

/** The series of a test, beginning at a fixed moment. */
function seriesOfTest({ interval, input_series }: RuleTest): MemorySeries[] {
  return input_series.map(({ series, values, interval: own }) => {
    const { labels, points } = seriesOf(`${series} ${values.trim()}`);
    const kept = points.flatMap((point, i) => (point === null ? [] : [{ at: i * durationMs(own ?? interval), point }]));
    const column = Float64Array.from(kept, ({ point }) => (point === 'stale' ? 0 : point));
    for (const [i, { point }] of kept.entries()) if (point === 'stale') markStale(column, i);
    return { labels, timestamps_ms: kept.map(({ at }) => EPOCH_MS + at), values: column };
  });
}

/** Moment 0 of every test. */
const EPOCH_MS = 1_700_000_000_000;

/** The diagnosis of a test at one of its moments, by the rules of the case. */
export function diagnoseCase(
  { rule, rules = [] }: Pick<RuleCase, 'rule' | 'rules'>,
  test: RuleTest,
  { eval_time, live = true }: Pick<FindingsTest, 'eval_time' | 'live'>,
  pack: RulePack,
): Promise<Diagnosis> {
  const after = durationMs(eval_time);
  const spacings = [test.interval, ...test.input_series.flatMap(({ interval }) => interval ?? [])].map(durationMs);
  if (spacings.some((spacing) => after % spacing === 0))
    throw new Error(`eval_time ${eval_time} is on the grid of the samples: shift it, by 500ms for example`);
  const chosen = pack.rules.filter(({ id }) => rules === 'all' || id === rule || rules.includes(id));
  const source = createMemorySource(seriesOfTest(test));
  return diagnose({
    pack: { ...pack, rules: chosen },
    querier: createQueryEngine(source),
    surveyor: surveyorOf(source),
    atMs: EPOCH_MS + after,
    startMs: EPOCH_MS,
    live,
  });
}

/** What differs from the expectation, in words; empty when nothing does. */
export function differences(rule: string, { exp_findings, exp_cannot_tell }: FindingsTest, found: Diagnosis): string[] {
  const shown = (finding: RuleFinding): string =>
    `${finding.rule_id} ${finding.severity} ${finding.subject ?? ''}: ${finding.summary}`;
  const texts: string[] = [...found.notes];
  if (found.findings.length !== exp_findings.length)
    texts.push(
      `${found.findings.length} findings instead of ${exp_findings.length}: ${found.findings.map(shown).join('; ')}`,
    );
  for (const [i, wanted] of exp_findings.entries()) {
    const got = found.findings[i];
    if (got !== undefined) texts.push(...differs(rule, wanted, got).map((text) => `finding ${i + 1}: ${text}`));
  }
  const missing = found.cannotTell.flatMap(({ metrics }) => metrics);
  for (const metric of exp_cannot_tell ?? [])
    if (!missing.includes(metric)) texts.push(`does not say that ${metric} is missing`);
  if (
    exp_cannot_tell === undefined &&
    found.cannotTell.length > 0 &&
    found.rules.every(({ state }) => state === 'cannot_tell')
  )
    texts.push(
      `cannot tell: ${found.cannotTell.map(({ reason, metrics }) => `${reason} (${metrics.join(', ')})`).join('; ')}`,
    );
  return texts;
}

function differs(rule: string, wanted: ExpectedFinding, got: RuleFinding): string[] {
  const texts: string[] = [];
  const same = (key: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) texts.push(`${key} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  };
  same('rule_id', wanted.rule_id ?? rule, got.rule_id);
  same('severity', wanted.severity, got.severity);
  if (wanted.subject !== undefined) same('subject', wanted.subject, got.subject);
  if (wanted.symptoms !== undefined)
    same(
      'symptoms',
      wanted.symptoms.toSorted().join(),
      got.symptoms
        .map((each) => each.rule_id)
        .sort()
        .join(),
    );
  if (wanted.impact !== undefined)
    same(
      'impact',
      wanted.impact === null ? null : wanted.impact.toFixed(2),
      got.impact === null ? null : got.impact.toFixed(2),
    );
  for (const key of ['summary', 'recommendation'] as const) {
    const part = wanted[key];
    if (part !== undefined && !(got[key] ?? '').includes(part)) texts.push(`${key} lacks '${part}': ${got[key]}`);
  }
  return texts;
}
