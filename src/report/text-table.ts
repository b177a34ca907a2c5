/** Tables, sparklines and colours of the text view: aligned by terminal columns, wide characters included. */
import { styleText } from 'node:util';
import stringWidth from 'fast-string-width';
import { printable } from '../core/printable.ts';

/** Styles that the text view uses. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** The style of a severity or a status. */
export const statusStyle: Readonly<Record<string, Style>> = {
  ok: 'green',
  info: 'cyan',
  warning: 'yellow',
  critical: 'red',
  unknown: 'dim',
};

/** `text` in a style, or as it is without colour. */
export function styled(text: string, style: Style, color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}

/** Columns that `text` takes on a terminal. */
export const displayWidth = (text: string): number => stringWidth(text);

/** Pads to a number of terminal columns; text that is longer stays as it is. */
export function pad(text: string, width: number, side: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return side === 'left' ? blanks + text : text + blanks;
}

/** Cuts to a number of terminal columns, with `…` when something is missing. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (stringWidth(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** How a table is laid out. */
export interface TableLayout {
  readonly color: boolean;
  /** Width of the terminal; columns that do not fit are left out, the rightmost numbers first. */
  readonly columns: number;
  /** Columns of text, which stand to the left and stay. */
  readonly texts?: ReadonlySet<number>;
}

/**
 * Columns aligned under their headings: texts to the left, numbers to the right. Cells come from
 * outside, so control characters are made visible.
 */
export function renderTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  layout: TableLayout,
): string {
  const { color, columns, texts = new Set([0]) } = layout;
  const cells = rows.map((row) => row.map(printable));
  const widths = heads.map((head, i) => Math.max(stringWidth(head), ...cells.map((row) => stringWidth(row[i]))));
  const shown = fitting(widths, texts, columns);
  const line = (row: readonly string[]): string =>
    shown
      .map((i) => pad(row[i], widths[i], texts.has(i) ? 'right' : 'left'))
      .join('  ')
      .trimEnd();
  return [styled(line(heads), 'bold', color), ...cells.map(line)].join('\n');
}

function fitting(widths: readonly number[], texts: ReadonlySet<number>, columns: number): number[] {
  const shown = widths.map((_, i) => i);
  const width = (): number => shown.reduce((sum, i) => sum + widths[i] + 2, -2);
  while (width() > columns) {
    const numbers = shown.filter((i) => !texts.has(i));
    if (numbers.length === 0) break;
    shown.splice(shown.indexOf(numbers[numbers.length - 1]), 1);
  }
  return shown;
}

const BARS = '▁▂▃▄▅▆▇█';
const ASCII_BARS = '_.-=+*#@';

/** The last values as bars between 0 and `top`; a missing value is a blank. */
export function sparkline(values: readonly number[], top: number, unicode: boolean): string {
  const bars = unicode ? BARS : ASCII_BARS;
  return values
    .map((value) =>
      Number.isNaN(value) ? ' ' : bars[Math.min(bars.length - 1, Math.max(0, Math.floor((value / top) * bars.length)))],
    )
    .join('');
}
