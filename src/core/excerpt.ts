/** Shows where in a text something is wrong. */
import { printable } from './printable.ts';

/** A line is shown in part when it is longer. */
const WIDEST = 100;

/** The line of `text` with a caret under `column`; both count from 1. Control characters are made visible. */
export function excerptAt(text: string, line: number, column: number): string {
  const whole = text.split('\n')[line - 1] ?? '';
  const at = Math.min(Math.max(column - 1, 0), whole.length);
  const from = Math.max(0, at - WIDEST / 2);
  const to = Math.min(whole.length, from + WIDEST);
  const before = `${from > 0 ? '…' : ''}${printable(whole.slice(from, at))}`;
  const after = `${printable(whole.slice(at, to))}${to < whole.length ? '…' : ''}`;
  return `${before}${after}\n${' '.repeat([...before].length)}^`;
}
