/** `RepairedTable`: every outcome by name, and that a repaired counter only falls where it says so. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, TableSpec } from '../../src/core/metric.ts';
import { Outcome, outcomeNames } from '../../src/core/outcome.ts';
import { RepairedTable } from '../../src/core/repair.ts';
import { Table } from '../../src/core/table.ts';

const TWO_32 = 2 ** 32;
const figure = (metric: string, more: Partial<Column> = {}): Column => ({
  metric,
  type: 'counter',
  unit: 'count',
  help: 'A figure.',
  ...more,
});
const columns = [
  figure('plain_total'),
  figure('wobbly_total', { mayFallBy: 3 }),
  figure('short_total', { wrapAt: TWO_32 }),
  figure('level', { type: 'gauge' }),
  figure('untyped_count', { type: 'untyped', cumulative: true }),
];
const spec: TableSpec = { name: 'repair', labels: ['device'], columns };

/** One table, read once a second. `null` in place of figures is a read without the subject. */
class Host {
  readonly table: Table;
  readonly repaired: RepairedTable;
  private seconds = 0;

  constructor(each: TableSpec = spec) {
    this.table = new Table(each);
    this.repaired = new RepairedTable(this.table);
  }

  read(
    subjects: Record<string, readonly number[]>,
    { gap = false, readable = true, identity = Number.NaN } = {},
  ): void {
    this.table.begin();
    for (const [key, figures] of Object.entries(subjects)) {
      const slot = this.table.slot(key, [key]);
      this.table.identify(slot, identity);
      this.table.values.set(figures, slot * this.table.width);
    }
    this.table.commit();
    this.repaired.update(this.seconds++, gap, readable);
  }

  /** Outcome, value and increase of a column of a subject that has a slot. */
  at(key: string, column = 0): [string, number, number] {
    const { repaired, table } = this;
    const slot = Array.from({ length: table.size }, (_, i) => i).find((i) => table.used(i) && table.row(i).key === key);
    const i = (slot as number) * table.width + column;
    return [outcomeNames[repaired.outcome[i]], repaired.value[i], repaired.delta[i]];
  }
}

/** Two hundred subjects. */
function many(add: number): Record<string, number[]> {
  return Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`d${i}`, [i + add, 0, 0, 0, 0]]));
}

/** A host that was read with each of `reads` for one subject's figures. */
function after(...reads: readonly (readonly number[])[]): Host {
  const host = new Host();
  for (const figures of reads) host.read({ sda: figures });
  return host;
}

describe('outcomes', () => {
  test('first: the value is known, its increase is not', () => {
    const host = after([100, 1, 1, 7, 5]);
    for (const c of [0, 1, 2, 4]) expect(host.at('sda', c)[0]).toBe('first');
    expect(host.at('sda')).toEqual(['first', 100, Number.NaN]);
    expect(host.repaired.elapsedSeconds).toBeNaN();
  });

  test('ok: the increase is the difference; gauges have none', () => {
    const host = after([100, 1, 1, 7, 5], [130, 2, 1, 4, 9]);
    expect(host.at('sda', 0)).toEqual(['ok', 130, 30]);
    expect(host.at('sda', 2)).toEqual(['ok', 1, 0]);
    expect(host.at('sda', 3)).toEqual(['ok', 4, Number.NaN]);
    expect(host.at('sda', 4)).toEqual(['ok', 9, 4]);
    expect(host.repaired.elapsedSeconds).toBe(1);
  });

  test('reset: a counter fell; what it counted meanwhile is not known', () => {
    const host = after([100, 1, 1, 7, 5], [20, 1, 1, 7, 5], [25, 1, 1, 7, 5]);
    expect(host.at('sda')).toEqual(['ok', 25, 5]);
    expect(after([100, 1, 1, 7, 5], [20, 1, 1, 7, 5]).at('sda')).toEqual(['reset', 20, Number.NaN]);
  });

  test('reset: an untyped figure that only counts up is repaired too', () => {
    expect(after([1, 1, 1, 7, 5], [1, 1, 1, 7, 2]).at('sda', 4)).toEqual(['reset', 2, Number.NaN]);
  });

  test('clamped: a small fall is held until the counter has caught up', () => {
    const host = after([0, 50, 0, 0, 0], [0, 49.5, 0, 0, 0]);
    expect(host.at('sda', 1)).toEqual(['clamped', 50, 0]);
    host.read({ sda: [0, 49.8, 0, 0, 0] });
    expect(host.at('sda', 1)).toEqual(['clamped', 50, 0]);
    host.read({ sda: [0, 51, 0, 0, 0] });
    expect(host.at('sda', 1)).toEqual(['ok', 51, 1]);
  });

  test('reset: a fall beyond the wobble restarts the counters of the whole row, not its gauges', () => {
    const host = after([10, 50, 20, 7, 5], [12, 47, 21, 6, 6]);
    expect(host.at('sda', 1)).toEqual(['reset', 47, Number.NaN]);
    expect(host.at('sda', 0)).toEqual(['reset', 12, Number.NaN]);
    expect(host.at('sda', 3)).toEqual(['ok', 6, Number.NaN]);
  });

  test('ok across a wrap at 2^32, twice', () => {
    const host = after([0, 0, TWO_32 - 10, 0, 0], [0, 0, 5, 0, 0]);
    expect(host.at('sda', 2)).toEqual(['ok', TWO_32 + 5, 15]);
    host.read({ sda: [0, 0, 0.8 * TWO_32, 0, 0] });
    host.read({ sda: [0, 0, 3, 0, 0] });
    expect(host.at('sda', 2)[1]).toBe(2 * TWO_32 + 3);
  });

  test.each([
    ['only a 32-bit counter wraps', 0, [TWO_32 - 10, 5], false],
    ['a fall from the middle is no wrap', 2, [TWO_32 / 2, 5], false],
    ['a fall to the middle is no wrap', 2, [TWO_32 - 10, TWO_32 / 2], false],
    ['a counter that went beyond has 64 bits', 2, [TWO_32 + 10, 5], false],
    ['after a pause nobody knows how often it wrapped', 2, [TWO_32 - 10, 5], true],
  ])('reset: %s', (_, column, [before, now], gap) => {
    const host = new Host();
    const row = (value: number) => columns.map((__, c) => (c === column ? value : 0));
    host.read({ sda: row(before) });
    host.read({ sda: row(now) }, { gap });
    expect(host.at('sda', column)).toEqual(['reset', now, Number.NaN]);
  });

  test('recreated: the same name, another subject', () => {
    const host = new Host();
    host.read({ sda: [100, 0, 0, 1, 0] }, { identity: 7 });
    host.read({ sda: [900, 0, 0, 2, 0] }, { identity: 8 });
    expect(host.at('sda')).toEqual(['recreated', 900, Number.NaN]);
    host.read({ sda: [910, 0, 0, 2, 0] }, { identity: Number.NaN });
    expect(host.at('sda'), 'an identity that is not known proves nothing').toEqual(['ok', 910, 10]);
  });

  test('offline: gone, counted once, and recreated when it is back', () => {
    const host = after([100, 0, 0, 1, 0]);
    host.read({});
    expect(host.at('sda')).toEqual(['offline', Number.NaN, Number.NaN]);
    expect(host.repaired.counts[Outcome.offline]).toBe(columns.length);
    host.read({});
    expect(host.at('sda')[0]).toBe('unavailable');
    expect(host.repaired.counts[Outcome.offline]).toBe(columns.length);
    host.read({ sda: [105, 0, 0, 1, 0] });
    expect(host.at('sda')).toEqual(['recreated', 105, Number.NaN]);
  });

  test('unavailable: the source could not be read', () => {
    const host = after([100, 0, 0, 1, 0]);
    host.read({}, { readable: false });
    expect(host.at('sda')).toEqual(['unavailable', Number.NaN, Number.NaN]);
    expect(host.repaired.counts[Outcome.offline]).toBe(0);
    expect(host.repaired.counts[Outcome.unavailable]).toBe(columns.length);
  });

  test('unavailable: a figure was missing, and its next value is a first one', () => {
    const host = after([100, 0, 0, 1, 0], [Number.NaN, 0, 0, Number.NaN, 0]);
    expect(host.at('sda')).toEqual(['unavailable', Number.NaN, Number.NaN]);
    expect(host.at('sda', 3)[0]).toBe('unavailable');
    expect(host.at('sda', 1)[0]).toBe('ok');
    host.read({ sda: [120, 0, 0, 1, 0] });
    expect(host.at('sda')).toEqual(['first', 120, Number.NaN]);
  });

  test('gap: the increase is true, the interval was no observation', () => {
    const host = after([100, 0, 0, 1, 0]);
    host.read({ sda: [400, 0, 0, 1, 0] }, { gap: true });
    expect(host.at('sda')).toEqual(['gap', 400, 300]);
    expect(host.at('sda', 3)[0]).toBe('ok');
    expect(host.repaired.gap).toBe(true);
    host.read({ sda: [401, 0, 0, 1, 0] });
    expect(host.at('sda')).toEqual(['ok', 401, 1]);
    expect(host.repaired.gap).toBe(false);
  });

  test('a slot that another subject takes over begins with first', () => {
    const host = after([100, 0, 0, 1, 0]);
    for (let i = 0; i < 7; i++) host.read({});
    host.read({ sdb: [5, 0, 0, 1, 0] });
    expect(host.table.size).toBe(1);
    expect(host.at('sdb')).toEqual(['first', 5, Number.NaN]);
  });
});

describe('born at zero', () => {
  const born: TableSpec = { ...spec, bornAtZero: true };

  test('a subject of the first read has no increase, a later one has all of its value', () => {
    const host = new Host(born);
    host.read({ init: [1000, 0, 0, 1, 0] });
    expect(host.at('init')).toEqual(['first', 1000, Number.NaN]);
    host.read({ init: [1001, 0, 0, 1, 0], child: [12, 0, 0, 1, 3] });
    expect(host.at('child')).toEqual(['first', 12, 12]);
    expect(host.at('child', 3), 'a gauge has no increase').toEqual(['first', 1, Number.NaN]);
    expect(host.at('child', 4)).toEqual(['first', 3, 3]);
  });

  test('a recycled pid began at zero; one that was out of sight did not', () => {
    const host = new Host(born);
    host.read({ pid: [1000, 0, 0, 1, 0] }, { identity: 1 });
    host.read({ pid: [4, 0, 0, 1, 0] }, { identity: 2 });
    expect(host.at('pid')).toEqual(['recreated', 4, 4]);
    host.read({});
    host.read({ pid: [9, 0, 0, 1, 0] }, { identity: 2 });
    expect(host.at('pid')).toEqual(['recreated', 9, Number.NaN]);
  });
});

describe('properties', () => {
  const raw = fc.oneof(
    fc.nat(1000),
    fc.double({ min: 0, max: 1e7, noNaN: true }),
    fc.constantFrom(0, TWO_32 - 1, TWO_32 - 7, 0.8 * TWO_32, 2 ** 53, Number.NaN),
  );
  const row = fc.tuple(raw, raw, raw, raw, raw);
  const reads = fc.array(
    fc.record({
      row: fc.option(row, { freq: 6 }),
      gap: fc.boolean(),
      identity: fc.constantFrom(1, 1, 1, 2, Number.NaN),
    }),
    { minLength: 2, maxLength: 40 },
  );
  const mayFall = new Set(['reset', 'recreated', 'first']);

  test('a repaired counter falls only at reset, recreated or first, and its increases add up', () => {
    fc.assert(
      fc.property(reads, (all) => {
        const host = new Host();
        const last = columns.map(() => Number.NaN);
        for (const { row: figures, gap, identity } of all) {
          host.read(figures === null ? {} : { sda: figures }, { gap, identity });
          if (figures === null) continue;
          for (const c of [0, 1, 2, 4]) {
            const [outcome, value, delta] = host.at('sda', c);
            if (outcome === 'unavailable') continue;
            if (mayFall.has(outcome)) expect(delta).toBeNaN();
            else {
              expect(value).toBeGreaterThanOrEqual(last[c]);
              expect(delta).toBeGreaterThanOrEqual(0);
              expect(Math.abs(value - last[c] - delta)).toBeLessThanOrEqual(1e-6 * Math.max(1, value));
            }
            last[c] = value;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a value is shown exactly when the table has one', () => {
    fc.assert(
      fc.property(reads, (all) => {
        const host = new Host();
        for (const { row: figures, gap, identity } of all) {
          host.read(figures === null ? {} : { sda: figures }, { gap, identity });
          figures?.forEach((value, c) => {
            expect(Number.isNaN(host.at('sda', c)[1])).toBe(Number.isNaN(value));
            expect(host.at('sda', c)[0] === 'unavailable').toBe(Number.isNaN(value));
          });
        }
      }),
    );
  });

  test('grows with its table', () => {
    const host = new Host();
    host.read({ d0: [0, 0, 0, 0, 0] });
    host.read(many(1));
    host.read(many(3));
    expect(host.at('d0')).toEqual(['ok', 3, 2]);
    expect(host.at('d199')).toEqual(['ok', 202, 2]);
  });
});
