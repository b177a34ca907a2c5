/** Our engine and Debian's Prometheus 2.42 answer the same, expression by expression, over the same data. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQueryEngine, type QueryEngine } from '../../src/query/engine.ts';
import { createMemorySource } from '../../src/query/memory-source.ts';
import { type Case, casesOf, type Outcome, runCases } from './support/cases.ts';
import { dataset } from './support/dataset.ts';
import { handwritten } from './support/expressions.ts';
import { exclusions } from './support/exclusions.ts';
import { Generator } from './support/generator.ts';
import { type Prometheus, startPrometheus } from './support/prometheus.ts';

const GENERATED = 700;

let prometheus: Prometheus;
let engine: QueryEngine;

beforeAll(async () => {
  const series = dataset();
  prometheus = await startPrometheus(series);
  engine = createQueryEngine(createMemorySource(series));
});

afterAll(() => prometheus?.stop());

function report({ different }: Outcome): string[] {
  return different.map(({ expr, where, problem }) => `${expr}   [${where}]   ${problem}`);
}

describe('the answers of Prometheus 2.42', () => {
  test('to what is written by hand', async () => {
    const outcome = await runCases(casesOf(handwritten), prometheus, engine);
    expect(report(outcome)).toEqual([]);
    expect(outcome.compared).toBeGreaterThan(1200);
    expect(outcome.refused).toBeGreaterThan(100);
    expect(outcome.filled / outcome.compared).toBeGreaterThan(0.6);
  }, 120_000);

  test('to what a generator makes', async () => {
    const generator = new Generator(2042);
    const cases: Case[] = casesOf(Array.from({ length: GENERATED }, () => generator.expression()));
    const outcome = await runCases(cases, prometheus, engine);
    expect(report(outcome)).toEqual([]);
    expect(outcome.compared).toBeGreaterThan(600);
    expect(outcome.filled / outcome.compared).toBeGreaterThan(0.5);
  }, 120_000);

  test('every exclusion is about something that is asked', () => {
    for (const { reason, matches } of exclusions) expect(handwritten.some(matches), reason).toBe(true);
  });
});
