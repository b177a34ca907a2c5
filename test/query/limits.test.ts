/** What ends a query before it has an answer, and how that is told. */
import { describe, expect, test } from 'vitest';
import type { SeriesSource } from '../../src/core/source.ts';
import { markStale } from '../../src/core/stale.ts';
import { createQueryEngine, type QueryEngineOptions } from '../../src/query/engine.ts';
import { createMemorySource } from '../../src/query/memory-source.ts';
import { QueryError } from '../../src/query/query-error.ts';

const SAMPLES = 2000;
const timestamps_ms = Float64Array.from({ length: SAMPLES }, (_, i) => i * 1000);
const values = timestamps_ms.map((_, i) => i % 17);
const source = createMemorySource(
  Array.from({ length: 50 }, (_, i) => ({ labels: { __name__: 'x_total', i: String(i) }, timestamps_ms, values })),
);
const END = (SAMPLES - 1) * 1000;

async function failure(
  run: (engine: ReturnType<typeof createQueryEngine>) => Promise<unknown>,
  options: QueryEngineOptions = {},
): Promise<QueryError> {
  const error = await run(createQueryEngine(source, options)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(QueryError);
  return error as QueryError;
}

describe('samples', () => {
  test.each([
    ['x_total'],
    ['rate(x_total[10m])'],
    ['max_over_time(x_total[1h:1s])'],
    ['sum_over_time(vector(1)[30d:1ms])'],
    ['x_total @ 5'],
    ['count_values("v", x_total)'],
  ])('%s', async (expr) => {
    const { code, message } = await failure((engine) => engine.range(expr, 0, END, 1000), { max_samples: 1000 });
    expect(code).toBe('too_many_samples');
    expect(message).toBe('query processing would load too many samples into memory in query execution');
  });

  test('what is no longer needed does not count', async () => {
    const engine = createQueryEngine(source, { max_samples: 150_000 });
    const sums = Array.from({ length: 8 }, () => 'sum(x_total)').join(' + ');
    expect((await engine.range(sums, 0, END, 1000)).resultType).toBe('matrix');
  });

  test('more steps than there can be', async () => {
    const { code } = await failure((engine) => engine.range('1', 0, 8e15, 1));
    expect(code).toBe('too_many_samples');
  });
});

describe('time', () => {
  const slow = 'quantile_over_time(0.9, x_total[30m])';

  test('of the evaluation', async () => {
    const { code, message } = await failure((engine) => engine.range(slow, 0, END, 100), { timeout_ms: 60 });
    expect([code, message]).toEqual(['timeout', 'query timed out in expression evaluation']);
  });

  test('of a source that does not hurry', async () => {
    const lazy: SeriesSource = {
      select: () => new Promise((resolve) => setTimeout(() => resolve([]), 80)),
    };
    const answer = createQueryEngine(lazy, { timeout_ms: 40 }).instant('x_total', 0);
    await expect(answer).rejects.toMatchObject({ code: 'timeout' });
  });

  test('a query that is given up ends soon, and others get their turn meanwhile', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const { signal } = controller;
    const { code } = await failure((engine) => engine.range(slow, 0, END, 50, { signal }));
    expect(code).toBe('canceled');
  });

  test('a query that was given up before it began', async () => {
    const { code } = await failure((engine) => engine.instant('1', 0, { signal: AbortSignal.abort() }));
    expect(code).toBe('canceled');
  });

  test('a pattern that ruins backtracking machines', async () => {
    const label = 'a'.repeat(20_000);
    const one = createMemorySource([{ labels: { __name__: 'm', label }, timestamps_ms: [0], values: [1] }]);
    const engine = createQueryEngine(one, { timeout_ms: 5000 });
    for (const expr of ['m{label=~"(a+)+b"}', 'm{label=~"(a|a)*b"}', 'label_replace(m, "x", "$1", "label", "(.*a)*b")'])
      expect(await engine.instant(expr, 0)).toMatchObject({ resultType: 'vector' });
  });
});

describe('places of errors', () => {
  test.each([
    ['sum(rate(up))', 1, 10, 'expected type range vector in call to function "rate", got instant vector'],
    ['up +\n  up{job="a"', 2, 13, 'unexpected end of input in label matching'],
    ['up and\n\n 1', 1, 1, 'set operator "and" not allowed in binary scalar expression'],
    ['1 >2', 1, 3, 'comparisons between scalars must use BOOL modifier'],
    ['1>2', 1, 2, 'comparisons between scalars must use BOOL modifier'],
    ['foo(up)', 1, 1, 'unknown function with name "foo"'],
    ['up + holt_winters(up[5m], 1, 1)', 1, 6, 'unknown function with name "holt_winters"'],
    ['up{job=~"a("}', 1, 4, 'error parsing regexp: missing closing ): `^(?s:a()$`'],
    ['up{job=~"(?=a)"}', 1, 4, 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['up[5m:0s]', 1, 7, 'duration must be greater than 0'],
    ['sum by (a) up', 1, 12, 'unexpected "up" in aggregation'],
    ['"abc', 1, 1, 'unterminated quoted string'],
    ['round(up, 1, 2)', 1, 1, 'expected at most 2 argument(s) in call to "round", got 3'],
    ['info(up)', 1, 1, 'function "info" is experimental and not supported'],
    ['up[5m] anchored', 1, 8, 'anchored modifier is experimental and not enabled'],
    ['up + fill(0) up', 1, 6, 'the experimental fill modifiers are not supported'],
    ['up[5m + 1m]', 1, 4, 'experimental duration expression is not enabled'],
    [`${'('.repeat(2000)}1${')'.repeat(2000)}`, 1, 1002, 'the expression is nested too deeply'],
  ])('%s', async (expr, line, column, text) => {
    const error = await failure((engine) => engine.instant(expr, 0));
    expect(error).toMatchObject({ code: 'bad_data', line, column });
    expect(error.message).toBe(`${line}:${column}: parse error: ${text}`);
  });

  test('of the evaluation', async () => {
    const error = await failure((engine) => engine.instant('1 + sum(x_total / on () x_total)', 0));
    expect(error).toMatchObject({ code: 'execution', line: 1, column: 9 });
    expect(error.message).toMatch(/^found duplicate series for the match group \{\} on the right hand-side/);
  });

  test.each([
    ['end before start', 10, 5, 1],
    ['no step', 0, 5, 0],
    ['a time that is none', Number.NaN, 5, 1],
  ])('%s', async (_, start, end, step) => {
    const error = await failure((engine) => engine.range('1', start, end, step));
    expect(error).toMatchObject({ code: 'bad_data', line: null, column: null });
  });
});

describe('memory source', () => {
  const labels = { __name__: 'm' };

  test('stale markers survive a plain array', async () => {
    const column = Float64Array.of(1, 2, 3);
    markStale(column, 1);
    for (const each of [column, Array.from(column), [...column]]) {
      const engine = createQueryEngine(createMemorySource([{ labels, timestamps_ms: [0, 1000, 2000], values: each }]));
      expect((await engine.instant('m', 1000)).result).toEqual([]);
      expect((await engine.instant('count_over_time(m[5s])', 2000)).result).toEqual([{ metric: {}, value: [2, '2'] }]);
    }
  });

  test('an ordinary NaN is a value', async () => {
    const engine = createQueryEngine(createMemorySource([{ labels, timestamps_ms: [0], values: [Number.NaN] }]));
    expect((await engine.instant('m', 0)).result).toEqual([{ metric: labels, value: [0, 'NaN'] }]);
  });

  test.each([
    ['two lengths', [{ labels, timestamps_ms: [0, 1], values: [1] }]],
    ['no order', [{ labels, timestamps_ms: [1, 0], values: [1, 2] }]],
    ['no time', [{ labels, timestamps_ms: [Number.NaN], values: [1] }]],
    [
      'the same series twice',
      [1, 2].map((value) => ({ labels: { ...labels, a: '' }, timestamps_ms: [0], values: [value] })),
    ],
  ])('refuses %s', (_, series) => {
    expect(() => createMemorySource(series)).toThrow(TypeError);
  });

  test('options are checked', () => {
    for (const options of [{ lookback_ms: 0 }, { max_samples: -1 }, { timeout_ms: Number.NaN }])
      expect(() => createQueryEngine(source, options)).toThrow(RangeError);
  });
});

test('what a source is told', async () => {
  const asked: unknown[] = [];
  const recorder: SeriesSource = {
    select(matchers, startMs, endMs, hints) {
      asked.push([matchers.at(-1)?.value, startMs, endMs, hints]);
      return [];
    },
  };
  const engine = createQueryEngine(recorder);
  const expr = 'sum by (job) (rate(a[5m] offset 1m)) / max without (x) (b) + max_over_time(c[1h:30s] @ 1000)';
  await engine.range(expr, 4_000_000, 5_000_000, 60_000);
  expect(asked).toEqual([
    ['a', 3_640_001, 4_900_000, { func: 'rate', rangeMs: 300_000, stepMs: 60_000 }],
    ['b', 3_700_001, 4_960_000, { func: 'max', rangeMs: 0, stepMs: 60_000, grouping: { labels: ['x'], by: false } }],
    ['c', 1_000_000 - 3_600_000 - 300_000 + 1, 1_000_000, { func: 'max_over_time', rangeMs: 0, stepMs: 30_000 }],
  ]);
});
