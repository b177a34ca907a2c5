import type { Scanner } from '../../core/scanner.ts';

/** Names to look for in a `key value` file, grouped by length: most lines are dismissed by that alone. */
export class KeyMap {
  private readonly byLength: { name: string; column: number }[][] = [];

  /** `columns`: the column of a row that each name fills. */
  constructor(columns: Readonly<Record<string, number>>) {
    for (const [name, column] of Object.entries(columns)) (this.byLength[name.length] ??= []).push({ name, column });
  }

  /** Fills `row` from the lines `name number`, each number divided by `divisor`; unknown names are passed over. */
  parse(scan: Scanner, row: Float64Array, divisor = 1): void {
    do {
      if (!scan.word()) continue;
      const column = this.columnOfWord(scan);
      if (column >= 0) row[column] = scan.uint() / divisor;
    } while (scan.nextLine());
  }

  /** The column that the last word of the scanner fills; -1 for a name that is not looked for. */
  columnOfWord(scan: Scanner): number {
    const candidates = this.byLength[scan.wordEnd - scan.wordStart];
    if (candidates === undefined) return -1;
    for (let i = 0; i < candidates.length; i++) if (scan.wordIs(candidates[i].name)) return candidates[i].column;
    return -1;
  }
}
