/** The live ring: what it keeps of frames, where series end, and how it stays within its bounds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame, FrameCollector } from '../../src/core/frame.ts';
import type { Column, TableSpec } from '../../src/core/metric.ts';
import { Outcome } from '../../src/core/outcome.ts';
import { RepairedTable } from '../../src/core/repair.ts';
import type { SourceSeries } from '../../src/core/source.ts';
import { bitsOf, isStaleAt } from '../../src/core/stale.ts';
import { Table } from '../../src/core/table.ts';
import { createQueryEngine } from '../../src/query/engine.ts';
import { seriesFilter } from '../../src/query/matchers.ts';
import { Ring, type RingOptions } from '../../src/store/ring.ts';

const BEGIN_MS = 1_760_000_000_000;
const figure = (metric: string, type: Column['type'], labels?: Column['labels']): Column => ({
  metric,
  type,
  unit: 'count',
  help: 'A figure.',
  labels,
});
const spec: TableSpec = {
  name: 'disks',
  labels: ['device'],
  columns: [figure('reads_total', 'counter'), figure('queue', 'gauge', { kind: 'io' })],
};

type Subjects = Readonly<Record<string, readonly [reads: number, queue: number]>>;

interface ReadOptions {
  readonly gap?: boolean;
  readonly readable?: boolean;
  readonly identity?: Readonly<Record<string, number>>;
}

/** A collector of one table whose reads the test makes up. */
class Disks implements FrameCollector {
  readonly name: string;
  readonly table = new Table(spec);
  readonly repaired = new RepairedTable(this.table);
  readonly tables = [this.repaired];
  success = true;
  failure = undefined;
  broken = false;
  fresh = true;
  durationSeconds = 0;

  constructor(name = 'disks') {
    this.name = name;
  }

  read(t_ms: number, subjects: Subjects, { gap = false, readable = true, identity = {} }: ReadOptions = {}) {
    this.table.begin();
    for (const [key, figures] of Object.entries(subjects)) {
      const slot = this.table.slot(key, [key]);
      this.table.identify(slot, identity[key] ?? Number.NaN);
      this.table.values.set(figures, slot * this.table.width);
    }
    this.table.commit();
    this.repaired.update(t_ms / 1000, gap, readable);
  }
}

function frameOf(t_ms: number, collectors: readonly FrameCollector[]): Frame {
  return {
    index: 0,
    t_ms,
    monotonicSeconds: t_ms / 1000,
    elapsedSeconds: 1,
    gap: false,
    collectors,
    table: () => undefined,
    collector: () => undefined,
  };
}

const ringOf = (options: Partial<RingOptions> = {}): Ring => new Ring({ filter: seriesFilter, ...options });
const everything = [{ name: '__name__', op: '!=', value: '' }] as const;

function all(ring: Ring, from = 0, to = Number.MAX_SAFE_INTEGER): Record<string, string> {
  return Object.fromEntries(ring.select(everything, from, to).map((each) => [nameOf(each), textOf(each)]));
}

const nameOf = ({ labels: { __name__: name, device } }: SourceSeries): string => `${name} ${device ?? ''}`.trim();

/** `time:value`, times in seconds from the begin, `x` for a stale marker. */
function textOf({ timestamps, values }: SourceSeries): string {
  const bits = bitsOf(values);
  return Array.from(timestamps, (t, i) => `${(t - BEGIN_MS) / 1000}:${isStaleAt(bits, i) ? 'x' : values[i]}`).join(' ');
}

/** A ring with one collector, read at these seconds. */
class Live {
  readonly ring: Ring;
  readonly disks = new Disks();

  constructor(options: Partial<RingOptions> = {}) {
    this.ring = ringOf(options);
  }

  at(seconds: number, subjects: Subjects, how: ReadOptions = {}): this {
    const t_ms = BEGIN_MS + seconds * 1000;
    this.disks.read(t_ms, subjects, how);
    this.ring.add(frameOf(t_ms, [this.disks]));
    return this;
  }
}

describe('series', () => {
  test('every known figure is a sample, with the labels of subject and column', () => {
    const { ring } = new Live().at(0, { sda: [1, 2] }).at(1, { sda: [3, Number.NaN] });
    expect(ring.select(everything, 0, Number.MAX_SAFE_INTEGER).map(({ labels }) => labels)).toEqual([
      { __name__: 'queue', device: 'sda', kind: 'io' },
      { __name__: 'reads_total', device: 'sda' },
    ]);
    expect(all(ring)).toEqual({ 'queue sda': '0:2 1:x', 'reads_total sda': '0:1 1:3' });
    expect(ring.metricNames()).toEqual(['queue', 'reads_total']);
  });

  test('a series that vanishes ends once, and goes on when it returns', () => {
    const { ring } = new Live()
      .at(0, { sda: [1, 2], sdb: [1, 1] })
      .at(1, { sdb: [2, 1] })
      .at(2, { sdb: [3, 1] })
      .at(3, { sda: [9, 5], sdb: [4, 1] });
    expect(all(ring)).toMatchObject({ 'reads_total sda': '0:1 1:x 3:9', 'reads_total sdb': '0:1 1:2 2:3 3:4' });
  });

  test('a source that cannot be read ends its series', () => {
    const live = new Live().at(0, { sda: [1, 2] });
    live.disks.success = false;
    expect(all(live.at(1, {}, { readable: false }).ring)).toEqual({
      'queue sda': '0:2 1:x',
      'reads_total sda': '0:1 1:x',
    });
  });

  test('a pause is a hole that begins right after the last sample', async () => {
    const { ring } = new Live()
      .at(0, { sda: [1, 2] })
      .at(1, { sda: [2, 2] })
      .at(100, { sda: [500, 2] }, { gap: true })
      .at(101, { sda: [501, 2] });
    expect(all(ring)).toMatchObject({ 'reads_total sda': '0:1 1:2 1.001:x 100:500 101:501' });
    const engine = createQueryEngine(ring);
    const at = async (seconds: number) => (await engine.instant('reads_total', BEGIN_MS + seconds * 1000)).result;
    expect(await at(50)).toEqual([]);
    expect(await at(100)).toHaveLength(1);
  });

  test('another subject under the same name: the old one ends just before', () => {
    const first = { identity: { sda: 1, sdb: 1 } };
    const { ring } = new Live()
      .at(0, { sda: [10, 2], sdb: [1, 1] }, first)
      .at(1, { sda: [11, 2], sdb: [2, 1] }, first)
      .at(2, { sda: [3, 2], sdb: [3, 1] }, { identity: { sda: 2, sdb: 1 } })
      .at(3, { sda: [4, 2], sdb: [4, 1] }, { identity: { sda: 2, sdb: 1 } });
    expect(all(ring)).toMatchObject({
      'reads_total sda': '0:10 1:11 1.999:x 2:3 3:4',
      'reads_total sdb': '0:1 1:2 2:3 3:4',
    });
  });

  test('a slot that another subject takes over: each has its own samples', () => {
    const live = new Live().at(0, { sda: [1, 2] });
    for (let i = 1; i < 8; i++) live.at(i, {});
    live.at(8, { nvme0: [7, 7] });
    expect(live.disks.table.size).toBe(1);
    expect(all(live.ring)).toMatchObject({ 'reads_total sda': '0:1 1:x', 'reads_total nvme0': '8:7' });
  });

  test('a process that changes its name: one series ends, the other begins', () => {
    const live = new Live().at(0, { a: [1, 2] }).at(1, { a: [2, 2] });
    live.disks.table.relabel(0, ['b']);
    live.at(2, { a: [3, 2] }).at(3, { a: [4, 2] });
    expect(all(live.ring)).toMatchObject({ 'reads_total a': '0:1 1:2 2:x', 'reads_total b': '2:3 3:4' });
  });

  test('a collector that sat out a tick adds no sample', () => {
    const ring = ringOf();
    const [fast, slow] = [new Disks('fast'), new Disks('slow')];
    for (let i = 0; i < 6; i++) {
      const t_ms = BEGIN_MS + i * 1000;
      fast.read(t_ms, { sda: [i, 1] });
      slow.fresh = i % 3 === 0;
      if (slow.fresh) slow.read(t_ms, { sdz: [i, 1] });
      ring.add(frameOf(t_ms, [fast, slow]));
    }
    expect(all(ring)).toMatchObject({ 'reads_total sda': '0:0 1:1 2:2 3:3 4:4 5:5', 'reads_total sdz': '0:0 3:3' });
  });

  test('rows that come from no frame: those that are not there any more end', () => {
    const ring = ringOf();
    const row = (name: string, value: number, labels = {}) => ({ name, labels, value });
    ring.addRows('redis', BEGIN_MS, [row('a', 1, { empty: '', host: 'h' }), row('b', 2), row('c', Number.NaN)]);
    ring.addRows('redis', BEGIN_MS + 1000, [row('b', 3)]);
    ring.addRows('redis', BEGIN_MS + 90_000, [row('b', 4)], true);
    expect(ring.select(everything, 0, Number.MAX_SAFE_INTEGER).map(({ labels }) => labels)).toEqual([
      { __name__: 'a', host: 'h' },
      { __name__: 'b' },
    ]);
    expect(all(ring)).toEqual({ a: '0:1 1:x', b: '0:2 1:3 1.001:x 90:4' });
  });

  test('time that stands still or goes back adds nothing', () => {
    const live = new Live()
      .at(5, { sda: [1, 1] })
      .at(5, { sda: [2, 2] })
      .at(4, { sda: [3, 3] })
      .at(6, { sda: [4, 4] });
    expect(all(live.ring)).toMatchObject({ 'reads_total sda': '5:1 6:4' });
  });
});

describe('bounds', () => {
  test('what leaves the window is gone, series that ended with it', () => {
    const live = new Live({ seconds: 10 }).at(0, { sda: [0, 0], gone: [0, 0] });
    for (let i = 1; i <= 200; i++) live.at(i, { sda: [i, 0] });
    expect(all(live.ring)['reads_total sda']).toBe(
      Array.from({ length: 11 }, (_, i) => `${190 + i}:${190 + i}`).join(' '),
    );
    expect(Object.keys(all(live.ring))).not.toContain('reads_total gone');
    expect(live.ring.status()).toMatchObject({ series: 2, refused: 0, evicted: 0, shortened: false });
    expect(live.ring.status()).toMatchObject({ firstMs: BEGIN_MS + 190_000, lastMs: BEGIN_MS + 200_000 });
  });

  test('no more samples than asked for', () => {
    const live = new Live({ seconds: 1e6, samples: 100 });
    for (let i = 0; i < 1000; i++) live.at(i, { sda: [i, 0] });
    const [queue] = live.ring.select(everything, 0, Number.MAX_SAFE_INTEGER);
    expect([queue.timestamps.length, queue.timestamps[0]]).toEqual([100, BEGIN_MS + 900_000]);
    expect(live.ring.status().shortened).toBe(true);
  });

  test('without room for a longer window the newest samples stay', () => {
    const live = new Live({ seconds: 1e6, bytes: 4000 });
    for (let i = 0; i < 1000; i++) live.at(i, { sda: [i, 0] });
    const status = live.ring.status();
    expect(status).toMatchObject({ shortened: true, series: 2, refused: 0 });
    expect(status.bytes).toBeLessThanOrEqual(4000);
    const [queue] = live.ring.select(everything, 0, Number.MAX_SAFE_INTEGER);
    expect(queue.timestamps.at(-1)).toBe(BEGIN_MS + 999_000);
    expect(queue.timestamps.length).toBeGreaterThanOrEqual(64);
  });

  test('too many series: those that ended make room, then new ones are refused and counted', () => {
    const live = new Live({ series: 6 }).at(0, { a: [1, 1], b: [1, 1], c: [1, 1] }).at(1, { c: [1, 1] });
    live.at(2, { c: [1, 1], d: [2, 2] });
    expect(live.ring.status()).toMatchObject({ evicted: 4, refused: 0 });
    live.at(3, { c: [1, 1], d: [2, 2], e: [3, 3], f: [4, 4], g: [5, 5] });
    live.at(4, { c: [1, 1], d: [2, 2], e: [3, 3], f: [4, 4], g: [5, 5] });
    expect(live.ring.status()).toMatchObject({ series: 6, refused: 4 });
    expect(all(live.ring)).toMatchObject({ 'queue d': '2:2 3:2 4:2', 'queue e': '3:3 4:3' });
  });

  test.each(['seconds', 'samples', 'bytes', 'series'])('%s of 0 is refused', (name) => {
    expect(() => ringOf({ [name]: 0 })).toThrow(RangeError);
  });

  test('the answer is a copy', () => {
    const live = new Live({ seconds: 5 });
    for (let i = 0; i < 50; i++) live.at(i, { sda: [i, i] });
    const [queue] = live.ring.select(everything, 0, Number.MAX_SAFE_INTEGER);
    const before = textOf(queue);
    for (let i = 50; i < 200; i++) live.at(i, { sda: [i, i] });
    expect(textOf(queue)).toBe(before);
  });
});

describe('any course of events', () => {
  const device = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const tick = fc.record({
    ms: fc.oneof(fc.constant(1000), fc.integer({ min: 1, max: 9000 })),
    present: fc.dictionary(device, fc.tuple(fc.nat(9), fc.oneof(fc.nat(9), fc.constant(Number.NaN))), { maxKeys: 5 }),
    gap: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    again: fc.option(device, { freq: 8 }),
    fresh: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  });

  /** The same in a few lines, without a ring. */
  class Model {
    readonly samples = new Map<string, [t: number, value: number | 'x'][]>();
    private lastT = Number.NEGATIVE_INFINITY;

    take(t: number, { repaired, table }: Disks): void {
      const current = new Map<string, { value: number; outcome: number }>();
      for (let slot = 0; slot < table.size; slot++) {
        if (!table.present(slot)) continue;
        for (const [c, { metric }] of spec.columns.entries()) {
          const i = slot * table.width + c;
          const value = repaired.value[i];
          if (!Number.isNaN(value))
            current.set(`${metric} ${table.row(slot).labels[0]}`, { value, outcome: repaired.outcome[i] });
        }
      }
      for (const [name, list] of this.samples) {
        const live = list.at(-1)?.[1] !== 'x';
        const now = current.get(name);
        if (!live) continue;
        if (repaired.gap && this.lastT + 1 < t) list.push([this.lastT + 1, 'x']);
        else if (!repaired.gap && now?.outcome === Outcome.recreated && t - 1 > this.lastT) list.push([t - 1, 'x']);
        if (now === undefined && list.at(-1)?.[1] !== 'x') list.push([t, 'x']);
      }
      for (const [name, { value }] of current) {
        if (!this.samples.has(name)) this.samples.set(name, []);
        this.samples.get(name)?.push([t, value]);
      }
      this.lastT = t;
    }

    /** What is still in the window, and between two times. */
    text(from: number, to: number): Record<string, string> {
      const shown = [...this.samples].map(([name, list]) => [
        name,
        list
          .filter(([t]) => t >= from && t <= to)
          .map(([t, value]) => `${(t - BEGIN_MS) / 1000}:${value}`)
          .join(' '),
      ]);
      return Object.fromEntries(shown.filter(([, text]) => text !== ''));
    }
  }

  test('the ring holds what was read within the window', () => {
    fc.assert(
      fc.property(
        fc.array(tick, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.tuple(fc.nat(400_000), fc.nat(400_000)), { minLength: 3, maxLength: 3 }),
        (ticks, seconds, windows) => {
          const ring = ringOf({ seconds });
          const disks = new Disks();
          const model = new Model();
          const identity: Record<string, number> = {};
          let t = BEGIN_MS;
          let lastRead = BEGIN_MS;
          for (const { ms, present, gap, again, fresh } of ticks) {
            t += ms;
            if (again !== null) identity[again] = (identity[again] ?? 0) + 1;
            disks.fresh = fresh;
            if (fresh) {
              disks.read(t, present, { gap, identity });
              model.take(t, disks);
              lastRead = t;
            }
            ring.add(frameOf(t, [disks]));
          }
          const oldest = lastRead - seconds * 1000;
          for (const [a, b] of [
            [0, Number.MAX_SAFE_INTEGER],
            ...windows.map((each) => each.map((ms) => BEGIN_MS + ms)),
          ])
            expect(all(ring, Math.min(a, b), Math.max(a, b))).toEqual(
              model.text(Math.max(oldest, Math.min(a, b)), Math.max(a, b)),
            );
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('taking in a frame allocates nothing in the steady state', () => {
  const subjects = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`d${i}`, [i, i] as const]));
  const live = new Live({ seconds: 60 });
  for (let i = 0; i < 300; i++) live.at(i, subjects);
  const { ring, disks } = live;
  const frame = frameOf(0, [disks]);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0, t = 300; round < 20; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) {
      frame.t_ms = BEGIN_MS + ++t * 1000;
      ring.add(frame);
    }
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown);
  }
  // 400 samples a frame, 100 frames: one object a sample would be more than a megabyte.
  expect(least).toBeLessThan(60_000);
});
