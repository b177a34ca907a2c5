/** What is shown of a command line, and what is not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownCommand } from '../../src/agent/command.ts';

test.each([
  [['node', 'app.js', '--port', '80'], 'node app.js --port 80'],
  [['node', '--password', 'x'], 'node --password ***'],
  [['node', '--password=x y'], 'node --password=*** y'],
  [['node', '--db-password', '-x'], 'node --db-password ***'],
  [['node', '--no-password', '--port'], 'node --no-password --port'],
  [['node', '-token', 'x', 'y'], 'node -token *** y'],
  [['node', '--client-secret', 'x'], 'node --client-secret ***'],
  [['node', '--apiKey', 'x'], 'node --apiKey ***'],
  [['node', '--api-key=x'], 'node --api-key=***'],
  [['node', 'AWS_SECRET_ACCESS_KEY=x', 'MY_KEY=x', 'PORT=1'], 'node AWS_SECRET_ACCESS_KEY=*** MY_KEY=*** PORT=1'],
  [['node', 'redis://u:p@h/0'], 'node redis://***@h/0'],
  [['node', 'redis://:p@ss/w@h/0'], 'node redis://***@h/0'],
  [['node', 'https://token@h/x'], 'node https://***@h/x'],
  [['node', 'http://h/x?access_token=t&y=1'], 'node http://h/x?access_token=***&y=1'],
  [['node', '-e', 'f("redis://a:b@c"); f({"password": "x"})'], 'node -e f("redis://***@c"); f({"password": "***"})'],
  [['node', '-H', 'Authorization: Bearer abc.def'], 'node -H Authorization: Bearer ***'],
  [['node', 'tokenizer.js', 'keys.txt', 'passenger=7'], 'node tokenizer.js keys.txt passenger=7'],
])('%j', (words, shown) => {
  expect(shownCommand(words)).toBe(shown);
});

test('any arguments give at most 512 characters, without the secret', () => {
  const secret = 'S3CRET-VALUE';
  const hidden = fc.constantFrom(`--token=${secret}`, `x://u:${secret}@h`, `X_KEY=${secret}`, `{"secret":"${secret}"}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), hidden), { maxLength: 20 }), (words) => {
      const shown = shownCommand(words);
      return shown.length <= 512 && !shown.includes(secret);
    }),
  );
});

test('long and hostile arguments take no time', () => {
  const hostile = ['://'.repeat(50_000), 'a://b:'.repeat(50_000), '-_key'.repeat(50_000), '"token'.repeat(50_000)];
  const began = performance.now();
  expect(shownCommand([...hostile, ...Array.from({ length: 100_000 }, () => 'x')]).length).toBe(512);
  expect(performance.now() - began).toBeLessThan(1000);
});
