/** The differential test of PromQL with ten times as many generated expressions. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createQueryEngine, type QueryEngine } from '../../src/query/engine.ts';
import { createMemorySource } from '../../src/query/memory-source.ts';
import { casesOf, runCases } from '../query/support/cases.ts';
import { dataset } from '../query/support/dataset.ts';
import { Generator } from '../query/support/generator.ts';
import { type Prometheus, startPrometheus } from '../query/support/prometheus.ts';

const EXPRESSIONS = 500;

let prometheus: Prometheus;
let engine: QueryEngine;

beforeAll(async () => {
  const series = dataset();
  prometheus = await startPrometheus(series);
  engine = createQueryEngine(createMemorySource(series));
});

afterAll(() => prometheus?.stop());

for (let seed = 1; seed <= 14; seed++) {
  test(`expressions of seed ${seed}`, async () => {
    const generator = new Generator(seed);
    const cases = casesOf(Array.from({ length: EXPRESSIONS }, () => generator.expression(4)));
    const { different, compared } = await runCases(cases, prometheus, engine);
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(EXPRESSIONS);
  }, 300_000);
}
