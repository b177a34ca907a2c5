/** `Table` against a plain map: which subjects are there, with what figures, epochs and slots. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Column, TableSpec } from '../../src/core/metric.ts';
import { Table } from '../../src/core/table.ts';

const column = (metric: string): Column => ({ metric, type: 'gauge', unit: 'count', help: 'A figure.' });
const spec: TableSpec = {
  name: 'model',
  labels: ['device'],
  columns: [column('a'), column('b')],
  accept: (key) => !key.startsWith('no'),
};

/** What the table should remember of a subject. */
interface Known {
  slot: number;
  /** Sample of the last touch. */
  seen: number;
  epoch: number;
  identity: number;
  values: [number, number];
}

type Step =
  | { readonly do: 'at' | 'slot'; readonly key: string; readonly a: number }
  | { readonly do: 'touch' | 'keep' | 'identify'; readonly key: string; readonly a: number }
  | { readonly do: 'sample' };

const keys = ['sda', 'sdb', 'sd', '', 'eth0', 'no1', 'no2', 'veth1234567', 'caf\u00e9', 'x y'];
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('at', 'slot'), key: fc.constantFrom(...keys), a: fc.nat(99) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('touch', 'keep', 'identify'),
      key: fc.constantFrom(...keys),
      a: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'sample' }) },
);

class Model {
  readonly table = new Table(spec);
  readonly known = new Map<string, Known>();
  private sample = 1;
  private readonly epochOfSlot = new Map<number, number>();

  run(each: Step): void {
    if (each.do === 'sample') this.nextSample();
    else if (each.do === 'at' || each.do === 'slot') this.meet(each.do, each.key, each.a);
    else this.again(each.do, each.key, each.a);
    this.compare();
  }

  private nextSample(): void {
    this.table.commit();
    for (const [key, { slot, epoch }] of this.known) {
      if (this.table.used(slot) && this.table.row(slot).key === key) continue;
      // Only a subject that has been away for three samples may lose its slot.
      expect(this.sample - (this.known.get(key) as Known).seen).toBeGreaterThanOrEqual(3);
      this.epochOfSlot.set(slot, epoch);
      this.known.delete(key);
    }
    this.table.begin();
    this.sample++;
  }

  private meet(how: 'at' | 'slot', key: string, a: number): void {
    const bytes = Buffer.from(`>${key}<`, 'latin1');
    const slot = how === 'at' ? this.table.at(bytes, 1, bytes.length - 1) : this.table.slot(key, [key]);
    if (key.startsWith('no')) {
      expect(slot).toBe(-1);
      return;
    }
    let known = this.known.get(key);
    if (known === undefined) {
      for (const other of this.known.values()) expect(slot, 'a slot has one subject').not.toBe(other.slot);
      const epoch = (this.epochOfSlot.get(slot) ?? 0) + 1;
      known = { slot, seen: this.sample, epoch, identity: Number.NaN, values: [Number.NaN, Number.NaN] };
      this.known.set(key, known);
    } else this.touched(known);
    expect(slot).toBe(known.slot);
    this.table.values[slot * 2 + (a % 2)] = a;
    known.values[a % 2] = a;
  }

  private again(how: 'touch' | 'keep' | 'identify', key: string, a: number): void {
    const known = this.known.get(key);
    if (known === undefined) return;
    const { values } = known;
    const stays = how === 'keep' && known.seen === this.sample - 1;
    if (how === 'identify') {
      const identity = a === 0 ? Number.NaN : a;
      this.table.identify(known.slot, identity);
      if (Number.isNaN(identity)) return;
      if (!Number.isNaN(known.identity) && known.identity !== identity) known.epoch++;
      known.identity = identity;
      return;
    }
    this.table[how](known.slot);
    this.touched(known);
    if (stays) known.values = values;
  }

  private touched(known: Known): void {
    if (known.seen === this.sample) return;
    if (known.seen !== this.sample - 1) known.epoch++;
    known.seen = this.sample;
    known.values = [Number.NaN, Number.NaN];
  }

  private compare(): void {
    const { table } = this;
    let present = 0;
    for (const [key, { slot, seen, epoch, values }] of this.known) {
      expect(table.used(slot)).toBe(true);
      expect(table.row(slot).key).toBe(key);
      expect(table.present(slot)).toBe(seen === this.sample);
      expect(table.epoch[slot]).toBe(epoch);
      if (seen !== this.sample) continue;
      present++;
      expect([...table.values.subarray(slot * 2, slot * 2 + 2)]).toEqual(values);
    }
    let used = 0;
    for (let slot = 0; slot < table.size; slot++) if (table.used(slot)) used++;
    expect(used).toBe(this.known.size);
    expect(table.anyPresent()).toBe(present > 0);
  }
}

test('behaves as a map of subjects', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const model = new Model();
      for (const each of steps) model.run(each);
    }),
    { numRuns: 400 },
  );
});

/** `count` subjects, `alive` of them at a time, each there for three samples. */
function passThrough(table: Table, count: number, name: (i: number) => string): void {
  const alive = 30;
  for (let first = 0; first < count; first += 10) {
    table.begin();
    for (let i = first; i < first + alive; i++) {
      const key = Buffer.from(name(i));
      table.at(key, 0, key.length);
    }
    table.commit();
  }
}

test('10^5 short-lived subjects leave no rows behind', () => {
  const table = new Table(spec);
  passThrough(table, 100_000, (i) => `veth${i}`);
  expect(table.size).toBeLessThan(100);
  expect(table.remembered).toBeLessThan(100);
  expect(table.values.length).toBeLessThanOrEqual(2 * 128);
});

test('10^5 short-lived subjects that are left out are forgotten too', () => {
  const table = new Table(spec);
  passThrough(table, 100_000, (i) => `no${i}`);
  expect(table.size).toBe(0);
  expect(table.remembered).toBeLessThan(1200);
});

test('left-out subjects that stay are not forgotten again and again', () => {
  let asked = 0;
  const table = new Table({ ...spec, accept: () => asked++ < 0 });
  for (let sample = 0; sample < 20; sample++) {
    table.begin();
    for (let i = 0; i < 5000; i++) table.slot(`mount${i}`);
    table.commit();
  }
  expect(asked).toBe(5000);
});

test('a slot taken over by another subject is told by its epoch', () => {
  const table = new Table(spec);
  const first = table.slot('sda', ['sda']);
  const epoch = table.epoch[first];
  for (let sample = 0; sample < 6; sample++) {
    table.begin();
    table.commit();
  }
  expect(table.used(first)).toBe(false);
  table.begin();
  expect(table.slot('sdb', ['sdb'])).toBe(first);
  expect(table.epoch[first]).toBeGreaterThan(epoch);
  expect(table.values[first * 2]).toBeNaN();
});

test('a subject that lost its slot is met anew after the one it used to follow', () => {
  const table = new Table(spec);
  const meet = (...names: string[]) => {
    table.begin();
    const slots = names.map((name) => table.at(Buffer.from(name), 0, name.length));
    table.commit();
    return slots;
  };
  meet('sda', 'sdb', 'no1');
  for (let sample = 0; sample < 6; sample++) meet('sda');
  expect(meet('sda', 'sdc')).toEqual([0, 1]);
  expect(meet('sda', 'sdb')).toEqual([0, 2]);
  expect(meet('sda', 'sdb', 'no1')).toEqual([0, 2, -1]);
});

test('a subject that comes back right where it was is not taken for dead', () => {
  const table = new Table(spec);
  const both = Buffer.from('sdasdb');
  const meet = (second: boolean) => {
    table.begin();
    const slots = [table.at(both, 0, 3), second ? table.at(both, 3, 6) : undefined];
    table.commit();
    return slots;
  };
  meet(true);
  for (let sample = 0; sample < 6; sample++) meet(false);
  expect(table.used(1)).toBe(false);
  expect(meet(true)).toEqual([0, 1]);
  expect(table.present(1)).toBe(true);
});

test('clear shows nothing, also of what was touched before the first sample', () => {
  const table = new Table(spec);
  const slot = table.slot('sda', ['sda']);
  expect(table.present(slot)).toBe(true);
  table.clear();
  expect(table.anyPresent()).toBe(false);
  const { epoch } = table;
  const before = epoch[slot];
  table.begin();
  table.slot('sda', ['sda']);
  expect(table.epoch[slot], 'it was away for a sample').toBe(before + 1);
});

test('subjects may come, go and change places within a long list', () => {
  const table = new Table(spec);
  fc.assert(
    fc.property(fc.shuffledSubarray(Array.from({ length: 60 }, (_, i) => `pid${i}`)), (list) => {
      table.begin();
      const slots = list.map((key) => {
        const bytes = Buffer.from(key);
        return table.at(bytes, 0, bytes.length);
      });
      table.commit();
      expect(new Set(slots).size).toBe(list.length);
      expect(slots.map((slot) => table.row(slot).key)).toEqual(list);
    }),
  );
});
