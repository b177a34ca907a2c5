import { KeyOrder } from '../../core/key-order.ts';
import type { Scanner } from '../../core/scanner.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** A file with the order of its keys, once it was parsed. */
export interface KeyHolder {
  order?: KeyOrder<number>;
}

/** Names to look for in a `key value` file, grouped by length: most lines are dismissed by that alone. */
export class KeyMap {
  private readonly byLength: { name: string; column: number }[][] = [];
  private readonly places: Int32Array;

  /** `columns`: the column of a row that each name fills. */
  constructor(columns: Readonly<Record<string, number>>) {
    const entries = Object.entries(columns);
    this.places = new Int32Array(entries.length);
    for (const [name, column] of entries) (this.byLength[name.length] ??= []).push({ name, column });
  }

  /**
   * Fills `row` from the lines `name number`, each number divided by `divisor`; unknown names are passed
   * over. `file` remembers where its names stand.
   */
  parse(scan: Scanner, row: Float64Array, file: KeyHolder, divisor = 1): void {
    const { places } = this;
    const order = (file.order ??= new KeyOrder<number>());
    if (!order.locate(scan, places)) {
      this.parseAll(scan, row, order, divisor);
      return;
    }
    for (let i = 0; i < order.size; i++) {
      scan.pos = places[i];
      row[order.at(i)] = scan.uint() / divisor;
    }
    scan.pos = scan.end;
  }

  /** One loop over the bytes: of the forty lines of `memory.stat` most are not wanted. */
  private parseAll(scan: Scanner, row: Float64Array, order: KeyOrder<number>, divisor: number): void {
    const { buf, end } = scan;
    let pos = scan.pos;
    order.begin();
    while (pos < end) {
      const lineStart = pos;
      scan.wordStart = pos;
      while (pos < end && buf[pos] !== SPACE && buf[pos] !== NEWLINE) pos++;
      scan.wordEnd = pos;
      const column = this.columnOfWord(scan);
      if (column >= 0) {
        order.add(scan, lineStart, pos, column);
        scan.pos = pos;
        row[column] = scan.uint() / divisor;
        pos = scan.pos;
      }
      while (pos < end && buf[pos] !== NEWLINE) pos++;
      pos++;
    }
    order.end();
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
