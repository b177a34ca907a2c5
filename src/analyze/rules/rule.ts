/**
 * What a rule is: an alert of a file in Prometheus's rule format, with the labels and annotations that a diagnosis
 * needs. `docs/reference/rules.md` lists those of the pack, CONTRIBUTING.md says how to write one.
 */
import type { Expr } from '../../query/promql/ast.ts';
import type { Template } from './template.ts';

/** What a rule can be about; they stand in the order of reports. */
export const ruleResources = [
  'cpu',
  'scheduler',
  'memory',
  'disk',
  'filesystem',
  'network',
  'cgroup',
  'nodejs',
  'cache',
  'redis',
  'memcached',
  'codoperf',
] as const;
/** One of `ruleResources`. */
export type RuleResource = (typeof ruleResources)[number];

/** How bad what a rule finds is, from the mildest on. */
export const ruleSeverities = ['info', 'warning', 'critical'] as const;
/** One of `ruleSeverities`. */
export type RuleSeverity = (typeof ruleSeverities)[number];

/** How sure a rule is of the cause it names, from the surest on. */
export const confidences = ['high', 'medium', 'low'] as const;
/** One of `confidences`. */
export type Confidence = (typeof confidences)[number];

/** A PromQL expression with its syntax tree. */
export interface RuleQuery {
  readonly text: string;
  readonly tree: Expr;
}

/** A line of `evidence`. */
export interface NamedQuery extends RuleQuery {
  readonly name: string;
}

/** One alert entry: a rule has one for each severity it can give. */
export interface RuleEntry {
  /** `rule_id`: what findings, folders of fixtures and `explain` call it. */
  readonly id: string;
  /** Name of the alert, unique over all rules. */
  readonly alert: string;
  readonly severity: RuleSeverity;
  readonly resource: RuleResource;
  readonly query: RuleQuery;
  /** `for` in ms; alerts wait that long, a diagnosis does not. */
  readonly forMs: number;
  /** How long it must hold in ms to be found live. */
  readonly liveForMs: number;
  readonly summary: Template;
  readonly subject: Template | undefined;
  readonly cause: Template | undefined;
  readonly recommendation: Template | undefined;
  readonly verify: Template | undefined;
  /** Share of time lost by the same subject, from 0 to 1. */
  readonly impact: RuleQuery | undefined;
  readonly evidence: readonly NamedQuery[];
  /** Identifiers of the rules whose findings are symptoms of this one ... */
  readonly explains: readonly string[];
  /** ... where these labels are equal; none means the same host. */
  readonly explainsOn: readonly string[];
  readonly source: string;
  readonly confidence: Confidence;
  /** Metrics without which it cannot tell; `undefined` means those of the expression. */
  readonly needs: readonly string[] | undefined;
  readonly place: RulePlace;
}

/** Where an entry stands. */
export interface RulePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Line of the annotation or label, or of the entry when it lacks that. */
  lineOf(key: string): number;
}

/** What is wrong with a file of rules, and where. */
export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}
