/** The grammar tolerates errors, as an editor needs it; here the first one is told in words. */
import type { SyntaxNode, Tree } from '@lezer/common';
import { MisplacedError } from '../query-error.ts';

const contexts: Readonly<Record<string, string>> = {
  LabelMatchers: 'label matching',
  UnquotedLabelMatcher: 'label matching',
  QuotedLabelMatcher: 'label matching',
  GroupingLabels: 'grouping opts',
  AggregateExpr: 'aggregation',
  FunctionCallBody: 'function call',
  MatrixSelector: 'range selector',
  SubqueryExpr: 'subquery',
  OffsetExpr: 'offset',
  StepInvariantExpr: '@ modifier',
  ParenExpr: 'parentheses',
  BinaryExpr: 'binary expression',
};

/** Throws when the text is not in the language. */
export function rejectSyntaxErrors(tree: Tree, text: string): void {
  const cursor = tree.cursor();
  do {
    if (cursor.type.isError) throw describe(cursor.node, text);
  } while (cursor.next());
}

function describe(node: SyntaxNode, text: string): MisplacedError {
  const { parent } = node;
  if (text.slice(0, node.from).trim() === '' && text.slice(node.from).trim() === '')
    return new MisplacedError('bad_data', 'no expression found in input', 0);
  const called = calledName(node, text);
  if (called !== undefined)
    return new MisplacedError('bad_data', `unknown function with name "${called.name}"`, called.from);
  const where = contexts[parent?.name ?? ''];
  const inside = where === undefined ? '' : ` in ${where}`;
  const rest = text.slice(node.from);
  const offset = node.from + (rest.length - rest.trimStart().length);
  if (offset >= text.length) return new MisplacedError('bad_data', `unexpected end of input${inside}`, text.length);
  const [token] = /^(?:[\w:.]+|"(?:[^"\\]|\\.)*"|.)/su.exec(text.slice(offset)) ?? [''];
  return new MisplacedError('bad_data', `unexpected ${JSON.stringify(token.slice(0, 50))}${inside}`, offset);
}

/** A name that an opening parenthesis follows can only be meant as a function. */
function calledName(node: SyntaxNode, text: string): { name: string; from: number } | undefined {
  const before = /([a-zA-Z_:][\w:]*)\s*$/.exec(text.slice(0, node.from));
  if (before === null || text[node.from] !== '(' || node.parent?.name !== 'VectorSelector') return undefined;
  return { name: before[1], from: before.index };
}
