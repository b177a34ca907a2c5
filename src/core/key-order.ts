/**
 * Wanted keys of a `name value` file, in the order in which the kernel writes them. The order is that
 * of the source code, so once a full parse has learned it, the next reads go from key to key with a
 * native search and never look at the lines between, which are most of `/proc/vmstat` and `memory.stat`.
 */
import type { Scanner } from './scanner.ts';

const NEWLINE = Buffer.from('\n');
const SPACE = Buffer.from(' ');

/**
 * The order learned from one file; `T` is what stands for a key (a slot, a column). It holds for that
 * file only: another one may have keys in between that this one lacks, and they would be missed.
 */
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
    const key = Buffer.from(scan.buf.subarray(start, end));
    // The first line has no line end before it.
    this.keys.push({ line: Buffer.concat(start === 0 ? [key, SPACE] : [NEWLINE, key, SPACE]), value });
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
      if (found < 0 || found + line.length >= scan.end) return false;
      if (i === 0 && line[0] !== NEWLINE[0] && found !== 0) return false;
      pos = found + line.length;
      places[i] = pos;
    }
    return true;
  }
}
