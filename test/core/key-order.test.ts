import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyOrder } from '../../src/core/key-order.ts';
import { Scanner } from '../../src/core/scanner.ts';

function scanner(text: string): Scanner {
  const scan = new Scanner();
  const bytes = Buffer.from(text);
  scan.reset(bytes, bytes.length);
  return scan;
}

/** Learns the wanted keys of a text line by line, as the parsers do. */
function learn(order: KeyOrder<string>, text: string, wanted: ReadonlySet<string>): void {
  order.begin();
  let pos = 0;
  for (const line of text.split('\n')) {
    const key = line.split(' ')[0];
    if (wanted.has(key)) order.add(scanner(text), pos, pos + key.length, key);
    pos += line.length + 1;
  }
  order.end();
}

function found(order: KeyOrder<string>, text: string): Map<string, number> | undefined {
  const places = new Int32Array(64);
  const scan = scanner(text);
  if (!order.locate(scan, places)) return undefined;
  return new Map(
    Array.from({ length: order.size }, (_, i) => {
      scan.pos = places[i];
      return [order.at(i), scan.uint()];
    }),
  );
}

const key = fc.stringMatching(/^[a-z_]{1,8}$/);
const lines = fc.uniqueArray(key, { minLength: 1, maxLength: 30 });

test('finds after other values of the same keys what a full parse finds', () => {
  fc.assert(
    fc.property(
      lines,
      fc.nat({ max: 29 }),
      fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
      (keys, step, numbers) => {
        const wanted = new Set(keys.filter((_, i) => i % (1 + (step % 5)) === 0));
        const text = (from: number): string => `${keys.map((each, i) => `${each} ${numbers[from + i]}`).join('\n')}\n`;
        const order = new KeyOrder<string>();
        learn(order, text(0), wanted);
        const expected = new Map(keys.flatMap((each, i) => (wanted.has(each) ? [[each, numbers[30 + i]]] : [])));
        expect(found(order, text(30))).toEqual(expected);
      },
    ),
  );
});

test('a key that is missing, cut off or in another place calls for a full parse', () => {
  const order = new KeyOrder<string>();
  const text = 'cache 1\nrss 2\ntotal_rss 3\n';
  learn(order, text, new Set(['cache', 'total_rss']));
  expect(found(order, text)).toEqual(
    new Map([
      ['cache', 1],
      ['total_rss', 3],
    ]),
  );
  expect(found(order, 'rss 2\ntotal_rss 3\n')).toBeUndefined();
  expect(found(order, 'rss 2\ncache 1\ntotal_rss 3\n')).toBeUndefined();
  expect(found(order, 'cache 1\nrss 2\ntotal_rss ')).toBeUndefined();
  expect(found(order, 'total_rss 3\ncache 1\n')).toBeUndefined();
  expect(found(order, '')).toBeUndefined();
});

test('nothing is looked for past the end of what was read', () => {
  const order = new KeyOrder<string>();
  learn(order, 'a 1\nb 2\n', new Set(['a', 'b']));
  const scan = scanner('a 1\nb 2\n');
  scan.end = 4;
  expect(order.locate(scan, new Int32Array(4))).toBe(false);
});
