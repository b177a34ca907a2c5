/** What holds of every expression. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueryEngine } from '../../src/query/engine.ts';
import { formatFloat, formatSample } from '../../src/query/format-float.ts';
import { createMemorySource } from '../../src/query/memory-source.ts';
import type { Expr } from '../../src/query/promql/ast.ts';
import { parsePromql } from '../../src/query/promql/parse.ts';
import { printPromql } from '../../src/query/promql/print.ts';
import { QueryError } from '../../src/query/query-error.ts';
import type { QueryResult } from '../../src/core/querier.ts';
import { BEGIN_MS, dataset } from './support/dataset.ts';
import { handwritten } from './support/expressions.ts';
import { Generator } from './support/generator.ts';

const engine = createQueryEngine(createMemorySource(dataset()));
const generated = fc.integer({ min: 0, max: 2 ** 31 }).map((seed) => new Generator(seed).expression());

/** The tree without places. */
function bare(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value: unknown) => {
      if (key === 'from' || key === 'to' || key === 'operatorFrom') return undefined;
      return typeof value === 'number' ? String(value) : value;
    }),
  );
}

function parses(text: string): boolean {
  try {
    parsePromql(text);
    return true;
  } catch (error) {
    if (error instanceof QueryError) return false;
    throw error;
  }
}

test('what is printed parses to the same tree', () => {
  const reprint = (text: string): void => {
    const tree = parsePromql(text);
    expect(bare(parsePromql(printPromql(tree))), text).toEqual(bare(tree));
  };
  const written = handwritten.filter(parses);
  expect(written.length).toBeGreaterThan(500);
  for (const text of written) reprint(text);
  fc.assert(fc.property(generated, reprint), { numRuns: 500 });
});

test('any text is parsed or refused with its place', () => {
  const words = 'up ( ) { } [5m] [5m:1m] by on sum rate , "x" 1 - * =~ = offset @ and é #'.split(' ');
  const soup = fc.array(fc.constantFrom(...words, ' ', '\n'), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        soup.map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          parsePromql(text);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
          const { code, line, column } = error as QueryError;
          expect(code).toBe('bad_data');
          expect(text.split('\n').length).toBeGreaterThanOrEqual(line as number);
          expect(column).toBeGreaterThan(0);
          expect(text.split('\n')[(line as number) - 1].length + 1).toBeGreaterThanOrEqual(column as number);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

/** Label set to value at a moment in Unix seconds. */
function at(result: QueryResult, time: number): Map<string, string> {
  const values = new Map<string, string>();
  if (result.resultType === 'scalar') return values.set('[]', result.result[1]);
  if (result.resultType !== 'vector' && result.resultType !== 'matrix') throw new Error(result.resultType);
  for (const row of result.result) {
    const samples = 'value' in row ? [row.value] : row.values;
    const key = JSON.stringify(Object.entries(row.metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    for (const [moment, value] of samples) if (moment === time) values.set(key, value);
  }
  return values;
}

test('a range query has at each step what an instant query has', async () => {
  const [start, step, count] = [BEGIN_MS + 10 * 60_000 + 500, 4 * 60_000, 6];
  // `start()`, `end()` mean something else there, and topk of a group may keep another of equal ones.
  const comparable = generated.filter((text) => !/start\(\)|end\(\)/.test(text));
  await fc.assert(
    fc.asyncProperty(comparable, async (text) => {
      const range = await engine
        .range(text, start, start + (count - 1) * step, step)
        .catch((error: QueryError) => error);
      if (range instanceof Error) return;
      for (let i = 0; i < count; i++) {
        const moment = start + i * step;
        expect(at(range, moment / 1000), text).toEqual(at(await engine.instant(text, moment), moment / 1000));
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('numbers are written so that they read back as the same', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const parse = (text: string): number => Number(text.replace('Inf', 'Infinity'));
      expect(parse(formatFloat(value))).toBe(value);
      expect(parse(formatSample(value))).toBe(value);
      expect(formatFloat(value)).toMatch(/^(?:NaN|[-+]Inf|-?\d+(?:\.\d+)?)$/);
    }),
  );
  expect([1e21, 1e-7, 1.5e-7, -0, 123456789012345680000].map(formatFloat)).toEqual([
    '1000000000000000000000',
    '0.0000001',
    '0.00000015',
    '-0',
    '123456789012345680000',
  ]);
  expect([1e21, 1e-7, 1.5e300, 1e20, 0.000001].map(formatSample)).toEqual([
    '1e+21',
    '1e-07',
    '1.5e+300',
    '100000000000000000000',
    '0.000001',
  ]);
});
