/** Helpers for the nodes of the grammar's tree. */
import type { SyntaxNode } from '@lezer/common';
import { MisplacedError } from '../query-error.ts';

/** The children of a node, comments left out. */
export function childrenNamed(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child);
  return children;
}

/** The text of a node. */
export function textOf({ from, to }: { readonly from: number; readonly to: number }, text: string): string {
  return text.slice(from, to);
}

/** Throws: something is wrong at that place. */
export function fail({ from }: { readonly from: number }, message: string): never {
  throw new MisplacedError('bad_data', message, from);
}
