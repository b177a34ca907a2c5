/** `label_replace` and `label_join`: other labels, the same values. */
import { type Evaluation, vector, vectorOf } from '../eval/evaluation.ts';
import type { Grid, Series, VectorValue } from '../eval/value.ts';
import type { FunctionFamily } from '../function.ts';
import { METRIC_NAME } from '../label-set.ts';
import { groupNames, groupsPattern, patternProblem } from '../pattern.ts';
import type { Call, Expr, StringLiteral } from '../promql/ast.ts';
import { withoutParens } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';

type Groups = readonly (string | undefined)[];

function textOf(expr: Expr): string {
  return (withoutParens(expr) as StringLiteral).value;
}

function requireLabelName(name: string, what: string, place: Expr): void {
  if (name === '') throw new MisplacedError('execution', `invalid ${what}: ${name}`, place.from);
}

function relabelled(each: Series, label: string, value: string): Series {
  const labels = each.labels.with(label, value);
  return { ...each, labels, dropName: label === METRIC_NAME ? false : each.dropName };
}

const REFERENCE = /\$(?:(\$)|\{(\w+)\}|(\w+))/g;

/** Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `${name}`, `$$`; groups that are not there are empty. */
function expand(template: string, groups: Groups, names: Readonly<Record<string, number>>): string {
  return template.replace(REFERENCE, (_, dollar: string | undefined, braced?: string, bare?: string) => {
    if (dollar !== undefined) return '$';
    const name = braced ?? bare ?? '';
    const index = /^\d+$/.test(name) ? Number(name) : names[name];
    return (index === undefined ? undefined : groups[index]) ?? '';
  });
}

async function replace(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const [subject, ...rest] = call.args;
  const [destination, replacement, source, pattern] = rest.map(textOf);
  if (patternProblem(pattern) !== undefined)
    throw new MisplacedError('execution', `invalid regular expression in label_replace(): ${pattern}`, rest[3].from);
  requireLabelName(destination, 'destination label name in label_replace()', rest[0]);
  const match = groupsPattern(pattern);
  const names = groupNames(pattern);
  const series = (await vectorOf(evaluation, subject, grid)).map((each) => {
    const groups = match(each.labels.get(source));
    return groups === null ? each : relabelled(each, destination, expand(replacement, groups, names));
  });
  return vector(evaluation, series, call);
}

async function join(call: Call, grid: Grid, evaluation: Evaluation): Promise<VectorValue> {
  const [subject, ...rest] = call.args;
  const [destination, separator, ...sources] = rest.map(textOf);
  for (const [i, source] of sources.entries())
    requireLabelName(source, 'source label name in label_join()', rest[i + 2]);
  requireLabelName(destination, 'destination label name in label_join()', rest[0]);
  const series = (await vectorOf(evaluation, subject, grid)).map((each) =>
    relabelled(each, destination, sources.map((source) => each.labels.get(source)).join(separator)),
  );
  return vector(evaluation, series, call);
}

export default [
  {
    kind: 'node',
    name: 'label_replace',
    args: ['instant vector', 'string', 'string', 'string', 'string'],
    evaluate: replace,
  },
  {
    kind: 'node',
    name: 'label_join',
    args: ['instant vector', 'string', 'string', 'string'],
    variadic: -1,
    evaluate: join,
  },
] satisfies FunctionFamily;
