import { expect, test } from 'vitest';
import { labelText } from '../../src/collect/utf8.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each([
  ['plain', 'plain', 'plain'],
  ['a run of foreign bytes is one mark', 'a\xff\xfe\xfdb\xff', 'a\uFFFDb\uFFFD'],
  ['a character cut short', 'a\xe2\x82b', 'a\uFFFDb'],
  ['marks that stand in the text stay as many as they are', '\xef\xbf\xbd\xef\xbf\xbd', '\uFFFD\uFFFD'],
  ['both beside each other', '\xff\xff\xef\xbf\xbd\xff', '\uFFFD\uFFFD\uFFFD'],
  ['nothing', '', ''],
])('%s', (_, raw, text) => {
  expect(labelText(bytes(raw))).toBe(text);
});
