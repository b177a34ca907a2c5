/** Garbage collections, compared with what V8 itself traces. */
import { beforeAll, expect, test } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram, runRaw } from '../support/agent-probes.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

let preload: string;
beforeAll(async () => {
  preload = await probePreload(['gc', 'heap']);
});

/** Allocates hard for a second, with many collections in each turn of the loop. */
const CHURN = `
  let kept = [];
  const churn = () => {
    for (let i = 0; i < 3e5; i++) kept.push({ i, text: 'x' + i });
    if (kept.length > 1e6) kept = [];
  };
  for (const end = Date.now() + 1000; Date.now() < end; await sleep(0)) churn();
`;

const count = (series: Series, kind: string): number => series[`nodejs_gc_duration_seconds_count{kind="${kind}"}`];

const nodes = [process.execPath, ...otherNodes.map((version) => otherNode(version))];

test.each(nodes)('%s: counts are those of --trace-gc', async (node) => {
  if (node === undefined) return;
  // The marks are written past V8's buffer, in its order: without one, as stdout is then the same file.
  const text = `
    const fs = require('fs');
    const [scope] = [read()];
    fs.writeSync(1, 'BEGIN\\n');
    ${CHURN}
    kept = undefined;
    await sleep(50);
    const series = read();
    fs.writeSync(1, 'END\\n');
    out([scope, series]);
  `;
  const { stdout } = await runRaw(preload, text, { node, flags: ['--trace-gc'] });
  const lines = stdout.split('\n');
  const traced = lines.slice(lines.indexOf('BEGIN'), lines.indexOf('END'));
  const [before, after] = JSON.parse(lines.find((line) => line.startsWith('[{')) as string) as [Series, Series];
  const minor = traced.filter((line) => line.includes(' ms: Scavenge ')).length;
  const major = traced.filter((line) => / ms: Mark-(Compact|sweep) /i.test(line)).length;
  expect(minor).toBeGreaterThan(5);
  expect(major).toBeGreaterThan(0);
  expect([count(after, 'minor') - count(before, 'minor'), count(after, 'major') - count(before, 'major')]).toEqual([
    minor,
    major,
  ]);
  expect(after.failures).toBe(0);
  // The pauses that V8 traces, in milliseconds: `… -> 5.1 (8.1) MB, 1.23 / 0.00 ms …`.
  const pauses = traced.map((line) => Number(/ MB, ([\d.]+) \//.exec(line)?.[1] ?? 0)).reduce((a, b) => a + b, 0);
  const sum = (series: Series): number =>
    ['minor', 'major'].reduce((all, kind) => all + series[`nodejs_gc_duration_seconds_sum{kind="${kind}"}`], 0);
  expect((sum(after) - sum(before)) * 1000).toBeGreaterThan(0.8 * pauses);
});

test('reading takes nothing away, and stopping ends it', async () => {
  const [a, b, c, d] = await runProgram<Series>(
    preload,
    `${CHURN} await sleep(50); out(read()); out(read()); stop(); for (const end = Date.now() + 500; Date.now() < end; await sleep(0)) churn(); await sleep(50);
     out(read()); out(read());`,
  );
  expect(count(a, 'minor')).toBeGreaterThan(5);
  expect(count(b, 'minor')).toBe(count(a, 'minor'));
  expect(count(c, 'minor')).toBe(count(a, 'minor'));
  expect(count(d, 'minor')).toBe(count(a, 'minor'));
});

test('heap in use after a major collection', async () => {
  const [first, second, third] = await runProgram<Series>(
    preload,
    `out(read());
     gc(); await sleep(20); out(read());
     globalThis.kept = Array.from({ length: 2e6 }, (_, i) => ({ i })); gc(); await sleep(20); out(read());`,
    { flags: ['--expose-gc'] },
  );
  const name = 'codoperf_heap_used_after_major_gc_bytes';
  expect(first).not.toHaveProperty(name);
  expect(second[name]).toBeGreaterThan(1e6);
  expect(third[name] - second[name]).toBeGreaterThan(2e7);
  expect(third[name]).toBeLessThan(third.nodejs_heap_size_total_bytes);
});

test('sizes of the heap and of what is outside', async () => {
  const [before, after] = await runProgram<Series>(
    preload,
    `out(read()); globalThis.kept = Buffer.alloc(5e7); out(read());`,
    { flags: ['--max-old-space-size=200'] },
  );
  const grown = after.codoperf_array_buffers_bytes - before.codoperf_array_buffers_bytes;
  expect(grown).toBeGreaterThanOrEqual(5e7);
  expect(grown).toBeLessThan(5.1e7);
  expect(after.nodejs_external_memory_bytes - before.nodejs_external_memory_bytes).toBeGreaterThanOrEqual(5e7);
  expect(after.codoperf_heap_limit_bytes).toBeGreaterThanOrEqual(200 * 2 ** 20);
  expect(after.codoperf_heap_limit_bytes).toBeLessThan(400 * 2 ** 20);
  expect(after.nodejs_heap_size_used_bytes).toBeLessThanOrEqual(after.nodejs_heap_size_total_bytes);
  expect(after['nodejs_heap_space_size_used_bytes{space="old"}']).toBeGreaterThan(0);
  expect(after.codoperf_native_contexts).toBeGreaterThanOrEqual(1);
  expect(after.codoperf_detached_contexts).toBe(0);
  expect(after.codoperf_malloced_memory_bytes).toBeGreaterThan(0);
});
