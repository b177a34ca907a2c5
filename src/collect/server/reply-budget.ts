/**
 * How much a Redis may say to one command. The client library keeps whatever arrives until a reply is whole, and makes
 * an array as long as its header claims, so bytes and claims are counted before it sees them.
 */

/** Far above any reply to what we ask: CONFIG and INFO take some 10 kB, a page of SCAN 1000 keys. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;
/** Elements that the arrays of a reply may claim to have, all together. */
const MAX_REPLY_ELEMENTS = 1_000_000;

const NEWLINE = 0x0a;
const CR = 0x0d;
const ZERO = 0x30;
const NINE = 0x39;
/** Array, set, map, push: what is followed by a number of elements. */
const aggregates = new Set(['*', '~', '%', '>'].map((sign) => sign.charCodeAt(0)));

/** More came than may be; `what` says of what. */
export class ReplyTooLarge extends Error {
  override readonly name = 'ReplyTooLarge';
  readonly what: string;

  constructor(what: string) {
    super(`more than ${what}`);
    this.what = what;
  }
}

/**
 * Counts what arrives between two commands. A line that looks like the header of an array counts as one wherever it
 * stands, in a value too: nothing that is asked for holds such lines by the million.
 */
export class ReplyBudget {
  private bytes = 0;
  private elements = 0;
  private atLineStart = true;
  /** The number of a header that is being read; -1 outside of one. */
  private claim = -1;

  /** A new command was sent. */
  renew(): void {
    this.bytes = 0;
    this.elements = 0;
  }

  /** Takes a chunk. Throws `ReplyTooLarge`. */
  take(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes > MAX_REPLY_BYTES) throw new ReplyTooLarge(`${MAX_REPLY_BYTES / 1024 / 1024} MiB`);
    for (const byte of chunk) this.step(byte);
  }

  private step(byte: number): void {
    if (this.claim >= 0 && byte >= ZERO && byte <= NINE) {
      this.claim = this.claim * 10 + byte - ZERO;
      // Before the end of the line: the claim alone makes the array.
      if (this.elements + this.claim > MAX_REPLY_ELEMENTS) throw new ReplyTooLarge(`${MAX_REPLY_ELEMENTS} elements`);
      return;
    }
    if (this.claim >= 0 && byte === CR) this.elements += this.claim;
    this.claim = this.atLineStart && aggregates.has(byte) ? 0 : -1;
    this.atLineStart = byte === NEWLINE;
  }
}
