/**
 * What a function costs: calls, errors, wall time, and, from samples, the CPU time and heap of its synchronous part.
 *
 * Reading both before and after costs a few microseconds, so only some calls are sampled: the first ones, then one of
 * 64. What the reading itself costs is measured once and taken off. A sample during which the young generation shrank
 * was disturbed by a collection, and says nothing about the heap.
 */
import process from 'node:process';
import v8 from 'node:v8';
import { threadId } from 'node:worker_threads';
import type { MeasuredFunction } from '../core/cache.ts';
import { functionNamed, type TrackedFunction } from './registry.ts';

const ALL_UNTIL = 16;
const PERIOD = 64;

interface Use {
  /** Microseconds of the process; `process.threadCpuUsage` only moves with the kernel's ticks, every 1 to 10 ms. */
  readonly cpu: number;
  /** Microseconds, from an arbitrary point. */
  readonly wall: number;
  readonly heap: number;
  readonly young: number;
}

function use(): Use {
  const { user, system } = process.cpuUsage();
  let heap = 0;
  let young = 0;
  for (const { space_name, space_used_size } of v8.getHeapSpaceStatistics()) {
    heap += space_used_size;
    if (space_name.startsWith('new_')) young += space_used_size;
  }
  return { cpu: user + system, wall: performance.now() * 1000, heap, young };
}

/** What two readings themselves use: the least of some, undisturbed ones. */
let own: { cpu: number; heap: number } | undefined;

function ownUse(): { cpu: number; heap: number } {
  if (own !== undefined) return own;
  own = { cpu: Number.POSITIVE_INFINITY, heap: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 20; i++) {
    const before = use();
    const after = use();
    own.cpu = Math.min(own.cpu, after.cpu - before.cpu);
    if (after.young >= before.young) own.heap = Math.min(own.heap, after.heap - before.heap);
  }
  if (!Number.isFinite(own.heap)) own.heap = 0;
  return own;
}

/** What is known of the functions of one name. */
class FunctionTally implements TrackedFunction {
  readonly name: string;
  calls = 0;
  errors = 0;
  milliseconds = 0;
  maxMilliseconds = 0;
  /** `upTo`: calls that the samples so far stand for. Totals only grow, as counters must. */
  readonly cpu = { upTo: 0, microseconds: 0 };
  readonly heap = { upTo: 0, bytes: 0 };

  constructor(name: string) {
    this.name = name;
  }

  /** Whether the call that begins is sampled; counts it. */
  begin(): boolean {
    const n = this.calls++;
    return n < ALL_UNTIL || n % PERIOD === 0;
  }

  end(milliseconds: number, failed: boolean): void {
    this.milliseconds += milliseconds;
    if (milliseconds > this.maxMilliseconds) this.maxMilliseconds = milliseconds;
    if (failed) this.errors++;
  }

  /** Takes in a sampled call, which stands for all since the one before. */
  sample(before: Use, after: Use): void {
    const { calls, cpu, heap } = this;
    const base = ownUse();
    // Other threads may have worked meanwhile, but one thread uses no more CPU than time passes.
    const used = Math.min(after.cpu - before.cpu - base.cpu, after.wall - before.wall);
    cpu.microseconds += (calls - cpu.upTo) * Math.max(0, used);
    cpu.upTo = calls;
    if (after.young < before.young || after.heap < before.heap) return;
    heap.bytes += (calls - heap.upTo) * Math.max(0, after.heap - before.heap - base.heap);
    heap.upTo = calls;
  }

  facts(): MeasuredFunction {
    const { calls, cpu, heap } = this;
    return {
      name: this.name,
      thread: threadId,
      calls,
      errors: this.errors,
      duration_seconds: this.milliseconds / 1000,
      max_seconds: this.maxMilliseconds / 1000,
      cpu_seconds: cpu.upTo === 0 ? null : cpu.microseconds / 1e6,
      heap_bytes: heap.upTo === 0 ? null : heap.bytes,
    };
  }
}

/**
 * Counts and times the calls of a function, under a name that several functions may share. The function that comes
 * back takes, gives, throws and rejects what the given one does.
 *
 * @throws TypeError when the name or the function is missing.
 */
export function measure<P extends unknown[], R, T = unknown>(
  name: string,
  fn: (this: T, ...parameters: P) => R,
): (this: T, ...parameters: P) => R {
  if (typeof name !== 'string' || name === '') throw new TypeError('measure() needs a name');
  if (typeof fn !== 'function') throw new TypeError('measure() needs a function');
  const tally = functionNamed(name, (given) => new FunctionTally(given));
  if (tally === undefined) return fn;
  return function measured(this: T, ...parameters: P): R {
    const before = tally.begin() ? use() : undefined;
    const started = performance.now();
    try {
      const result = fn.apply(this, parameters);
      if (result instanceof Promise) return settled(tally, result, started) as R;
      tally.end(performance.now() - started, false);
      return result;
    } catch (error) {
      tally.end(performance.now() - started, true);
      throw error;
    } finally {
      if (before !== undefined) tally.sample(before, use());
    }
  };
}

function settled(tally: FunctionTally, promise: Promise<unknown>, started: number): Promise<unknown> {
  return promise.then(
    (value) => {
      tally.end(performance.now() - started, false);
      return value;
    },
    (error: unknown) => {
      tally.end(performance.now() - started, true);
      throw error;
    },
  );
}
