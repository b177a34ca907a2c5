/** Time that does not behave: steps of the wall clock, suspend, pauses, lateness. All clocks are the test's. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Frame } from '../../src/core/frame.ts';
import { SelfBudget } from '../../src/record/budget.ts';
import type { FrameSource } from '../../src/record/frames.ts';
import { isGap } from '../../src/record/frames.ts';
import type { LoopOptions } from '../../src/record/loop.ts';
import { runLoop } from '../../src/record/loop.ts';
import { Schedule } from '../../src/record/schedule.ts';
import { WallClock } from '../../src/record/wall-clock.ts';
import { FakeClock, FakeMeasurement } from '../support/fake-time.ts';

const DAY = 86_400;

describe('WallClock', () => {
  const clock = new FakeClock();
  const make = (): WallClock => new WallClock(clock, () => clock.uptime());

  test('time that passes is neither', () => {
    const wall = make();
    clock.pass(3600);
    clock.wall += 200; // NTP slews
    expect([wall.look(), wall.suspendedSeconds, wall.steppedSeconds]).toEqual([false, 0, 0]);
  });

  test.each([DAY, -DAY])('the wall clock set by %d s', (step) => {
    const wall = make();
    clock.pass(1);
    clock.wall += step * 1000;
    expect([wall.look(), wall.suspendedSeconds, Math.round(wall.steppedSeconds)]).toEqual([false, 0, step]);
    clock.pass(1);
    expect(wall.look()).toBe(false);
    expect(Math.round(wall.steppedSeconds)).toBe(step);
  });

  test('a sleep of the machine, then a step during a sleep', () => {
    const wall = make();
    clock.suspend(500);
    expect([wall.look(), Math.round(wall.suspendedSeconds), wall.steppedSeconds]).toEqual([true, 500, 0]);
    expect(wall.look()).toBe(false);
    clock.suspend(100);
    clock.wall -= 30_000;
    expect([wall.look(), Math.round(wall.suspendedSeconds), Math.round(wall.steppedSeconds)]).toEqual([true, 600, -30]);
  });

  test('without /proc/uptime every jump is a step', () => {
    const wall = new WallClock(clock, () => undefined);
    clock.suspend(500);
    expect([wall.look(), wall.suspendedSeconds, Math.round(wall.steppedSeconds)]).toEqual([false, 0, 500]);
  });
});

describe('frames', () => {
  let at: FakeMeasurement;
  beforeEach(async () => {
    at = await FakeMeasurement.begin();
  });
  afterEach(() => at.close());

  const work = (seconds: number): void => {
    const [user, nice, system, idle, ...rest] = at.host.state.cpus[0];
    at.host.state.cpus[0] = [user + seconds * 10, nice, system, idle + seconds * 90, ...rest];
    at.host.state.contextSwitches += seconds * 1000;
  };

  test('a clock set back by a day changes neither order nor rates', () => {
    work(1);
    const before = at.tick(1).t_ms;
    at.clock.wall -= DAY * 1000;
    work(1);
    const frame = at.tick(1);
    expect(frame.t_ms - before).toBe(1000);
    expect(frame.gap).toBe(false);
    expect(at.stat('cpu', 'scheduler', 'context_switches_per_second')).toMatchObject({
      min: 1000,
      max: 1000,
      samples: 2,
    });
    expect(Math.round(at.wall.steppedSeconds)).toBe(-DAY);
  });

  test.each([
    ['suspend', (): void => at.clock.suspend(600)],
    ['SIGSTOP', (): void => at.clock.pass(10)],
  ])('%s is a gap, not a spike', (_name, pause) => {
    for (let i = 0; i < 3; i++) {
      work(1);
      at.tick(1);
    }
    pause();
    // In the pause a lot happened, which nobody can place.
    at.host.state.contextSwitches += 50_000_000;
    at.host.state.cpus[0] = [90_000, 0, 0, 1300, 0, 0, 0, 0, 0, 0];
    const frame = at.tick(1, 1);
    expect(frame.gap).toBe(true);
    for (let i = 0; i < 3; i++) {
      work(1);
      at.tick(1);
    }
    expect(at.stat('cpu', 'scheduler', 'context_switches_per_second')).toMatchObject({
      min: 1000,
      max: 1000,
      samples: 6,
    });
    expect(at.stat('cpu', 'cpus', 'user_ratio', '0')).toMatchObject({
      min: expect.closeTo(0.1, 9) as number,
      max: expect.closeTo(0.1, 9) as number,
      samples: 6,
    });
    // A gauge is as true after a pause as before, and weighs no more.
    expect(at.stat('cpu', '', 'online_cpus')).toMatchObject({ mean: 2, samples: 7 });
  });

  test('labels go on with the wall clock after a suspend', () => {
    const before = at.tick(1).t_ms;
    at.clock.suspend(600);
    expect(at.tick(1).t_ms - before).toBe(601_000);
  });

  test.each([
    [1, 1, false],
    [2.9, 1, false],
    [3.1, 1, true],
    [0.9, 0.01, false],
    [1.2, 0.01, true],
    [100, 60, false],
    [200, 60, true],
  ])('%d s in a loop of %d s: a gap is %s', (elapsed, interval, gap) => expect(isGap(elapsed, interval)).toBe(gap));
});

describe('counters and subjects that come, go and begin again', () => {
  let at: FakeMeasurement;
  beforeEach(async () => {
    at = await FakeMeasurement.begin();
  });
  afterEach(() => at.close());
  const disk = (reads: number): number[] => [reads, ...Array.from({ length: 16 }, () => 0)];

  test('a counter that goes back is no negative rate, and no huge one', () => {
    for (const reads of [1000, 10, 20]) {
      at.host.state.disks.sda = disk(reads);
      at.tick(1);
    }
    expect(at.stat('disk', 'devices', 'reads_per_second', 'sda')).toMatchObject({ samples: 2, min: 10, max: 1000 });
  });

  test('a 32-bit counter that wraps goes on', () => {
    at.host.state.disks.sda = [0, 0, 0, 2 ** 32 - 400, ...Array.from({ length: 13 }, () => 0)];
    at.tick(1);
    at.host.state.disks.sda = [100, 0, 0, 100, ...Array.from({ length: 13 }, () => 0)];
    at.tick(1);
    expect(at.stat('disk', 'devices', 'read_wait_seconds', 'sda').last).toBeCloseTo(0.5 / 100, 9);
  });

  test('a device that comes counts from its second sample; one that goes is gone', () => {
    at.host.state.disks.sdb = disk(1_000_000);
    at.tick(1);
    expect(at.stat('disk', 'devices', 'reads_per_second', 'sdb').samples).toBe(0);
    at.host.state.disks.sdb = disk(1_000_005);
    at.tick(1);
    expect(at.stat('disk', 'devices', 'reads_per_second', 'sdb')).toMatchObject({ samples: 1, last: 5 });
    delete at.host.state.disks.sdb;
    at.tick(1);
    expect(at.stat('disk', 'devices', 'reads_per_second', 'sdb').samples).toBe(1);
  });

  test('a CPU taken out and put back: shares of those that are there', () => {
    const { cpus } = at.host.state;
    const idle = cpus[1];
    cpus[0] = [50, 0, 0, 1050, 0, 0, 0, 0, 0, 0];
    delete cpus[1];
    at.tick(1);
    expect(at.stat('cpu', '', 'busy_ratio').last).toBe(0.5);
    expect(at.stat('cpu', '', 'online_cpus').last).toBe(1);
    cpus[1] = idle;
    cpus[0] = [100, 0, 0, 1100, 0, 0, 0, 0, 0, 0];
    at.tick(1);
    expect(at.stat('cpu', '', 'busy_ratio').last).toBe(0.5);
    expect(at.stat('cpu', '', 'online_cpus').last).toBe(2);
  });

  test('one CPU time that falls says nothing about that CPU in that interval', () => {
    const { cpus } = at.host.state;
    cpus[0] = [800, 0, 80, 1100, 0, 0, 0, 0, 0, 0];
    at.tick(1);
    cpus[0] = [0, 0, 180, 1100, 0, 0, 0, 0, 0, 0];
    cpus[1] = [25, 0, 0, 1075, 0, 0, 0, 0, 0, 0];
    at.tick(1);
    expect(at.stat('cpu', '', 'busy_ratio').last).toBeCloseTo(0.25, 9);
    expect(at.stat('cpu', 'cpus', 'busy_ratio', '0').samples).toBe(1);
  });

  test('a file that fails and comes back: no rate over the hole, its reason in the frame', () => {
    at.host.state.contextSwitches = 100;
    at.tick(1);
    at.clock.pass(1);
    at.host.write('proc/stat', '');
    const broken = at.next(1).collector('stat');
    expect(broken).toMatchObject({ success: false });
    at.host.state.contextSwitches = 10_000;
    at.tick(1);
    at.host.state.contextSwitches = 10_100;
    at.tick(1);
    expect(at.stat('cpu', 'scheduler', 'context_switches_per_second')).toMatchObject({ samples: 2, max: 100 });
  });
});

describe('the loop', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const clock = { monotonicSeconds: () => performance.now() / 1000, wallMs: () => Date.now() };

  async function loop(options: Partial<LoopOptions> & { cost?: (index: number) => number }): Promise<{
    at: number[];
    result: Awaited<ReturnType<typeof runLoop>>;
  }> {
    const begin = clock.monotonicSeconds();
    const at: number[] = [];
    let index = -1;
    const frames = {
      next: (): Frame => {
        index++;
        at.push(clock.monotonicSeconds() - begin);
        vi.advanceTimersByTime((options.cost?.(index) ?? 0) * 1000);
        return { index, gap: false, monotonicSeconds: begin + at[index] } as Frame;
      },
    } as unknown as FrameSource;
    const done = runLoop({
      intervalSeconds: 1,
      samples: 10,
      clock,
      frames,
      budget: new SelfBudget(1, () => 0),
      stop: new AbortController().signal,
      onFrame: () => undefined,
      onSlowDown: () => undefined,
      ...options,
    });
    await vi.runAllTimersAsync();
    return { at, result: await done };
  }

  test('60 s at 1 s are 61 reads', async () => {
    const { at, result } = await loop({ samples: 60 });
    expect(at).toHaveLength(61);
    expect(result).toMatchObject({ samples: 60, missed: 0, interrupted: false });
  });

  test('lateness does not add up', async () => {
    const { at, result } = await loop({ samples: 200, intervalSeconds: 0.1, cost: () => 0.037 });
    expect(result).toMatchObject({ samples: 200, missed: 0 });
    for (const [i, t] of at.entries()) expect(Math.abs(t - i * 0.1)).toBeLessThan(0.002);
  });

  test('ticks that could not be taken are counted, and the grid is kept', async () => {
    const { at, result } = await loop({ cost: (i) => (i === 3 ? 4.5 : 0) });
    expect(at.map((t) => Math.round(t * 1000) / 1000)).toEqual([0, 1, 2, 3, 8, 9, 10]);
    expect(result).toMatchObject({ samples: 6, missed: 4 });
  });

  test('ends early with what there is; a stump of an interval is left out', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 3200);
    const { result } = await loop({ stop: stop.signal });
    expect(result).toMatchObject({ samples: 3, interrupted: true });
  });

  test('stopped before the first sample there is still one', async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await loop({ stop: stop.signal })).result).toMatchObject({ samples: 1, interrupted: true });
  });

  test('above its budget the interval doubles, and it is said', async () => {
    const said: [number, number][] = [];
    let cpu = 0;
    const budget = new SelfBudget(0.1, () => cpu);
    const { at, result } = await loop({
      samples: 60,
      budget,
      onFrame: () => {
        cpu += 0.3;
      },
      onSlowDown: (ratio, interval) => said.push([ratio, interval]),
    });
    expect(said.map(([, interval]) => interval)).toEqual([2, 4]);
    expect(said[0][0]).toBeCloseTo(0.3, 1);
    expect(result.intervalSeconds).toBe(4);
    expect(result.missed).toBe(0);
    expect(at[at.length - 1]).toBeCloseTo(60, 1);
  });
});

test('the schedule is a grid', () => {
  const schedule = new Schedule(0.5, 100);
  expect(schedule.next(100)).toBe(100.5);
  expect(schedule.next(100.51)).toBe(101);
  expect(schedule.next(103.2)).toBe(103.5);
  expect(schedule.missed).toBe(4);
  expect(schedule.elapsed(103.2)).toBeCloseTo(3.2, 9);
});
