/** Percentiles are R type 7 while exact and within 0.5 % after; memory is bounded either way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Distribution, ExactBudget } from '../../src/report/distribution.ts';

function naive(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const h = (sorted.length - 1) * q;
  const low = sorted[Math.floor(h)];
  const high = sorted[Math.ceil(h)];
  return low + (h - Math.floor(h)) * (high - low);
}

function filled(values: readonly number[], budget?: ExactBudget): Distribution {
  const distribution = new Distribution(budget);
  for (const value of values) distribution.add(value, 1);
  return distribution;
}

/** Without -0, which no source gives and `<` does not tell from 0. */
const value = fc
  .oneof(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), fc.constantFrom(0, 1, 0.1, 1 / 3))
  .map((each) => each + 0);

test('as R computes it: quantile(c(1, 2, 4, 8, 16), type = 7)', () => {
  expect(filled([16, 1, 8, 2, 4]).summary()).toEqual({
    min: 1,
    mean: 6.2,
    p50: 4,
    p95: expect.closeTo(14.4, 12) as number,
    p99: expect.closeTo(15.68, 12) as number,
    max: 16,
    last: 4,
    samples: 5,
  });
});

test('exact percentiles are those of a naive implementation', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
      const summary = filled(values).summary();
      for (const [name, q] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const)
        expect(summary[name]).toBe(naive(values, q));
      expect(summary.min).toBe(Math.min(...values));
      expect(summary.max).toBe(Math.max(...values));
    }),
  );
});

test('a long run of one value and then others is as exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4000 }), value, fc.array(value, { maxLength: 50 }), (times, same, others) => {
      const values = [...Array.from({ length: times }, () => same), ...others];
      fc.pre(values.length > 0);
      expect(filled(values).summary().p95).toBe(naive(values, 0.95));
    }),
  );
});

test.each([
  ['uniform', () => Math.random() * 1000],
  ['exponential', () => -Math.log(1 - Math.random()) * 1e-3],
  ['both signs', () => (Math.random() - 0.5) * 1e9],
  ['twelve decades', () => 10 ** (Math.random() * 12 - 6)],
])('beyond 4,096 values the error is at most 0.5 %% (%s)', (_name, next) => {
  const values = Array.from({ length: 20_000 }, next);
  const summary = filled(values).summary();
  const sorted = values.toSorted((a, b) => a - b);
  for (const [name, q] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    // The sketch answers with an order statistic next to the rank, without interpolation.
    const near = [Math.floor, Math.ceil].map((round) => sorted[round(q * (sorted.length - 1))]);
    const error = Math.min(...near.map((each) => Math.abs((summary[name] as number) - each) / Math.abs(each)));
    expect(error).toBeLessThanOrEqual(0.005 + 1e-9);
  }
  expect(summary).toMatchObject({ min: sorted[0], max: sorted[sorted.length - 1], samples: 20_000 });
});

test('the mean weighs by time, and without any weight is the last value', () => {
  const distribution = new Distribution();
  distribution.add(1, 3);
  distribution.add(5, 1);
  expect(distribution.mean()).toBe(2);
  const weightless = new Distribution();
  weightless.add(7, 0);
  expect(weightless.mean()).toBe(7);
  expect(new Distribution().mean()).toBeNaN();
  expect(new Distribution().summary()).toEqual({
    min: null,
    mean: null,
    p50: null,
    p95: null,
    p99: null,
    max: null,
    last: null,
    samples: 0,
  });
});

test('equal values have that mean, not one a rounding away', () => {
  expect(filled(Array.from({ length: 1000 }, () => 0.1)).summary()).toMatchObject({
    min: 0.1,
    mean: 0.1,
    p99: 0.1,
    max: 0.1,
  });
});

test('memory is bounded: by the sketch for one, by the budget for thousands', () => {
  const budget = new ExactBudget(10_000);
  const many = Array.from({ length: 500 }, () => new Distribution(budget));
  for (let i = 0; i < 200; i++) for (const [n, each] of many.entries()) each.add(Math.sin(i * n), 1);
  expect(budget.left).toBeGreaterThanOrEqual(0);
  expect(many.every(({ samples }) => samples === 200)).toBe(true);
  const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const long = new Distribution();
  for (let i = 0; i < 1_000_000; i++) long.add(1e-6 * 1.00001 ** i, 1);
  const grown = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before;
  expect(grown).toBeLessThan(8e6);
});

test('what never changes keeps nothing', () => {
  const budget = new ExactBudget(1000);
  const still = new Distribution(budget);
  for (let i = 0; i < 100_000; i++) still.add(42, 1);
  expect(budget.left).toBe(1000);
  still.add(43, 1);
  expect(still.summary()).toMatchObject({ p50: expect.closeTo(42, 0) as number, max: 43, samples: 100_001 });
});
