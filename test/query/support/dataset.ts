/**
 * The series of the differential test. Samples are at moments that end in 3 ms, and everything is evaluated at moments
 * that end in 500 ms: no range, lookback or subquery has its end on a sample, where Prometheus 2 and 3 differ.
 */
import { markStale } from '../../../src/core/stale.ts';
import type { MemorySeries } from '../../../src/query/memory-source.ts';
import { Random } from './random.ts';

/** The first moment with samples in Unix ms, and how long they go on. */
export const BEGIN_MS = 1_700_000_000_000;
/** Less than an hour, the most that Prometheus takes in any order. */
const SPAN_MS = 52 * 60_000;
const INTERVAL_MS = 15_000;

/** What a series does from sample to sample: a value, `null` for none, `'stale'` for a marker. */
type Step = (index: number) => number | null | 'stale';

const jobs = ['api', 'db', 'web'];
const instances = ['a:80', 'b:80', 'c:9100'];

/** The same series every time. */
export function dataset(): MemorySeries[] {
  const random = new Random(42);
  const all: MemorySeries[] = [];
  const add = (labels: Record<string, string>, step: Step): void => void all.push(series(labels, step, random));
  for (const job of jobs) {
    for (const instance of instances) {
      for (const code of ['200', '404', '500'])
        add({ __name__: 'requests_total', job, instance, code }, counter(random, code === '500'));
      const base = { job, instance };
      add({ __name__: 'memory_bytes', ...base }, walk(random, 5e8, 3e6));
      add({ __name__: 'memory_limit_bytes', ...base }, () => 1e9);
      add({ __name__: 'temperature_celsius', ...base }, oddities(random, walk(random, 0, 5)));
      add({ __name__: 'up', ...base }, () => (random.chance(0.1) ? 0 : 1));
      add({ __name__: 'flaky', ...base, shard: String(random.below(3)) }, holes(random, walk(random, 10, 1)));
      add({ __name__: 'level', ...base }, () => random.below(4));
      for (const [name, step] of histogram(random)) add({ ...name, ...base }, step);
    }
    add({ __name__: 'job_info', job, team: random.pick(['red', 'blue']), version: `1.${random.below(9)}` }, () => 1);
  }
  for (const device of ['sda', 'sdb', 'nvme0n1', 'nvme10n1', 'sd "q"\\'])
    add({ __name__: 'disk_ratio', device }, () => random.next());
  add({ __name__: 'lonely' }, walk(random, 1, 0.1));
  add({ __name__: 'tiny_seconds' }, () => random.next() * 1e-9);
  add({ __name__: 'huge_bytes' }, () => random.next() * 1e24);
  add({ __name__: 'late', job: 'api' }, (i) => (i < 120 ? null : i));
  add({ __name__: 'ended', job: 'api' }, (i) => (i < 90 ? i : null));
  add({ __name__: 'ended_stale', job: 'api' }, (i) => (i < 90 ? i : i === 90 ? 'stale' : null));
  return all;
}

function series(labels: Record<string, string>, step: Step, random: Random): MemorySeries {
  const timestamps: number[] = [];
  const values: number[] = [];
  const stale: number[] = [];
  const shift = random.below(100) * 10 + 3;
  for (let i = 0; i * INTERVAL_MS < SPAN_MS; i++) {
    const value = step(i);
    if (value === null) continue;
    if (value === 'stale') stale.push(values.length);
    // Scrapes are not quite regular.
    timestamps.push(BEGIN_MS + i * INTERVAL_MS + shift + random.below(30) * 10);
    values.push(value === 'stale' ? 0 : value);
  }
  const column = Float64Array.from(values);
  for (const index of stale) markStale(column, index);
  return { labels, timestamps_ms: timestamps, values: column };
}

/** A counter that is reset now and then; never to a small value after a gap, see exclusions.ts. */
function counter(random: Random, rare: boolean): Step {
  let value = 1e5 + random.below(1000);
  const speed = rare ? 0.3 : 20 + random.below(100);
  return () => {
    if (random.chance(0.01)) value = 0;
    value += rare ? (random.chance(speed) ? 1 : 0) : random.below(speed);
    return value;
  };
}

function walk(random: Random, start: number, size: number): Step {
  let value = start;
  return () => (value += (random.next() - 0.5) * size);
}

function oddities(random: Random, inner: Step): Step {
  return (i) => {
    const value = inner(i);
    if (random.chance(0.02)) return Number.NaN;
    if (random.chance(0.005)) return random.pick([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    return value;
  };
}

/** Gaps, some marked as such, some longer than the lookback. */
function holes(random: Random, inner: Step): Step {
  let left = 0;
  return (i) => {
    if (left > 0) {
      left--;
      return null;
    }
    if (random.chance(0.03)) {
      left = random.below(40);
      if (random.chance(0.5)) return 'stale';
    }
    return inner(i);
  };
}

function* histogram(random: Random): Iterable<[{ __name__: string; le?: string }, Step]> {
  const bounds = ['0.1', '0.5', '1', '2.5', '+Inf'];
  const observed = bounds.map(() => 1000 + random.below(1000));
  const at = new Map<number, number[]>();
  const cumulative = (i: number): number[] => {
    let counts = at.get(i);
    if (counts === undefined) {
      for (const [b] of bounds.entries()) observed[b] += random.below(10 * (b + 1));
      let sum = 0;
      counts = observed.map((each) => (sum += each));
      at.set(i, counts);
    }
    return counts;
  };
  for (const [b, le] of bounds.entries()) yield [{ __name__: 'latency_seconds_bucket', le }, (i) => cumulative(i)[b]];
  yield [{ __name__: 'latency_seconds_count' }, (i) => cumulative(i).at(-1) as number];
  yield [{ __name__: 'latency_seconds_sum' }, (i) => (cumulative(i).at(-1) as number) * 0.7];
}
