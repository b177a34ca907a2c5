/** The text of a file of rules as checked entries; every problem has its line, and a bad rule leaves the others alone. */
import * as z from 'zod/mini';
import { check } from '../../query/promql/check.ts';
import { durationMs } from '../../query/promql/literals.ts';
import { parsePromql } from '../../query/promql/parse.ts';
import { QueryError } from '../../query/query-error.ts';
import type { NamedQuery, RuleEntry, RulePlace, RuleProblem, RuleQuery } from './rule.ts';
import { type EntryInput, entrySchema, expectation, fileSchema } from './schema.ts';
import { Template, TemplateError } from './template.ts';
import { YamlFile, type YamlPath } from './yaml-file.ts';

/** The rules of one file, and what is wrong with it. */
export interface ReadRules {
  readonly entries: readonly RuleEntry[];
  readonly problems: readonly RuleProblem[];
}

/** Reads a file of rules; `path` names it in problems. */
export function readRules(path: string, text: string): ReadRules {
  const file = new YamlFile(path, text);
  if (file.problems.length > 0) return { entries: [], problems: file.problems };
  const { error, data } = z.safeParse(fileSchema, file.data);
  if (error !== undefined) return { entries: [], problems: issueProblems(file, [], error.issues) };
  const problems: RuleProblem[] = [];
  const entries = data.groups.flatMap(({ rules }, g) =>
    rules.flatMap((rule, r) => {
      const reader = new EntryReader(file, ['groups', g, 'rules', r]);
      const entry = reader.read(rule);
      problems.push(...reader.problems);
      return entry === undefined || reader.problems.length > 0 ? [] : [entry];
    }),
  );
  return { entries, problems };
}

function issueProblems(file: YamlFile, base: YamlPath, issues: readonly z.core.$ZodIssue[]): RuleProblem[] {
  return issues.flatMap((issue) => {
    const at = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => file.problem(file.lineOfKey(at, key), `unknown ${kindOf(at)} '${key}'`));
    const name = issue.path.map(String).join('.') || 'the file';
    const lacks = issue.path.length > 0 && valueAt(file.data, at) === undefined;
    const text = lacks ? `${name} is missing` : `${name} ${expectation(issue)}`;
    return [file.problem(file.lineOf(at), text)];
  });
}

function kindOf(at: YamlPath): string {
  const level = at.at(-1);
  return level === 'labels' ? 'label' : level === 'annotations' ? 'annotation' : 'key';
}

function valueAt(data: unknown, at: YamlPath): unknown {
  return at.reduce<unknown>((level, key) => (level as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}

/** Reads one rule, and remembers what is wrong with it. */
class EntryReader {
  readonly problems: RuleProblem[] = [];
  private readonly file: YamlFile;
  private readonly at: YamlPath;

  constructor(file: YamlFile, at: YamlPath) {
    this.file = file;
    this.at = at;
  }

  read(rule: unknown): RuleEntry | undefined {
    if (rule !== null && typeof rule === 'object' && 'record' in rule) {
      this.say(
        this.file.lineOf(this.at),
        'recording rules are not evaluated here: write the expression into the alert',
      );
      return undefined;
    }
    const { error, data } = z.safeParse(entrySchema, rule);
    if (error !== undefined) {
      this.problems.push(...issueProblems(this.file, this.at, error.issues));
      return undefined;
    }
    return this.entry(data);
  }

  private entry({ alert, expr, for: wait, labels, annotations: notes }: EntryInput): RuleEntry {
    const list = (text: string | undefined): string[] => (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
    return {
      id: labels.rule_id,
      alert,
      severity: labels.severity,
      resource: labels.resource,
      query: this.vectors(expr),
      forMs: wait === undefined ? 0 : durationMs(wait),
      liveForMs: notes.live_for === undefined ? 0 : durationMs(notes.live_for),
      summary: this.template('summary', notes.summary) as Template,
      subject: this.template('subject', notes.subject),
      cause: this.template('cause', notes.cause),
      recommendation: this.template('recommendation', notes.recommendation),
      verify: this.template('verify', notes.verify),
      impact: notes.impact === undefined ? undefined : this.query(['annotations', 'impact'], notes.impact),
      evidence: this.evidence(notes.evidence ?? ''),
      explains: list(notes.explains),
      explainsOn: list(notes.explains_on),
      source: notes.source,
      confidence: notes.confidence ?? 'medium',
      needs: notes.needs === undefined ? undefined : list(notes.needs),
      place: this.place(),
    };
  }

  private place(): RulePlace {
    const { file, at } = this;
    const line = file.lineOf(at);
    const lineOf = (key: string): number => {
      const levels = ['annotations', 'labels'].map((level) => file.lineOfKey([...at, level], key));
      return levels.find((each, i) => each !== file.lineOf([...at, ['annotations', 'labels'][i]])) ?? line;
    };
    return { file: file.path, line, lineOf };
  }

  /** Lines `name: PromQL`. */
  private evidence(text: string): NamedQuery[] {
    return text.split('\n').flatMap((line, i) => {
      if (line.trim() === '') return [];
      const at = ['annotations', 'evidence'];
      const match = /^\s*([^:]+?)\s*:\s+(\S.*)$/.exec(line);
      if (match !== null) return [{ name: match[1], ...this.query(at, match[2], i + 1) }];
      this.say(this.line(at, i + 1), `evidence has lines 'name: PromQL' (got '${line.trim()}')`);
      return [];
    });
  }

  /** The expression that decides: series, so that there is somebody it is about. */
  private vectors(text: string): RuleQuery {
    const query = this.query(['expr'], text);
    const { tree } = query;
    if (this.problems.length === 0 && check(tree) !== 'instant vector')
      this.say(this.line(['expr'], 1), `expr must give an instant vector, not a ${check(tree)}`);
    return query;
  }

  /** Any expression; `line` says where in the text it begins. */
  private query(at: readonly string[], text: string, line = 1): RuleQuery {
    try {
      return { text: text.trim(), tree: parsePromql(text) };
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      const where = error.column === null ? '' : `, column ${error.column}`;
      const message = error.message.replace(/^\d+:\d+: parse error: /, '');
      this.say(this.line(at, line + (error.line ?? 1) - 1), `${at.at(-1)}${where}: ${message}`);
      return { text, tree: { type: 'number', value: Number.NaN, from: 0, to: 0 } };
    }
  }

  private template(key: string, text: string | undefined): Template | undefined {
    if (text === undefined) return undefined;
    try {
      return Template.parse(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const line = text.slice(0, error.offset).split('\n').length;
      this.say(this.line(['annotations', key], line), `${key}: ${error.message}`);
      return undefined;
    }
  }

  private line(at: YamlPath, n: number): number {
    return this.file.lineInText([...this.at, ...at], n);
  }

  private say(line: number, text: string): void {
    this.problems.push(this.file.problem(line, text));
  }
}
