import { expect, test } from 'vitest';
import { closest } from '../../src/config/suggest.ts';

test.each([
  ['intervall', 'interval'],
  ['intreval', 'interval'],
  ['INTERVAL', 'interval'],
  ['int', 'interval'],
  ['duratoin', 'duration'],
  ['xyz', undefined],
  ['', undefined],
  ['i', undefined],
])('%s: %s', (name, expected) => {
  expect(closest(name, ['duration', 'interval', 'warn'])).toBe(expected);
});
