/** Runs test/fixtures/promql/*.test, written in Prometheus's language for tests of PromQL engines. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { check, parseTestFile } from './support/promqltest.ts';

const folder = path.resolve(import.meta.dirname, '../fixtures/promql');
const files = fs.readdirSync(folder).filter((file) => file.endsWith('.test'));

describe.each(files)('%s', (file) => {
  const evaluations = parseTestFile(fs.readFileSync(path.join(folder, file), 'utf8'));
  // Files of that name are about the flag.
  const delayed_name_removal = file.startsWith('delayed');

  test.each(evaluations.map((each) => [`${each.line}: ${each.expr}`, each] as const))('%s', async (_, evaluation) => {
    expect(await check(evaluation, { delayed_name_removal })).toBeUndefined();
  });
});

test('a wrong expectation is found', async () => {
  const text =
    'load 1m\n  up{job="a"} 1 2 3\neval instant at 2m up\n  up{job="a"} 4\neval instant at 2m up\n  expect fail\n';
  for (const evaluation of parseTestFile(text)) expect(await check(evaluation)).toMatch(/^(?:got|did not fail)/);
});
