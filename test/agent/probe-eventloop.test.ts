/** The event loop of real programs: stalls, readers, idle loops, and what the watch itself costs. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram } from '../support/agent-probes.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

let preload: string;
beforeAll(async () => {
  preload = await probePreload(['eventloop']);
});

const MAX = 'codoperf_eventloop_delay_max_seconds';
const P99 = 'codoperf_eventloop_delay_p99_seconds';
const COUNT = 'codoperf_eventloop_delay_seconds_count';
const bucket = (series: Series, le: string): number => series[`codoperf_eventloop_delay_seconds_bucket{le="${le}"}`];

async function program(text: string, options = {}): Promise<Series[]> {
  return await runProgram<Series>(preload, text, options);
}

/** A block of half a second in each phase of the loop. */
const stalls: Readonly<Record<string, string>> = {
  'a timer': 'setTimeout(() => busy(500), 300);',
  'the callback of a file': "setTimeout(() => require('fs').stat('/', () => busy(500)), 300);",
  'an immediate': 'setTimeout(() => setImmediate(() => busy(500)), 300);',
  'a promise': 'sleep(300).then(() => busy(500));',
  spawnSync: "setTimeout(() => require('child_process').spawnSync('sleep', ['0.5']), 300);",
};
/** What else the loop does: nothing, or so much that a timer watches it. */
const loads: Readonly<Record<string, string>> = { idle: '', busy: 'setInterval(() => {}, 1).unref();' };

describe.each(Object.entries(loads))('a loop that is %s', (_, load) => {
  test.each(Object.entries(stalls))('a stall of 500 ms in %s is seen by two readers', async (__, stall) => {
    const [before, ...after] = await program(`
      ${load}
      await sleep(1200);
      out(read(5));
      ${stall}
      const often = setInterval(() => read(1), 90);
      await sleep(1500);
      clearInterval(often);
      out(read(5));
      out(read(5));
    `);
    expect(before.failures).toBe(0);
    expect(after).toHaveLength(2);
    for (const series of after) {
      expect(series[MAX]).toBeGreaterThanOrEqual(0.48);
      // 25 of some 150 came due in the stall.
      expect(series[P99]).toBeGreaterThan(0.3);
      expect(series[P99]).toBeGreaterThan(before[P99]);
      expect(series.nodejs_eventloop_lag_max_seconds).toBeGreaterThanOrEqual(0.48);
      expect(bucket(series, '+Inf') - bucket(series, '0.25')).toBeGreaterThanOrEqual(11);
      // The timer of prom-client was late once: half of its calls tell nothing.
      expect(series.nodejs_eventloop_lag_p50_seconds).toBeLessThan(0.1);
    }
    expect(after[1][COUNT] - after[0][COUNT]).toBeLessThan(5);
  });
});

test('a stall that runs while a reader asks has its length so far', async () => {
  const [series] = await program(`await sleep(300); busy(400); out(read(5));`);
  expect(series[MAX]).toBeGreaterThanOrEqual(0.38);
});

test('two blocks with a sleep between them are not one', async () => {
  // The block of a timer, then sleep, then a block in the poll phase: the same turn of the loop.
  const [series] = await program(`
    const child = require('child_process').spawn('sleep', ['0.9'], { stdio: 'ignore' });
    child.on('exit', () => busy(250));
    setTimeout(() => busy(250), 300);
    await sleep(1600);
    out(read(2));
  `);
  expect(series[MAX]).toBeGreaterThanOrEqual(0.23);
  expect(series[MAX]).toBeLessThan(0.48);
});

/** Turns of the loop in two seconds; a timer of 20 ms would make a hundred. */
const TURNS = `
  const turns = async () => {
    const begun = performance.nodeTiming.uvMetricsInfo.loopCount;
    await sleep(2000);
    return { turns: performance.nodeTiming.uvMetricsInfo.loopCount - begun };
  };
`;

test('an idle loop has delays near 0, 50 a second, and is hardly woken', async () => {
  const [before, after, asleep] = await program(`
    ${TURNS}
    await sleep(500);
    out(read());
    await sleep(2500);
    out(read(2));
    out(await turns());
  `);
  const seconds = ['active', 'idle'].reduce((sum, state) => {
    const name = `codoperf_eventloop_${state}_seconds_total`;
    return sum + after[name] - before[name];
  }, 0);
  expect(seconds).toBeGreaterThan(2.4);
  expect((after[COUNT] - before[COUNT]) / seconds).toBeGreaterThan(40);
  expect((after[COUNT] - before[COUNT]) / seconds).toBeLessThan(55);
  expect(bucket(after, '0.025') / after[COUNT]).toBeGreaterThan(0.8);
  expect(after.nodejs_eventloop_lag_p50_seconds).toBeCloseTo(0.02, 2);
  expect(after.nodejs_eventloop_lag_min_seconds).toBeCloseTo(0.02, 2);
  expect(after.nodejs_eventloop_utilization).toBeLessThan(0.5);
  expect(asleep.turns).toBeLessThan(30);
});

test('a busy loop is active, and calms down again', async () => {
  const [busy, calm, asleep] = await program(`
    ${TURNS}
    await sleep(100);
    const load = setInterval(() => busy(4), 5);
    await sleep(2500);
    clearInterval(load);
    out(read(1));
    await sleep(2500);
    out(read(1));
    out(await turns());
  `);
  expect(busy.nodejs_eventloop_utilization).toBeGreaterThan(0.5);
  expect(calm.nodejs_eventloop_utilization).toBeLessThan(0.5);
  expect(asleep.turns).toBeLessThan(30);
});

test('a sleep that a signal interrupts is no stall', async () => {
  // libuv takes the two seconds before the end of the child for work.
  const [series] = await program(`
    require('child_process').spawn('sleep', ['2.7'], { stdio: 'ignore' });
    await sleep(3200);
    out(read(3));
  `);
  expect(series[MAX]).toBeLessThan(0.3);
});

test('a thread that is ready but does not get to run is late, although its loop sleeps', async () => {
  const [series] = await program(`await sleep(4000); out({ ...read(10) });`, {
    // Stopped across at least one of the beats.
    onStart(pid: number) {
      setTimeout(() => process.kill(pid, 'SIGSTOP'), 1000);
      setTimeout(() => process.kill(pid, 'SIGCONT'), 2800);
    },
  });
  expect(series[MAX]).toBeGreaterThan(0.5);
  expect(series[P99]).toBeGreaterThan(0.3);
});

test('the watch keeps no program alive and stops for good', async () => {
  const begun = Date.now();
  await program('out(read())');
  expect(Date.now() - begun).toBeLessThan(5000);
  const [before, after] = await program(`await sleep(50); stop(); out(read()); await sleep(1200); out(read());`);
  expect(after[COUNT] - before[COUNT]).toBeLessThan(70);
  expect(after.failures).toBe(0);
});

describe.each(otherNodes)('Node.js %s', (version) => {
  const node = otherNode(version);

  test.skipIf(node === undefined)(
    'sees stalls, and lets an idle loop sleep',
    async () => {
      const [asleep, series] = await program(
        `
        ${TURNS}
        out(await turns());
        setTimeout(() => busy(500), 100);
        await sleep(1000);
        out(read(2));
      `,
        { node },
      );
      expect(asleep.turns).toBeLessThan(30);
      expect(series[MAX]).toBeGreaterThanOrEqual(0.48);
      expect(series.failures).toBe(0);
    },
    60_000,
  );
});

test('worker threads have a watch of their own', async () => {
  const [main, worker] = await program(
    `
      const { Worker } = require('worker_threads');
      const text = "setTimeout(() => busy(500), 200); setTimeout(() => require('worker_threads').parentPort.postMessage(read(3)), 900)";
      const told = await new Promise((resolve) => new Worker(text, { eval: true }).once('message', resolve));
      out(read(3));
      out(told);
    `,
  );
  expect(worker[MAX]).toBeGreaterThanOrEqual(0.48);
  expect(main[MAX]).toBeLessThan(0.4);
});
