/** A cursor over the bytes of a text file of the kernel: numbers and words without strings. */

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const DOT = 0x2e;
const LARGEST_EXACT = 2 ** 53;
const LARGEST_EXACT_POWER_OF_TEN = 1e22;
const LOWER_A = 0x61;
const UPPER_A = 0x41;

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - ZERO;
  if (byte >= LOWER_A && byte < LOWER_A + 6) return byte - LOWER_A + 10;
  return byte >= UPPER_A && byte < UPPER_A + 6 ? byte - UPPER_A + 10 : -1;
}

/** Moves over `buf[pos, end)`; one instance is reused for every file. */
export class Scanner {
  buf: Uint8Array = new Uint8Array(0);
  pos = 0;
  end = 0;
  /** Bounds of the last `word`. */
  wordStart = 0;
  wordEnd = 0;

  /** Starts over at the first of `length` bytes. */
  reset(buf: Uint8Array, length: number): void {
    this.buf = buf;
    this.pos = 0;
    this.end = length;
  }

  /** Moves past blanks (space, tab), not past the end of the line. */
  skipBlanks(): void {
    const { buf, end } = this;
    let pos = this.pos;
    while (pos < end && (buf[pos] === SPACE || buf[pos] === TAB)) pos++;
    this.pos = pos;
  }

  /**
   * The unsigned decimal at the cursor, after blanks; `NaN`, without moving past anything but the
   * blanks, when there is none. Values above 2^53 are rounded once, as `Number()` does.
   */
  uint(): number {
    this.skipBlanks();
    const { buf, end } = this;
    const start = this.pos;
    let pos = start;
    let value = 0;
    while (pos < end) {
      const digit = buf[pos] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      pos++;
    }
    if (pos === start) return Number.NaN;
    this.pos = pos;
    return value <= LARGEST_EXACT ? value : Number(this.text(start, pos));
  }

  /** The hexadecimal without prefix at the cursor, after blanks; `NaN` when there is none. Exact up to 2^53. */
  hex(): number {
    this.skipBlanks();
    const { buf, end } = this;
    const start = this.pos;
    let pos = start;
    let value = 0;
    while (pos < end) {
      const digit = hexDigit(buf[pos]);
      if (digit < 0) break;
      value = value * 16 + digit;
      pos++;
    }
    this.pos = pos;
    return pos === start ? Number.NaN : value;
  }

  /** As `uint`, with an optional minus sign right before the digits. */
  int(): number {
    this.skipBlanks();
    const { buf, end, pos } = this;
    if (pos >= end || buf[pos] !== MINUS) return this.uint();
    if (pos + 1 >= end || !isDigit(buf[pos + 1])) return Number.NaN;
    this.pos++;
    return -this.uint();
  }

  /**
   * A decimal fraction (`0.52`, `-1.5`, `12`), correctly rounded; `NaN`, without moving past anything
   * but blanks, when there is none. Exponents are not read: the kernel writes none.
   */
  decimal(): number {
    this.skipBlanks();
    const { buf, end } = this;
    const start = this.pos;
    let pos = start;
    if (pos < end && buf[pos] === MINUS) pos++;
    let digits = 0;
    let dots = 0;
    for (; pos < end; pos++) {
      if (buf[pos] === DOT) dots++;
      else if (isDigit(buf[pos])) digits++;
      else break;
    }
    if (digits === 0 || dots > 1) return Number.NaN;
    this.pos = pos;
    return this.fraction(start, pos);
  }

  /** The digits as one exact integer over an exact power of ten: correctly rounded (IEEE 754). */
  private fraction(start: number, end: number): number {
    const { buf } = this;
    let mantissa = 0;
    let scale = 1;
    let afterDot = false;
    for (let i = buf[start] === MINUS ? start + 1 : start; i < end; i++) {
      if (buf[i] === DOT) {
        afterDot = true;
        continue;
      }
      mantissa = mantissa * 10 + (buf[i] - ZERO);
      if (afterDot) scale *= 10;
    }
    // At 2^53 itself the sum may have been rounded already.
    if (mantissa >= LARGEST_EXACT || scale > LARGEST_EXACT_POWER_OF_TEN) return Number(this.text(start, end));
    return (buf[start] === MINUS ? -mantissa : mantissa) / scale;
  }

  /** Finds the next run of non-blank bytes on this line; `false` at the end of the line. */
  word(): boolean {
    this.skipBlanks();
    const { buf, end } = this;
    let pos = this.pos;
    this.wordStart = pos;
    while (pos < end && buf[pos] !== SPACE && buf[pos] !== TAB && buf[pos] !== NEWLINE) pos++;
    this.wordEnd = pos;
    this.pos = pos;
    return pos > this.wordStart;
  }

  /** Moves past `count` words of this line. */
  skipWords(count: number): void {
    for (let i = 0; i < count; i++) this.word();
  }

  /** Whether nothing but blanks is left on this line. */
  atLineEnd(): boolean {
    this.skipBlanks();
    return this.pos >= this.end || this.buf[this.pos] === NEWLINE;
  }

  /** Moves to the first byte of the next line; `false` when there is none. */
  nextLine(): boolean {
    // A line read to its end needs no search, which costs as much as reading it did.
    if (this.pos < this.end && this.buf[this.pos] === NEWLINE) return ++this.pos < this.end;
    const at = this.buf.indexOf(NEWLINE, this.pos);
    if (at < 0 || at >= this.end) {
      this.pos = this.end;
      return false;
    }
    this.pos = at + 1;
    return this.pos < this.end;
  }

  /** Whether the last word equals `text` (ASCII). */
  wordIs(text: string): boolean {
    const { buf, wordStart } = this;
    if (this.wordEnd - wordStart !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (buf[wordStart + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Whether the bytes at `at` are `text` (ASCII). */
  startsWithAt(at: number, text: string): boolean {
    if (at + text.length > this.end) return false;
    for (let i = 0; i < text.length; i++) if (this.buf[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Moves behind the next `text` on this line; `false`, without moving, when it is not there. */
  seek(text: Buffer): boolean {
    const buf = this.buf as Buffer;
    const found = buf.indexOf(text, this.pos);
    if (found < 0 || found + text.length > this.end) return false;
    const lineEnd = buf.indexOf(NEWLINE, this.pos);
    if (lineEnd >= 0 && lineEnd < found) return false;
    this.pos = found + text.length;
    return true;
  }

  /** The bytes `[from, to)` as a string, one character a byte. Allocates: for new subjects only. */
  text(from: number, to: number): string {
    let text = '';
    for (let i = from; i < to; i++) text += String.fromCharCode(this.buf[i]);
    return text;
  }
}
