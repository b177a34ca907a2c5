/** Node.js processes from tick to tick: who answers late, never, or is another one by now. Sockets are real, time is not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSampler } from '../../src/collect/sampler.ts';
import { outcomeNames } from '../../src/core/outcome.ts';
import type { ProbeRow } from '../../src/wire/agent/messages.ts';
import { encodeFrame } from '../../src/wire/agent/frames.ts';
import type { Handler } from '../support/fake-agent.ts';
import { honest, processOf } from '../support/fake-agent.ts';
import { NodeLoop } from '../support/node-loop.ts';

const PID = 4242;
const uid = process.getuid?.() ?? 0;

let loop: NodeLoop;
beforeEach(() => {
  loop = new NodeLoop();
  loop.proc.process(PID, { uid });
});
afterEach(() => loop.close());

const ACTIVE = 'codoperf_eventloop_active_seconds_total';
const UPTIME = 'codoperf_nodejs_uptime_seconds_total';
const time = (active: number, idle = 1): ProbeRow => ['eventloop/time', [], [active, idle, 0.5]];
const answering =
  (rows: () => readonly ProbeRow[], pid = PID): Handler =>
  (request, connection) =>
    honest(pid, { threads: [{ thread: 0, name: 'main', state: 'answered', rows: rows() }] })(request, connection);
const up = (pid = PID): number | undefined => loop.series().get(`codoperf_nodejs_up{pid="${pid}"}`);

test('without an agent the collector is absent, and looks again only after 10 s', async () => {
  await loop.open();
  await loop.tick();
  expect(loop.frame?.collector('nodejs')).toMatchObject({ success: false, broken: false });
  await loop.runtime.listen(PID, honest(PID));
  for (let i = 0; i < 8; i++) await loop.tick();
  expect(loop.runtime.requests).toHaveLength(0);
  await loop.tick(2);
  expect(up()).toBe(1);
  expect(loop.runtime.requests).toHaveLength(1);
});

test('one connection for all questions; each tells what was seen already', async () => {
  await loop.runtime.listen(PID, honest(PID, { at: 77 }));
  await loop.open();
  for (let i = 0; i < 5; i++) await loop.tick();
  expect(loop.runtime.requests.map((request) => (request.op === 'metrics' ? request.since : 'another'))).toEqual([
    undefined,
    77,
    77,
    77,
    77,
  ]);
  expect(loop.runtime.open).toBe(1);
});

test('a loop of 100 ms asks once a second', async () => {
  await loop.runtime.listen(PID, honest(PID));
  await loop.open();
  for (let i = 0; i < 31; i++) await loop.tick(0.1);
  expect(loop.runtime.requests.length).toBeGreaterThanOrEqual(3);
  expect(loop.runtime.requests.length).toBeLessThanOrEqual(4);
});

test('sample() alone shows what the last question brought', async () => {
  const clock = { monotonicSeconds: () => 1000, wallMs: () => 0 };
  await loop.runtime.listen(
    PID,
    answering(() => [time(5)]),
  );
  process.env.CODOPERF_RUNTIME_DIR = loop.runtime.directory;
  const sampler = await createSampler({ collectors: ['nodejs'], paths: { procfs: loop.proc.root }, clock });
  const names = (): string[] => [...sampler.rows()].map(({ name }) => name);
  sampler.sample();
  expect(names()).toEqual([]);
  await sampler.gather?.();
  for (let i = 0; i < 3; i++) {
    sampler.sample();
    expect(names()).toContain(ACTIVE);
    expect(names()).toContain('nodejs_eventloop_utilization');
  }
  sampler.close();
});

test('--pid restricts whom is asked', async () => {
  for (const pid of [1, 2, 3]) {
    loop.proc.process(pid, { uid });
    await loop.runtime.listen(pid, honest(pid));
  }
  await loop.open({ pids: [2] });
  await loop.tick();
  expect([up(1), up(2), up(3)]).toEqual([undefined, 1, undefined]);
});

describe('a process that does not answer', () => {
  let mute: boolean;
  let active: number;
  beforeEach(async () => {
    mute = false;
    active = 10;
    loop.patienceMs = 500;
    const answer = answering(() => [time(active)]);
    await loop.runtime.listen(PID, (request, connection) => {
      if (mute) pending.push(() => answer(request, connection));
      else answer(request, connection);
    });
    await loop.open();
    await loop.tick();
    await loop.tick();
  });
  const pending: (() => void)[] = [];
  afterEach(() => pending.splice(0));

  test('keeps nobody waiting for longer than a moment, and nobody a second time', async () => {
    mute = true;
    await loop.tick();
    expect(pending).toHaveLength(1);
    for (let i = 0; i < 5; i++) {
      loop.now++;
      expect(loop.frames?.gather(1, false)).toBeUndefined();
      loop.frames?.next(1, false);
    }
    expect(pending).toHaveLength(1);
  });

  test('its counters stand still, its gauges are not known, and it is told for how long', async () => {
    mute = true;
    loop.proc.process(PID, { uid, state: 'D' });
    loop.proc.write(`${PID}/wchan`, 'folio_wait_bit');
    for (let i = 0; i < 3; i++) await loop.tick();
    const series = loop.series();
    expect(up()).toBe(0);
    expect(series.get(`${ACTIVE}{pid="${PID}"}`)).toBe(10);
    expect(series.has(`nodejs_eventloop_utilization{pid="${PID}"}`)).toBe(false);
    expect(series.has(`codoperf_nodejs_answer_seconds{pid="${PID}"}`)).toBe(false);
    expect(
      series.get(`codoperf_nodejs_unanswered_seconds{pid="${PID}",reason="silent",state="D",wchan="folio_wait_bit"}`),
    ).toBe(2);
    expect(loop.change('eventloop/time', ACTIVE, String(PID), '').delta).toBe(0);
  });

  test('once it answers, its increases are over the time since the answer before', async () => {
    mute = true;
    for (let i = 0; i < 4; i++) await loop.tick();
    mute = false;
    active = 14.5;
    // The answer to the open question comes between two ticks, and the next tick asks once more.
    for (const answer of pending) answer();
    await sleep(50);
    loop.now += 0.5;
    await loop.tick(0.5);
    expect(up()).toBe(1);
    expect(loop.change('eventloop/time', ACTIVE, String(PID), '')).toMatchObject({ delta: 4.5, outcome: 'ok' });
    expect(loop.change('processes', UPTIME, String(PID))).toMatchObject({ delta: 5, outcome: 'ok' });
  });

  test('a late answer is shown at the next tick although that question is not answered either', async () => {
    mute = true;
    await loop.tick();
    active = 11;
    pending[0]();
    await sleep(50);
    await loop.tick();
    expect(pending).toHaveLength(2);
    expect(up()).toBe(1);
    expect(loop.change('eventloop/time', ACTIVE, String(PID), '').delta).toBe(1);
    await loop.tick();
    expect(up()).toBe(0);
  });

  test('it ends without an answer', async () => {
    mute = true;
    await loop.tick();
    loop.proc.end(PID);
    await loop.tick();
    expect(up()).toBeUndefined();
    await expect.poll(() => loop.runtime.open).toBe(0);
  });
});

describe('what counters are worth', () => {
  const row = (type: string, count: number): ProbeRow => [
    'gc/durations',
    [type],
    [...Array.from({ length: 7 }, () => count), count, count],
  ];
  const COUNT = 'nodejs_gc_duration_seconds_count';

  test('a row that appears in a process that was there began at zero', async () => {
    const rows = [row('minor', 5)];
    await loop.runtime.listen(
      PID,
      answering(() => rows),
    );
    await loop.open();
    await loop.tick();
    await loop.tick();
    rows.push(row('major', 3));
    await loop.tick();
    expect(loop.change('gc/durations', COUNT, String(PID), '', 'major')).toMatchObject({ delta: 3, outcome: 'first' });
    expect(loop.change('gc/durations', COUNT, String(PID), '', 'minor').delta).toBe(0);
  });

  test('not so in a process that was silent at first', async () => {
    let mute = true;
    const answer = answering(() => [row('minor', 1e6)]);
    await loop.runtime.listen(PID, (request, connection) => {
      if (mute) setTimeout(() => answer(request, connection), 900);
      else answer(request, connection);
    });
    await loop.open();
    loop.patienceMs = 100;
    await loop.tick();
    expect(up()).toBe(0);
    mute = false;
    await sleep(1000);
    await loop.tick();
    expect(loop.change('gc/durations', COUNT, String(PID), '', 'minor')).toEqual({
      delta: Number.NaN,
      outcome: 'first',
      value: 1e6,
    });
  });

  test('but in one that began since we look', async () => {
    const OTHER = 99;
    await loop.runtime.listen(PID, honest(PID));
    await loop.open();
    await loop.tick();
    // FakeProcfs has been up for 5000 s.
    loop.proc.process(OTHER, { uid, startTicks: 500_100 });
    await loop.runtime.listen(
      OTHER,
      answering(() => [row('minor', 12)], OTHER),
    );
    const increases: number[] = [];
    for (let i = 0; i < 6; i++) {
      await loop.tick();
      increases.push(loop.change('gc/durations', COUNT, String(OTHER), '', 'minor').delta);
    }
    expect(increases.filter((delta) => delta > 0)).toEqual([12]);
  });

  test('the same pid, another process: nothing is compared', async () => {
    let answer = answering(() => [time(1000)]);
    await loop.runtime.listen(PID, (request, connection) => answer(request, connection));
    await loop.open();
    await loop.tick();
    await loop.tick();
    answer = answering(() => [time(2000)]);
    loop.proc.process(PID, { uid, startTicks: 200_000 });
    for (let i = 0; i < 6; i++) await loop.tick();
    expect(loop.change('eventloop/time', ACTIVE, String(PID), '')).toMatchObject({ value: 2000 });
    expect(loop.frame?.table('nodejs', 'eventloop/time')?.counts[outcomeNames.indexOf('recreated')]).toBeGreaterThan(0);
  });
});

test('who breaks the protocol is not believed, and left alone for 30 s', async () => {
  let bad = false;
  await loop.runtime.listen(PID, (request, connection) => {
    if (bad) connection.write(encodeFrame({ id: request.id, ok: true, result: processOf(PID + 1) }));
    else answering(() => [time(1)])(request, connection);
  });
  await loop.open();
  await loop.tick();
  expect(up()).toBe(1);
  bad = true;
  await loop.tick();
  expect(up()).toBe(0);
  expect([...loop.series().keys()].filter((key) => key.startsWith(ACTIVE))).toEqual([]);
  const asked = loop.runtime.requests.length;
  for (let i = 0; i < 29; i++) await loop.tick();
  expect(loop.runtime.requests).toHaveLength(asked);
  bad = false;
  await loop.tick(2);
  expect(up()).toBe(1);
});

test('what the process says about the time is not taken for more than it can know', async () => {
  let at = 0;
  await loop.runtime.listen(PID, (request, connection) => honest(PID, { at })(request, connection));
  await loop.open();
  await loop.tick();
  for (at of [1e300, -1e300, 0]) {
    await loop.tick();
    expect(loop.change('processes', UPTIME, String(PID)).delta).toBe(1);
  }
});

test('a hundred processes', async () => {
  for (let pid = 1; pid <= 100; pid++) {
    loop.proc.process(pid, { uid });
    await loop.runtime.listen(
      pid,
      answering(() => [time(pid)], pid),
    );
  }
  await loop.open();
  for (let i = 0; i < 3; i++) await loop.tick();
  const ups = [...loop.series()].filter(([key]) => key.startsWith('codoperf_nodejs_up'));
  expect(ups.filter(([, value]) => value === 1)).toHaveLength(100);
  expect(loop.runtime.open).toBe(100);
  expect(loop.runtime.requests).toHaveLength(300);
});
