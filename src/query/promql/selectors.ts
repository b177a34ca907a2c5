/** Selectors and label lists: `name{label="value"}`, `by (a, b)`, `on (a) group_left (b)`. */
import type { SyntaxNode } from '@lezer/common';
import type { LabelMatcher } from '../../core/source.ts';
import { patternProblem } from '../pattern.ts';
import type { Matching, VectorSelector } from './ast.ts';
import { unquote } from './literals.ts';
import { childrenNamed, fail, textOf } from './nodes.ts';

/** A selector without range, offset and `@`. */
export function readSelector(node: SyntaxNode, text: string): VectorSelector {
  const children = childrenNamed(node);
  const identifier = children.find(({ name }) => name === 'Identifier');
  const braces = children.find(({ name }) => name === 'LabelMatchers');
  const matchers: LabelMatcher[] = [];
  let metric = identifier === undefined ? '' : textOf(identifier, text);
  for (const each of braces === undefined ? [] : childrenNamed(braces)) {
    if (each.name !== 'QuotedLabelName') {
      matchers.push(readMatcher(each, text));
      continue;
    }
    const quoted = unquote(textOf(each, text), each.from);
    if (metric !== '') fail(node, `metric name must not be set twice: "${metric}" or "${quoted}"`);
    metric = quoted;
  }
  const named = matchers.find(({ name }) => name === '__name__');
  if (metric !== '' && named !== undefined)
    fail(node, `metric name must not be set twice: "${metric}" or "${named.value}"`);
  if (metric !== '') matchers.push({ name: '__name__', op: '=', value: metric });
  return { type: 'vector', metric, matchers, offsetMs: 0, from: node.from, to: node.to };
}

function readMatcher(node: SyntaxNode, text: string): LabelMatcher {
  const [label, operator, quoted] = childrenNamed(node);
  const op = textOf(operator, text) as LabelMatcher['op'];
  const value = unquote(textOf(quoted, text), quoted.from);
  const problem = op === '=~' || op === '!~' ? patternProblem(value) : undefined;
  if (problem !== undefined) fail(node, problem);
  return { name: labelName(label, text), op, value };
}

function labelName(node: SyntaxNode, text: string): string {
  const name = textOf(node, text);
  return node.name === 'QuotedLabelName' ? unquote(name, node.from) : name;
}

function readLabels(node: SyntaxNode | undefined, text: string): string[] {
  return node === undefined ? [] : childrenNamed(node).map((each) => labelName(each, text));
}

/** The labels of `by` or `without`. */
export function readGrouping(node: SyntaxNode | undefined, text: string): { grouping: string[]; without: boolean } {
  if (node === undefined) return { grouping: [], without: false };
  const [word, labels] = childrenNamed(node);
  return { grouping: readLabels(labels, text), without: word.name === 'Without' };
}

/** `on (…)` or `ignoring (…)`, with `group_left` or `group_right`. */
export function readMatching(node: SyntaxNode, text: string): Matching {
  const [word, labels, group, include] = childrenNamed(node);
  const cardinalities = { GroupLeft: 'many-to-one', GroupRight: 'one-to-many' } as const;
  return {
    on: word.name === 'On',
    labels: readLabels(labels, text),
    cardinality: group === undefined ? 'one-to-one' : cardinalities[group.name as 'GroupLeft' | 'GroupRight'],
    include: readLabels(include, text),
  };
}
