import { describe, expect, it } from 'vitest';
import { measure } from '../../src/caches/measure.ts';
import { cacheRegistry } from '../../src/caches/registry.ts';
import type { MeasuredFunction } from '../../src/core/cache.ts';
import { freshName } from './support.ts';

function measured(name: string): MeasuredFunction {
  const found = cacheRegistry()
    .functions()
    .find((each) => each.name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

/** Work that allocates nothing. */
function spin(): number {
  let x = 1;
  for (let i = 0; i < 300_000; i++) x = Math.imul(x ^ i, 0x9e3779b1);
  return x;
}

describe('measure', () => {
  it('gives, throws and passes `this` and arguments on as the function does', () => {
    const name = freshName();
    const fn = measure(name, function add(this: { base: number }, a: number, b: number) {
      if (b < 0) throw new RangeError('negative');
      return this.base + a + b;
    });
    expect(fn.call({ base: 1 }, 2, 3)).toBe(6);
    expect(() => fn.call({ base: 1 }, 2, -3)).toThrow(RangeError);
    expect(measured(name)).toMatchObject({ calls: 2, errors: 1, thread: 0 });
  });

  it('takes the time of promises until they settle, and counts their rejections', async () => {
    const name = freshName();
    const fn = measure(name, async (fails: boolean) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (fails) throw new Error('late');
      return 1;
    });
    const running = [fn(false), fn(true)];
    expect(measured(name)).toMatchObject({ calls: 2, errors: 0, duration_seconds: 0 });
    expect(await Promise.allSettled(running)).toMatchObject([{ value: 1 }, { reason: new Error('late') }]);
    const facts = measured(name);
    expect(facts).toMatchObject({ calls: 2, errors: 1 });
    expect(facts.duration_seconds).toBeGreaterThan(0.036);
    expect(facts.max_seconds).toBeLessThanOrEqual(facts.duration_seconds);
    expect(facts.max_seconds).toBeGreaterThan(0.018);
    // It waited, so its synchronous part used nearly nothing.
    expect(facts.cpu_seconds).toBeLessThan(0.018);
  });

  it('extrapolates CPU time and heap from samples', () => {
    const name = freshName();
    const kept: unknown[] = [];
    const fn = measure(name, () => {
      spin();
      kept.push(Array.from({ length: 1000 }, () => 0));
    });
    for (let i = 0; i < 200; i++) fn();
    const { cpu_seconds, heap_bytes, duration_seconds } = measured(name);
    // Only some calls are sampled, but none uses more than the time it takes.
    expect(cpu_seconds).toBeGreaterThan(0);
    expect(cpu_seconds).toBeLessThan(duration_seconds * 2);
    // 8 bytes for each of the 1000 elements of 200 arrays, as far as no collection came between.
    expect(heap_bytes).toBeGreaterThan(200 * 8000 * 0.5);
    expect(heap_bytes).toBeLessThan(200 * 8000 * 3);
  });

  it('only ever counts up', () => {
    const name = freshName();
    const fn = measure(name, (n: number) => 'x'.repeat(n).split(''));
    let last = measured(name);
    for (let i = 0; i < 1000; i++) {
      fn(i % 7 === 0 ? 5000 : 1);
      const now = measured(name);
      expect(now.cpu_seconds ?? 0).toBeGreaterThanOrEqual(last.cpu_seconds ?? 0);
      expect(now.heap_bytes ?? 0).toBeGreaterThanOrEqual(last.heap_bytes ?? 0);
      last = now;
    }
  });

  it('counts functions of one name together', () => {
    const name = freshName();
    measure(name, () => 1)();
    measure(name, () => 2)();
    expect(measured(name).calls).toBe(2);
    expect(
      cacheRegistry()
        .functions()
        .filter((each) => each.name.startsWith(name)),
    ).toHaveLength(1);
  });

  it('refuses a missing name or function', () => {
    expect(() => measure('', () => 1)).toThrow('measure() needs a name');
    expect(() => measure('x', undefined as never)).toThrow('measure() needs a function');
  });
});
