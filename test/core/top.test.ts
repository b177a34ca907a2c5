import { expect, test } from 'vitest';
import { RepairedTable } from '../../src/core/repair.ts';
import { Table } from '../../src/core/table.ts';
import { Top, columnsOf } from '../../src/core/top.ts';

const spec = {
  name: 't',
  labels: ['id'],
  bornAtZero: true,
  columns: [
    { metric: 'used_total', type: 'counter', unit: 'count', help: 'u', labels: { kind: 'a' } },
    { metric: 'used_total', type: 'counter', unit: 'count', help: 'u', labels: { kind: 'b' } },
    { metric: 'size', type: 'gauge', unit: 'bytes', help: 's' },
  ],
} as const;

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

function filled(rows: number, next: () => number): RepairedTable {
  const table = new Table(spec);
  const repaired = new RepairedTable(table);
  for (let sample = 0; sample < 2; sample++) {
    table.begin();
    for (let i = 0; i < rows; i++) {
      const slot = table.slot(String(i));
      for (let c = 0; c < 3; c++) {
        table.values[slot * 3 + c] = next() < 0.1 ? Number.NaN : (sample * 10 + Math.floor(next() * 8)) * (c + 1);
      }
    }
    table.commit();
    repaired.update(sample, false);
  }
  return repaired;
}

test('the top rows are those that sorting all of them gives', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const repaired = filled(Math.floor(next() * 200), next);
    const top = new Top(1 + Math.floor(next() * 12));
    for (const columns of [[0, 1], [2]]) {
      top.select(repaired, columns);
      const figures = columns[0] === 2 ? repaired.value : repaired.delta;
      const scores = Array.from({ length: repaired.table.size }, (_, slot) => ({
        slot,
        score: columns.reduce((sum, c) => sum + (figures[slot * 3 + c] || 0), 0),
      }));
      const expected = scores
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score || a.slot - b.slot)
        .slice(0, top.slots.length);
      expect([...top.slots.subarray(0, top.length)]).toEqual(expected.map(({ slot }) => slot));
      expect([...top.scores.subarray(0, top.length)]).toEqual(expected.map(({ score }) => score));
    }
  }
});

test('rows that are gone, unknown or idle are not among the top', () => {
  const repaired = filled(0, () => 0);
  const { table } = repaired;
  table.begin();
  table.values[table.slot('busy') * 3 + 2] = 5;
  table.values[table.slot('idle') * 3 + 2] = 0;
  table.slot('unknown');
  table.values[table.slot('gone') * 3 + 2] = 9;
  table.commit();
  table.begin();
  for (const key of ['busy', 'idle', 'unknown']) table.slot(key);
  table.values[2] = 5;
  table.commit();
  repaired.update(9, false);
  const top = new Top(10);
  top.select(repaired, columnsOf(repaired, ['size']));
  expect([...top.slots.subarray(0, top.length)].map((slot) => table.row(slot).key)).toEqual(['busy']);
});

test('columns are found by metric, whatever their labels', () => {
  const repaired = filled(1, () => 0.5);
  expect(columnsOf(repaired, ['used_total'])).toEqual([0, 1]);
  expect(columnsOf(repaired, ['size', 'other'])).toEqual([2]);
});
