/** What the report says about Node.js processes, from figures that are known to the last digit. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentHint } from '../../src/report/node-hint.ts';
import { NodeLedger } from '../../src/report/node-ledger.ts';
import { ProcessLedger } from '../../src/report/process-ledger.ts';
import { sections } from '../../src/report/sections.gen.ts';
import { Summarizer } from '../../src/report/summarizer.ts';
import type { Finding } from '../../src/report/finding.ts';
import { judge } from '../../src/report/verdict.ts';
import type { ProbeRow } from '../../src/wire/agent/messages.ts';
import { honest, processOf } from '../support/fake-agent.ts';
import { NodeLoop } from '../support/node-loop.ts';

const PID = 4242;
const SUBJECT = `service-${PID}[${PID}]`;
const uid = process.getuid?.() ?? 0;

/** Seconds and counts that grow from tick to tick; gauges are as they are. */
const begin = () => ({
  active: 0,
  idle: 0,
  delay: 0,
  cpu: 0,
  wait: 0,
  throttled: 0,
  gc: 0,
  live: 1e8,
  poolWait: 0,
  poolCpu: 0,
  requests: { ok: 0, failed: 0, aborted: 0 },
  mute: false,
});
type State = ReturnType<typeof begin>;

let loop: NodeLoop;
let state: State;
let summarizer: Summarizer;
let nodes: NodeLedger;

beforeEach(async () => {
  loop = new NodeLoop();
  summarizer = new Summarizer(sections.filter(({ resource }) => resource === 'nodejs'));
  nodes = new NodeLedger();
  state = begin();
  loop.proc.process(PID, { uid });
  loop.proc.write('self/mountinfo', '30 20 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
  loop.proc.write(`${PID}/cgroup`, '0::/shop.service\n');
  loop.proc.write('sys/fs/cgroup/cgroup.controllers', 'cpu\n');
  write();
  await loop.runtime.listen(PID, (request, connection) => {
    if (state.mute) return;
    honest(PID, {
      process: processOf(PID, { pool_tids: [7, 8, 9, 10] }),
      threads: [{ thread: 0, name: 'main', state: 'answered', rows: rows() }],
    })(request, connection);
  });
  await loop.open();
  await tick();
});
afterEach(() => loop.close());

function write(): void {
  const nano = (seconds: number): string => String(Math.round(seconds * 1e9));
  loop.proc.write(`${PID}/task/${PID}/schedstat`, `${nano(1 + state.cpu)} ${nano(state.wait)} 9\n`);
  for (const tid of [7, 8, 9, 10]) {
    loop.proc.write(`${PID}/task/${tid}/schedstat`, `${nano(1 + state.poolCpu / 4)} 0 9\n`);
  }
  const throttled = `nr_periods 100\nnr_throttled 9\nthrottled_usec ${Math.round(state.throttled * 1e6)}\n`;
  loop.proc.write('sys/fs/cgroup/shop.service/cpu.stat', throttled);
}

/** All of `count` took between 50 and 75 ms. */
const histogram = (count: number): number[] => [
  ...Array.from({ length: 15 }, (_, i) => (i < 4 ? 0 : count)),
  count * 0.06,
  count,
];

function rows(): ProbeRow[] {
  const { active, idle, delay, gc, live, poolWait } = state;
  const { ok, failed, aborted } = state.requests;
  return [
    ['eventloop/time', [], [active, idle, 0.5]],
    ['eventloop/late', [], [delay, 0.001, delay / 2, 0, 0, 0, 0, 0, 0, 0]],
    ['gc/durations', ['minor'], [0, 0, 0, 0, 0, 0, 0, gc, 1]],
    ['gc/heap', [], [live]],
    ['heap/heap', [], [4e8, 2e8, 0, 0, 4e8, 0, 1, 0]],
    ['threadpool/pool', [], [poolWait, poolWait, 4]],
    ['http-server/active', [], [2]],
    ['http-server/durations', ['GET', '200', ''], histogram(ok)],
    ['http-server/durations', ['GET', '503', '503'], histogram(failed)],
    ['http-server/durations', ['GET', '', 'aborted'], histogram(aborted)],
  ];
}

async function tick(change: () => void = () => undefined): Promise<void> {
  change();
  write();
  await loop.tick();
  if (loop.frame === undefined) throw new Error('no frame');
  summarizer.add(loop.frame);
  nodes.add(loop.frame);
}

async function ticks(count: number, change: () => void): Promise<void> {
  for (let i = 0; i < count; i++) await tick(change);
}

const findings = (type = 'all'): Finding[] => judge(summarizer, 5, new ProcessLedger(), type, nodes).findings;
const rules = (): string[] => findings().map(({ rule_id, severity }) => `${rule_id} ${severity}`);
const mean = (key: string, stat: string): number => summarizer.find('nodejs', key, SUBJECT, stat)?.mean() ?? Number.NaN;

/** One second in which the loop was active for `active`, of which the main thread worked and waited. */
function second(active: number, cpu: number, wait = 0, throttled = 0): void {
  state.active += active;
  state.idle += 1 - active;
  state.cpu += cpu;
  state.wait += wait;
  state.throttled += throttled;
}

describe('starved or blocked', () => {
  test('the time of the loop is split to the last millisecond', async () => {
    await ticks(5, () => second(0.9, 0.3, 0.45, 0.2));
    expect(mean('loop', 'utilization_ratio')).toBeCloseTo(0.9, 9);
    expect(mean('loop', 'work_ratio')).toBeCloseTo(0.3, 9);
    expect(mean('loop', 'run_queue_ratio')).toBeCloseTo(0.25, 9);
    expect(mean('loop', 'throttled_ratio')).toBeCloseTo(0.2, 9);
    expect(mean('loop', 'blocked_ratio')).toBeCloseTo(0.15, 9);
  });

  test('a cgroup that is stopped longer than the thread waited had other threads to stop', async () => {
    await ticks(3, () => second(0.5, 0.3, 0.1, 3));
    expect(mean('loop', 'throttled_ratio')).toBeCloseTo(0.1, 9);
    expect(mean('loop', 'run_queue_ratio')).toBeCloseTo(0, 9);
  });

  test('waiting while the loop is idle leaves nothing that is blocked', async () => {
    await ticks(3, () => second(0.1, 0.1, 0.6));
    expect(mean('loop', 'blocked_ratio')).toBe(0);
  });

  test.each([
    ['node.blocked', 0.9, 0.8, 0.05, 0, /its own code had the CPU for 80 %/],
    [
      'node.starved',
      0.9,
      0.2,
      0.65,
      0,
      /it is starved, as it waited for a CPU for 65 % of that time and worked for 20 %/,
    ],
    ['node.throttled', 0.9, 0.2, 0.65, 0.6, /the CPU quota of the cgroup \/shop\.service stopped it for 60 %/],
    ['node.sync', 0.9, 0.2, 0.05, 0, /it was blocked in the kernel for 65 % .* by a synchronous call/],
  ])('%s', async (rule, active, cpu, wait, throttled, why) => {
    await ticks(4, () => second(0.01, 0.01));
    await tick(() => {
      state.delay = 0.4;
      second(active, cpu, wait, throttled);
    });
    await tick(() => {
      state.delay = 0;
      second(0.01, 0.01);
    });
    expect(rules()).toEqual([`${rule} warning`]);
    expect(findings()[0]).toMatchObject({ resource: 'nodejs', subject: SUBJECT });
    expect(findings()[0].summary).toMatch(/up to 400 ms \(once\)/);
    expect(findings()[0].summary).toMatch(why);
    expect(findings()[0].evidence[0]).toEqual({
      stat: 'nodejs.loop.delay_max_seconds',
      value: 0.4,
      unit: 'seconds',
      limit: 0.1,
    });
  });

  test('99 ms are no stall; a second is critical', async () => {
    state.delay = 0.099;
    await ticks(3, () => second(0.3, 0.3));
    expect(rules()).toEqual([]);
    state.delay = 1;
    await tick(() => second(0.3, 0.3));
    expect(rules()).toEqual(['node.blocked critical']);
  });

  test('late by little each time, but waiting all the time, is starved', async () => {
    state.delay = 0.05;
    await ticks(3, () => second(0.3, 0.1, 0.3));
    expect(rules()).toEqual(['node.starved warning']);
  });

  test('collecting garbage is not its own code, and neither is waiting for who helps', async () => {
    state.delay = 0.2;
    await ticks(2, () => {
      state.gc += 0.08;
      second(0.2, 0.09);
    });
    expect(rules()).toEqual(['node.blocked_gc warning']);
  });

  test('busy alone is only told', async () => {
    await ticks(3, () => second(0.97, 0.97));
    expect(rules()).toEqual(['node.elu info']);
  });
});

describe('a process that owes an answer', () => {
  const silent = async (proc: { state: string; wchan?: string; cpu?: number; wait?: number }): Promise<Finding> => {
    state.mute = true;
    loop.patienceMs = 50;
    loop.proc.process(PID, { uid, state: proc.state });
    loop.proc.write(`${PID}/wchan`, proc.wchan ?? '0');
    await ticks(7, () => {
      state.cpu += proc.cpu ?? 0;
      state.wait += proc.wait ?? 0;
    });
    const found = findings().filter(({ rule_id }) => rule_id === 'node.silent');
    expect(found).toHaveLength(1);
    expect(found[0].severity).toBe('critical');
    return found[0];
  };
  beforeEach(() => ticks(2, () => second(0.1, 0.1)));

  test.each([
    [{ state: 'R', cpu: 1 }, /its main thread runs code that does not return to the loop/, /kill -USR1 4242/],
    [{ state: 'R', wait: 1 }, /it is starved, as it has waited for a CPU for/, /renice/],
    // The kernel adds the wait only when it is over.
    [{ state: 'R' }, /it is starved/, /renice/],
    [{ state: 'D', wchan: 'folio_wait_bit' }, /waits for a device \(in folio_wait_bit\)/, /iostat/],
    [{ state: 'S', wchan: 'ep_poll' }, /sleeps in a synchronous call \(in ep_poll\)/, /execSync/],
    [{ state: 'T' }, /it is stopped/, /kill -CONT 4242/],
  ])('%j', async (proc, summary, advice) => {
    const finding = await silent(proc);
    expect(finding.summary).toMatch(/^service-4242\[4242\] has not answered for 6 s: /);
    expect(finding.summary).toMatch(summary);
    expect(finding.recommendation).toMatch(advice);
  });

  test('is called the same before its first answer and after it, for everybody who looks', async () => {
    const OTHER = 99;
    const subject = `node.js[${OTHER}]`;
    let mute = true;
    loop.patienceMs = 100;
    loop.proc.process(OTHER, { uid, startTicks: 500_100 });
    await loop.runtime.listen(OTHER, (request, connection) => {
      if (mute) setTimeout(() => honest(OTHER)(request, connection), 300);
      else honest(OTHER)(request, connection);
    });
    await ticks(6, () => second(0.1, 0.1));
    mute = false;
    await expect.poll(() => loop.series().get(`codoperf_nodejs_up{pid="${OTHER}"}`)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await ticks(2, () => second(0.1, 0.1));
    expect(loop.series().get(`codoperf_nodejs_up{pid="${OTHER}"}`)).toBe(1);
    expect(nodes.uses().map((use) => use.subject)).toEqual([SUBJECT, subject]);
    const rows = [...(summarizer.section('nodejs', 'loop')?.subjects() ?? [])];
    expect(rows.map((row) => row.subject)).toEqual([SUBJECT, subject]);
  });

  test('is counted in the row of the verdict', async () => {
    state.mute = true;
    loop.patienceMs = 50;
    await ticks(2, () => undefined);
    const { verdict } = judge(summarizer, 5, new ProcessLedger(), 'all', nodes);
    expect(verdict.resources.at(-1)).toMatchObject({ resource: 'nodejs', errors: '5xx -, silent 1' });
  });
});

describe('heap, pool, requests', () => {
  test('much garbage', async () => {
    await ticks(3, () => {
      state.gc += 0.12;
      second(0.3, 0.3);
    });
    expect(mean('loop', 'gc_ratio')).toBeCloseTo(0.12, 9);
    expect(rules()).toEqual(['node.gc warning']);
  });

  test.each([
    [3.3e8, []],
    [3.5e8, ['node.heap warning']],
    [3.9e8, ['node.heap critical']],
  ])('%d bytes are left of 400 MB after a major collection', async (live, expected) => {
    state.live = live;
    await ticks(2, () => second(0.1, 0.1));
    expect(mean('memory', 'heap_live_ratio')).toBeCloseTo(live / 4e8, 9);
    expect(rules()).toEqual(expected);
  });

  test('a full pool whose threads wait needs more of them', async () => {
    state.poolWait = 0.2;
    await ticks(3, () => second(0.1, 0.1));
    expect(rules()).toEqual(['node.pool warning']);
    expect(findings()[0].recommendation).toContain('UV_THREADPOOL_SIZE=16');
  });

  test('one whose threads compute needs CPUs; the loop is busy: the pool is not the problem', async () => {
    state.poolWait = 0.2;
    await ticks(3, () => {
      state.poolCpu += 2;
      second(0.1, 0.1);
    });
    expect(mean('requests', 'pool_cpu_cores')).toBeCloseTo(2, 9);
    expect(findings()[0].summary).toContain('its threads compute (2 cores used');
    await ticks(20, () => second(0.8, 0.8));
    expect(rules()).toEqual([]);
  });

  test('requests, their duration, errors and those given up', async () => {
    await ticks(5, () => {
      state.requests.ok += 90;
      state.requests.failed += 4;
      state.requests.aborted += 6;
      second(0.3, 0.3);
    });
    expect(mean('requests', 'requests_per_second')).toBeCloseTo(100, 9);
    expect(mean('requests', 'error_ratio')).toBeCloseTo(0.04, 9);
    expect(mean('requests', 'aborted_per_second')).toBeCloseTo(6, 9);
    expect(mean('requests', 'duration_mean_seconds')).toBeCloseTo(0.06, 9);
    expect(mean('requests', 'duration_p99_seconds')).toBeCloseTo(0.05 + 0.025 * 0.99, 9);
    expect(mean('requests', 'active')).toBe(2);
    expect(rules()).toEqual(['node.http_errors warning', 'node.http_aborted warning']);
  });

  test('a few bad requests prove nothing', async () => {
    await ticks(5, () => {
      state.requests.failed += 4;
      second(0.3, 0.3);
    });
    expect(mean('requests', 'error_ratio')).toBeCloseTo(1, 9);
    expect(rules()).toEqual([]);
  });

  test('two problems at once are two findings', async () => {
    state.delay = 0.3;
    await ticks(5, () => {
      state.requests.failed += 40;
      second(0.6, 0.6);
    });
    expect(rules()).toEqual(['node.http_errors critical', 'node.blocked warning']);
  });
});

test('without a process there is no row, and with one it is the last', async () => {
  const before = judge(summarizer, 5, new ProcessLedger(), 'all').verdict;
  expect(before.resources.map(({ resource }) => resource)).toEqual(['cpu', 'memory', 'disk', 'network']);
  await ticks(2, () => second(0.4, 0.4));
  const { resources } = judge(summarizer, 5, new ProcessLedger(), 'all', nodes).verdict;
  expect(resources.at(-1)).toMatchObject({
    resource: 'nodejs',
    status: 'ok',
    utilisation: 'loop 40 %, heap 50 % of 1 process',
    top: `${SUBJECT} 40 % of its loop`,
  });
});

test('with --monitor-type memory nothing is said about loops', async () => {
  summarizer = new Summarizer(sections.filter(({ resource, key }) => resource === 'nodejs' && key === 'memory'));
  state.delay = 5;
  await ticks(3, () => second(0.9, 0.9));
  expect(findings('memory')).toEqual([]);
});

describe('the hint about programs without the agent', () => {
  const ledger = (...uses: { pid: number; command: string; cpu_cores: number; exited?: boolean }[]): ProcessLedger =>
    ({ top: () => uses.map((use) => ({ exited: false, ...use })) }) as unknown as ProcessLedger;

  test('names those that use much CPU, and nobody else', async () => {
    await ticks(2, () => second(0.4, 0.4));
    const hint = agentHint(
      ledger(
        { pid: 1, command: 'node', cpu_cores: 0.5 },
        { pid: PID, command: 'node', cpu_cores: 0.5 },
        { pid: process.pid, command: 'node', cpu_cores: 0.5 },
        { pid: 2, command: 'postgres', cpu_cores: 0.5 },
        { pid: 3, command: 'MainThread', cpu_cores: 0.06 },
        { pid: 4, command: 'node', cpu_cores: 0.04 },
        { pid: 5, command: 'node', cpu_cores: 1, exited: true },
      ),
      summarizer,
    );
    expect(hint).toMatch(/^Node\.js processes 1 \(50 % of a core\), 3 \(6 % of a core\) run without the agent: /);
    expect(hint).toContain('`node --import codoperf/register …`');
  });

  test('is not there without them, nor where Node.js is not the subject', () => {
    expect(agentHint(ledger({ pid: 2, command: 'redis', cpu_cores: 1 }), summarizer)).toBeUndefined();
    const disk = new Summarizer(sections.filter(({ resource }) => resource === 'disk'));
    expect(agentHint(ledger({ pid: 2, command: 'node', cpu_cores: 1 }), disk)).toBeUndefined();
  });
});
