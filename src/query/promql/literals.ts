/** Numbers, durations and strings of PromQL, as Go reads them. */
import { MisplacedError } from '../query-error.ts';

const MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Go keeps durations in 64-bit nanoseconds. */
const MAX_DURATION_MS = 2 ** 63 / 1e6;

/** Ms of `1h30m`, or `NaN` when the text is no duration. */
export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  if (match === null || text === '') return Number.NaN;
  return Object.values(MS).reduce((sum, factor, i) => sum + Number(match[i + 1] ?? 0) * factor, 0);
}

/** Value of a number or duration, a sign included: durations count in seconds. */
export function parseNumber(text: string, at: number): number {
  const negative = text.startsWith('-');
  const body = text.replace(/^[-+]\s*/, '');
  const value = magnitude(body, at);
  return negative ? -value : value;
}

function magnitude(body: string, at: number): number {
  const lower = body.toLowerCase();
  if (lower === 'inf') return Number.POSITIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  if (/[a-z]$/.test(body) && !lower.startsWith('0x')) {
    const ms = durationMs(body);
    if (ms > MAX_DURATION_MS) throw new MisplacedError('bad_data', 'duration out of range', at);
    if (!Number.isNaN(ms)) return ms / 1000;
  }
  const digits = body.replaceAll('_', '');
  // A leading zero makes it octal for Go, unless it has other digits or a fraction.
  const value = /^0[0-7]+$/.test(digits) ? Number(`0o${digits}`) : Number(digits);
  if (Number.isNaN(value)) throw new MisplacedError('bad_data', `error parsing number: "${body}"`, at);
  return value;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const CODE_POINT = /^(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

/** Text of a quoted string. */
export function unquote(quoted: string, at: number): string {
  const quote = quoted[0];
  const fail = (message = 'error unquoting string'): never => {
    throw new MisplacedError('bad_data', message, at);
  };
  if (quoted.length < 2 || quoted.at(-1) !== quote) return fail('unterminated quoted string');
  const body = quoted.slice(1, -1);
  if (quote === '`') return body;
  if (body.includes('\n')) return fail();
  if (!body.includes('\\')) return body;
  // Escapes name bytes, several of which may make one character.
  const pieces: Buffer[] = [];
  for (let i = 0; i < body.length; ) {
    const next = body.indexOf('\\', i);
    const end = next < 0 ? body.length : next;
    pieces.push(Buffer.from(body.slice(i, end)));
    if (next < 0) break;
    const { bytes, length } = escape(body.slice(next + 1), quote) ?? fail();
    pieces.push(bytes);
    i = next + 1 + length;
  }
  return Buffer.concat(pieces).toString();
}

/** What a backslash and the text after it stand for. */
function escape(rest: string, quote: string): { bytes: Buffer; length: number } | undefined {
  const simple = rest[0] === quote ? quote : simpleEscapes[rest[0]];
  if (simple !== undefined) return { bytes: Buffer.from(simple), length: 1 };
  const match = CODE_POINT.exec(rest);
  if (match === null) return undefined;
  const [all, hex, octal, short, long] = match;
  if (hex !== undefined) return { bytes: Buffer.from([Number.parseInt(hex, 16)]), length: all.length };
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? undefined : { bytes: Buffer.from([byte]), length: all.length };
  }
  const codePoint = Number.parseInt(short ?? long, 16);
  if (codePoint > 0x10ffff) return undefined;
  return { bytes: Buffer.from(String.fromCodePoint(codePoint)), length: all.length };
}
