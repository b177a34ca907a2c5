/**
 * Wanted keys of a `name value` file, in the order in which the kernel writes them. The order is that
 * of the source code, so once a full parse has learned it, the next reads go from key to key with a
 * native search and never look at the lines between, which are most of `/proc/vmstat` and `memory.stat`.
 */
import type { Scanner } from './scanner.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** The learned order; `T` is what stands for a key (a slot, a column). */
export class KeyOrder<T> {
  private keys: { readonly line: Buffer; readonly value: T }[] = [];
  private learned = false;

  /** Starts to learn: the caller parses every line and calls `add` for those it wants. */
  begin(): void {
    this.keys = [];
    this.learned = false;
  }

  /** A wanted key, as it stands between the start of its line and a space. */
  add(scan: Scanner, start: number, end: number, value: T): void {
    const line = Buffer.alloc(end - start + 2);
    line[0] = NEWLINE;
    for (let i = start; i < end; i++) line[1 + i - start] = scan.buf[i];
    line[line.length - 1] = SPACE;
    this.keys.push({ line, value });
  }

  /** What was added is the whole order. */
  end(): void {
    this.learned = true;
  }

  /** How many keys there are. */
  get size(): number {
    return this.keys.length;
  }

  /** What stands for the key at `index`. */
  at(index: number): T {
    return this.keys[index].value;
  }

  /**
   * Fills `places` with the position of the value of every key; `false` when one is not where the
   * order says (another kernel, a cut file), which then calls for a full parse.
   */
  locate(scan: Scanner, places: Int32Array): boolean {
    const { keys } = this;
    if (!this.learned || keys.length === 0 || keys.length > places.length) return false;
    const buf = scan.buf as Buffer;
    let pos = 0;
    for (let i = 0; i < keys.length; i++) {
      const { line } = keys[i];
      const found = buf.indexOf(line, pos);
      // The first key may stand in the first line, with no line end before it: that is left to the full parse.
      if (found < 0 || found + line.length >= scan.end) return false;
      pos = found + line.length;
      places[i] = pos;
    }
    return true;
  }
}
