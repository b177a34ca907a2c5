/**
 * The contract of `src/core/source.ts`: one suite for everything that answers queries. A source that gets its samples
 * through another program (a server) cannot show stale markers themselves, only what they do.
 */
import { expect, test } from 'vitest';
import type { LabelMatcher, SeriesSource, SourceSeries } from '../../src/core/source.ts';
import { bitsOf, isStaleAt, markStale } from '../../src/core/stale.ts';
import { createQueryEngine } from '../../src/query/engine.ts';
import type { MemorySeries } from '../../src/query/memory-source.ts';

/** When the series begin, in Unix ms. */
const BEGIN_MS = 1_760_000_000_000;
const SECOND = 1000;

/** Times from the begin in seconds with values; `null` ends the series there. */
function series(labels: Record<string, string>, samples: readonly (readonly [number, number | null])[]): MemorySeries {
  const values = Float64Array.from(samples, ([, value]) => value ?? 0);
  for (const [i, [, value]] of samples.entries()) if (value === null) markStale(values, i);
  return { labels, timestamps_ms: samples.map(([at]) => BEGIN_MS + at * SECOND), values };
}

const counter = (from: number, speed: number): [number, number][] =>
  Array.from({ length: 300 }, (_, i) => [i, from + i * speed]);

/** What a source of the suite holds. */
export const contractSeries: readonly MemorySeries[] = [
  series({ __name__: 'disk_bytes_total', device: 'sda', host: 'a' }, counter(1e6, 100)),
  series({ __name__: 'disk_bytes_total', device: 'sdb', host: 'a' }, counter(5, 7)),
  series({ __name__: 'disk_bytes_total', device: 'sda' }, counter(0, 3)),
  series({ __name__: 'disk_bytes_total_of_all' }, counter(0, 1)),
  series({ __name__: 'load', host: 'ü "quoted" \\ line\nbreak' }, [
    [0, 0.5],
    [10, Number.POSITIVE_INFINITY],
    [20, -0],
    [21.5, 1e-300],
  ]),
  series({ __name__: 'gone', host: 'a' }, [
    [0, 1],
    [1, 2],
    [2, null],
  ]),
  series({ __name__: 'returned', host: 'a' }, [
    [0, 1],
    [1, 2],
    [2, null],
    [6, 5],
    [7, 6],
  ]),
];

/** How a kind of source is made and what it can do. */
export interface SourceKind {
  make(held: readonly MemorySeries[]): Promise<SeriesSource>;
  /** Hands out stale markers. */
  readonly markers: boolean;
}

/** The suite; call it in a `describe`. */
export function sourceContract(kind: SourceKind): void {
  const held = new Held(kind);
  selection(held);
  ends(held, kind.markers);
}

/** A source with the series of the suite, made when the first test wants it. */
class Held {
  private readonly kind: SourceKind;
  private made: Promise<SeriesSource> | undefined;

  constructor(kind: SourceKind) {
    this.kind = kind;
  }

  source(): Promise<SeriesSource> {
    this.made ??= this.kind.make(contractSeries);
    return this.made;
  }

  /** Series with their samples between two times in seconds from the begin. */
  async select(matchers: readonly LabelMatcher[], from = 0, to = 300): Promise<SourceSeries[]> {
    const hints = { func: '', rangeMs: 0, stepMs: 0 };
    const source = await this.source();
    return [...(await source.select(matchers, BEGIN_MS + from * SECOND, BEGIN_MS + to * SECOND, hints))];
  }
}

const named = (value: string): LabelMatcher => ({ name: '__name__', op: '=', value });
const labelsOf = (found: readonly SourceSeries[]): unknown[] => found.map(({ labels }) => labels);

function selection(held: Held): void {
  test('matchers of every kind; a label that is absent is empty', async () => {
    const name = named('disk_bytes_total');
    const devices = async (...more: LabelMatcher[]): Promise<string[]> =>
      (await held.select([name, ...more])).map(({ labels }) => `${labels.device}@${labels.host ?? ''}`);
    expect(await devices()).toEqual(['sda@', 'sda@a', 'sdb@a']);
    expect(await devices({ name: 'device', op: '=', value: 'sda' })).toEqual(['sda@', 'sda@a']);
    expect(await devices({ name: 'device', op: '!=', value: 'sda' })).toEqual(['sdb@a']);
    expect(await devices({ name: 'device', op: '=~', value: 'sd[b-z]|nvme.*' })).toEqual(['sdb@a']);
    expect(await devices({ name: 'device', op: '=~', value: 'd' })).toEqual([]);
    expect(await devices({ name: 'device', op: '!~', value: '.+b' })).toEqual(['sda@', 'sda@a']);
    expect(await devices({ name: 'host', op: '=', value: '' })).toEqual(['sda@']);
    expect(await devices({ name: 'host', op: '!=', value: '' })).toEqual(['sda@a', 'sdb@a']);
    expect(await devices({ name: 'nowhere', op: '=', value: '' })).toEqual(['sda@', 'sda@a', 'sdb@a']);
    expect(await held.select([{ name: '__name__', op: '=~', value: 'disk_.*_all' }])).toHaveLength(1);
    expect(await held.select([named('disk_bytes')])).toEqual([]);
  });

  test('sorted by labels, each label set once, with its name and without empty values', async () => {
    const found = labelsOf(await held.select([{ name: '__name__', op: '!=', value: '' }]));
    expect(found).toEqual([
      { __name__: 'disk_bytes_total', device: 'sda' },
      { __name__: 'disk_bytes_total', device: 'sda', host: 'a' },
      { __name__: 'disk_bytes_total', device: 'sdb', host: 'a' },
      { __name__: 'disk_bytes_total_of_all' },
      { __name__: 'gone', host: 'a' },
      { __name__: 'load', host: 'ü "quoted" \\ line\nbreak' },
      { __name__: 'returned', host: 'a' },
    ]);
  });

  test('at least the samples of the time that was asked for, both ends included, bit by bit', async () => {
    const [found] = await held.select([named('disk_bytes_total'), { name: 'device', op: '=', value: 'sdb' }], 100, 110);
    const inside = [...found.timestamps].flatMap((t, i) => {
      const at = (t - BEGIN_MS) / SECOND;
      return at < 100 || at > 110 ? [] : [[at, found.values[i]]];
    });
    expect(inside).toEqual(Array.from({ length: 11 }, (_, i) => [100 + i, 5 + (100 + i) * 7]));
    const [load] = await held.select([named('load')]);
    expect([...load.timestamps].map((t) => t - BEGIN_MS)).toEqual([0, 10_000, 20_000, 21_500]);
    expect([...load.values]).toEqual([0.5, Number.POSITIVE_INFINITY, -0, 1e-300]);
  });

  test('time goes up, columns are as long as each other', async () => {
    for (const { timestamps, values } of await held.select([{ name: '__name__', op: '!=', value: '' }])) {
      expect(values).toHaveLength(timestamps.length);
      expect(timestamps.every((t, i) => i === 0 || t > timestamps[i - 1])).toBe(true);
    }
  });
}

function ends(held: Held, markers: boolean): void {
  const markersTest = async (): Promise<void> => {
    const [{ timestamps, values }] = await held.select([named('returned')]);
    expect([...timestamps].map((t) => (t - BEGIN_MS) / SECOND)).toEqual([0, 1, 2, 6, 7]);
    expect(Array.from(values, (_, i) => isStaleAt(bitsOf(values), i))).toEqual([false, false, true, false, false]);
  };
  if (markers) test('a marker where a series ended', markersTest);

  test('what the engine makes of it', async () => {
    const engine = createQueryEngine(await held.source());
    const at = async (expr: string, seconds: number): Promise<unknown> => {
      const answer = await engine.instant(expr, BEGIN_MS + seconds * SECOND);
      return answer.resultType === 'vector' ? answer.result.map(({ value }) => value[1]) : answer;
    };
    expect(await at('sum by (host) (rate(disk_bytes_total[1m]))', 200.5)).toEqual(['3', '107']);
    expect(await at('returned', 1.5)).toEqual(['2']);
    if (markers) expect(await at('returned', 3)).toEqual([]);
    expect(await at('returned', 6.5)).toEqual(['5']);
    expect(await at('count_over_time(returned[10s])', 8)).toEqual(['4']);
  });
}
