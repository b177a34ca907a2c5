/** Properties of `Scanner`: what it reads is what `Number()` and `split()` would, and only before `end`. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scanner } from '../../src/core/scanner.ts';

/** A scanner over `text`, with bytes behind its end that would change every answer. */
function scanner(text: string, behind = '7x7 7.7\n7'): Scanner {
  const scan = new Scanner();
  scan.reset(Buffer.from(text + behind, 'latin1'), Buffer.byteLength(text, 'latin1'));
  return scan;
}

/** Fails the test when a byte at or behind `end` is looked at. */
function guarded(text: string): Scanner {
  const bytes = Buffer.from(text, 'latin1');
  const scan = new Scanner();
  const watched = new Proxy(Buffer.concat([bytes, Buffer.from('99 99\n99')]), {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name) && Number(name) >= bytes.length) {
        throw new Error(`byte ${name} read, the end is ${bytes.length}`);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  scan.reset(watched, bytes.length);
  return scan;
}

const digits = fc.stringMatching(/^[0-9]{1,30}$/);
const blanks = fc.stringMatching(/^[ \t]{0,4}$/);
const kernelText = fc.string({ unit: fc.constantFrom(...' \t\n0123456789.-abcdefx:=/'.split('')), maxLength: 80 });
const words = fc.array(fc.stringMatching(/^[!-~]{1,12}$/), { maxLength: 8 });

describe('numbers', () => {
  test('uint is Number() of the digits', () => {
    fc.assert(
      fc.property(blanks, digits, fc.constantFrom('', ' ', '\n', 'kB', '.5'), (before, text, after) => {
        const scan = scanner(before + text + after, after === '' ? '7' : undefined);
        expect(scan.uint()).toBe(Number(text));
        expect(scan.pos).toBe(before.length + text.length);
      }),
    );
  });

  test.each(['9007199254740991', '9007199254740992', '9007199254740993', '18446744073709551615', '0', '007'])(
    'uint of %s',
    (text) => expect(scanner(text).uint()).toBe(Number(text)),
  );

  test('int is Number() of the digits and their sign', () => {
    fc.assert(
      fc.property(blanks, fc.constantFrom('', '-'), digits, (before, sign, text) => {
        expect(scanner(before + sign + text).int()).toBe(Number(sign + text));
      }),
    );
  });

  test('decimal is correctly rounded', () => {
    const fraction = fc.tuple(fc.stringMatching(/^[0-9]{0,22}$/), fc.stringMatching(/^[0-9]{0,22}$/));
    fc.assert(
      fc.property(blanks, fc.constantFrom('', '-'), fraction, fc.boolean(), (before, sign, [whole, rest], dot) => {
        fc.pre(whole + rest !== '');
        const text = sign + whole + (dot ? '.' : '') + rest;
        expect(scanner(`${before}${text} `).decimal()).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('decimal of any printed double is that double', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (value) => {
        const text = value.toFixed(12);
        expect(scanner(text).decimal()).toBe(Number(text));
      }),
    );
  });

  test('decimal just above 2^53 is rounded once', () => {
    for (const text of ['900719925474099.3', '900719925474.09935', '9007199254740993.0', '0.9007199254740993']) {
      expect(scanner(text).decimal()).toBe(Number(text));
    }
  });

  test('hex is Number() of the digits up to 2^53', () => {
    fc.assert(
      fc.property(blanks, fc.stringMatching(/^[0-9a-fA-F]{1,13}$/), (before, text) => {
        expect(scanner(`${before}${text} `).hex()).toBe(Number(`0x${text}`));
      }),
    );
  });

  test.each(['', ' ', '-', '- 5', '.', '-.', '1.2.3', 'x', '\n1', '--1', '-\n1'])(
    '%j is no decimal, and nothing is skipped',
    (text) => {
      const scan = scanner(text, text === '' || /[-. ]$/.test(text) ? 'x' : undefined);
      const blank = /^[ \t]*/.exec(text)?.[0].length;
      expect(scan.decimal()).toBeNaN();
      expect(scan.pos).toBe(blank);
    },
  );

  test.each(['', '-', '- 5', 'x', '-x', '\n1', '--1'])('%j is no int, and nothing is skipped', (text) => {
    const scan = scanner(text, 'x');
    expect(scan.int()).toBeNaN();
    expect(scan.pos).toBe(0);
  });
});

describe('words and lines', () => {
  test('the words of a text are its non-blank runs, line by line', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 6 }), blanks, (lines, before) => {
        const text = lines.map((line) => before + line.join(' \t')).join('\n');
        const scan = scanner(text, '');
        const got: string[][] = [];
        do {
          const line: string[] = [];
          while (scan.word()) line.push(scan.text(scan.wordStart, scan.wordEnd));
          expect(scan.atLineEnd()).toBe(true);
          got.push(line);
        } while (scan.nextLine());
        const expected = text.split('\n').map((line) => line.split(/[ \t]+/).filter((word) => word !== ''));
        // A newline at the very end begins no further line.
        if (text.endsWith('\n')) expected.pop();
        expect(got).toEqual(expected);
      }),
    );
  });

  test('wordIs, startsWithAt and skipWords agree with strings', () => {
    fc.assert(
      fc.property(words, fc.stringMatching(/^[!-~]{1,12}$/), fc.nat(8), (all, other, skip) => {
        const scan = scanner(all.join(' '), ` ${other}`);
        scan.skipWords(skip);
        const found = scan.word();
        expect(found).toBe(skip < all.length);
        if (!found) return;
        expect(scan.wordIs(all[skip])).toBe(true);
        expect(scan.wordIs(other)).toBe(all[skip] === other);
        const rest = all.slice(skip).join(' ');
        expect(scan.startsWithAt(scan.wordStart, other)).toBe(rest.startsWith(other));
      }),
    );
  });
});

test('no byte at or behind the end is read, and the cursor only goes forward up to it', () => {
  const steps = ['uint', 'int', 'decimal', 'hex', 'word', 'atLineEnd', 'nextLine', 'skipBlanks'] as const;
  fc.assert(
    fc.property(kernelText, fc.array(fc.constantFrom(...steps), { maxLength: 40 }), (text, calls) => {
      const scan = guarded(text);
      for (const call of calls) {
        const before = scan.pos;
        scan[call]();
        expect(scan.pos).toBeGreaterThanOrEqual(before);
        expect(scan.pos).toBeLessThanOrEqual(text.length);
        expect(scan.wordEnd).toBeLessThanOrEqual(text.length);
      }
      expect(scan.startsWithAt(scan.pos, `${text.slice(scan.pos)}9`)).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
