import type { Scanner } from '../../core/scanner.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Names to look for in a `key value` file, grouped by length: most lines are dismissed by that alone. */
export class KeyMap {
  private readonly byLength: { name: string; column: number }[][] = [];

  /** `columns`: the column of a row that each name fills. */
  constructor(columns: Readonly<Record<string, number>>) {
    for (const [name, column] of Object.entries(columns)) (this.byLength[name.length] ??= []).push({ name, column });
  }

  /**
   * Fills `row` from the lines `name number`, each number divided by `divisor`; unknown names are passed
   * over. One loop over the bytes: of the forty lines of `memory.stat` most are not wanted.
   */
  parse(scan: Scanner, row: Float64Array, divisor = 1): void {
    const { buf, end } = scan;
    let pos = scan.pos;
    while (pos < end) {
      scan.wordStart = pos;
      while (pos < end && buf[pos] !== SPACE && buf[pos] !== NEWLINE) pos++;
      scan.wordEnd = pos;
      const column = this.columnOfWord(scan);
      if (column >= 0) {
        scan.pos = pos;
        row[column] = scan.uint() / divisor;
        pos = scan.pos;
      }
      while (pos < end && buf[pos] !== NEWLINE) pos++;
      pos++;
    }
    scan.pos = end;
  }

  /** The column that the last word of the scanner fills; -1 for a name that is not looked for. */
  columnOfWord(scan: Scanner): number {
    const candidates = this.byLength[scan.wordEnd - scan.wordStart];
    if (candidates === undefined) return -1;
    for (let i = 0; i < candidates.length; i++) if (scan.wordIs(candidates[i].name)) return candidates[i].column;
    return -1;
  }
}
