/**
 * Is a late loop blocked by its own code, starved by others, throttled by a quota, or stuck in a synchronous call? Real
 * programs with the real agent, each with one cause that is known; cgroups are children of our own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { findLayout } from '../../src/collect/cgroup/mounts.ts';
import { OwnGroups } from '../../src/collect/cgroup/own.ts';
import { hostPaths } from '../../src/collect/collector.ts';
import { errnoOf } from '../../src/core/errors.ts';
import type { MonitorReport } from '../../src/index.ts';
import { Program, agentFile, eventually } from '../support/agent.ts';
import { cli } from '../support/cli.ts';

const isRoot = process.getuid?.() === 0;
const FIRST = -20;
/** Of this test and of who measures. */
const AHEAD = -15;
/** Programs that get no CPU take their time to start, and to end. */
vi.setConfig({ testTimeout: 60_000 });
beforeAll(async () => {
  await Promise.all([agentFile(), cli(['--version'])]);
  if (isRoot) os.setPriority(AHEAD);
});

/** Works for `busy` milliseconds of CPU time in one go, and begins again after `every`. */
const worker = (busy: number, every: number): string => `
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  setInterval(() => { const end = used() + ${busy}; while (used() < end); }, ${every});
  console.log('ready');`;

/** A program with the agent; asked only once its socket is there. */
async function start(code: string): Promise<Program> {
  const program = await Program.start({ code });
  await program.said('ready');
  await eventually(program.socket, () => fs.existsSync(program.socket));
  return program;
}

async function measure({ runtime }: Program, duration = 5): Promise<MonitorReport> {
  const args = ['monitor-stats', '--monitor-type', 'cpu', '--duration', String(duration), '--interval', '1'];
  const { stdout, stderr } = await cli([...args, '--format', 'json'], { env: { CODOPERF_RUNTIME_DIR: runtime } });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as MonitorReport;
}

type Loop = Record<string, { mean: number | null; max: number | null; last: number | null }>;

function loopOf({ resources }: MonitorReport, { pid }: Program): Loop {
  const { loop } = resources.nodejs as { loop: Record<string, Loop> };
  const found = Object.entries(loop).find(([subject]) => subject.endsWith(`[${pid}]`));
  if (found === undefined) throw new Error(`no process ${pid} in ${Object.keys(loop).join()}`);
  return found[1];
}

const findingsOf = ({ findings }: MonitorReport): (readonly [string, string | null])[] =>
  findings.filter(({ resource }) => resource === 'nodejs').map(({ rule_id, subject }) => [rule_id, subject]);

/** Runs before everybody else, as a real-time process: what others do to this machine must not be what is measured. */
function first({ pid }: Program): void {
  if (isRoot) execFileSync('chrt', ['--all-tasks', '--fifo', '--pid', '1', String(pid)], { stdio: 'ignore' });
}

test.runIf(isRoot)('its own code blocks it', async () => {
  const program = await start(worker(300, 500));
  first(program);
  const report = await measure(program);
  const loop = loopOf(report, program);
  expect(loop.work_ratio.mean).toBeGreaterThan(0.4);
  expect(loop.utilization_ratio.mean).toBeGreaterThan(0.5);
  expect(loop.delay_max_seconds.max).toBeGreaterThan(0.25);
  expect(loop.work_ratio.mean).toBeGreaterThan(3 * (loop.run_queue_ratio.mean ?? 1));
  expect(loop.throttled_ratio.mean).toBe(0);
  expect(findingsOf(report)).toEqual([['node.blocked', `[eval][${program.pid}]`]]);
  const [finding] = report.findings.filter(({ rule_id }) => rule_id === 'node.blocked');
  expect(finding.summary).toMatch(/kept work waiting for up to .* its own code had the CPU for/);
  expect(finding.recommendation).toContain('--cpu-prof');
  expect(report.verdict.resources.map(({ resource }) => resource)).toEqual(['cpu', 'nodejs']);
});

/** Another program on the same CPU, before which nobody else gets it; for `busy` of each 100 ms. */
function rivalOf(program: Program, busy: number): number {
  const code = `setInterval(() => { const end = performance.now() + ${busy}; while (performance.now() < end); }, 100)`;
  const rival = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  onTestFinished(async () => {
    rival.kill('SIGKILL');
    if (rival.exitCode === null && rival.signalCode === null) await once(rival, 'exit');
  });
  const pid = rival.pid as number;
  for (const each of [program.pid, pid])
    execFileSync('taskset', ['-a', '-c', '-p', '0', String(each)], { stdio: 'ignore' });
  execFileSync('chrt', ['--all-tasks', '--fifo', '--pid', '2', String(pid)], { stdio: 'ignore' });
  return pid;
}

test.runIf(isRoot)('others have the CPUs: it is starved, and they are named', async () => {
  const program = await start(worker(60, 100));
  first(program);
  const rival = rivalOf(program, 70);
  const report = await measure(program);
  const loop = loopOf(report, program);
  expect(loop.run_queue_ratio.mean).toBeGreaterThan(0.4);
  expect(loop.run_queue_ratio.mean).toBeGreaterThan(loop.work_ratio.mean ?? 1);
  expect(loop.throttled_ratio.mean).toBe(0);
  expect(findingsOf(report)).toEqual([['node.starved', `[eval][${program.pid}]`]]);
  const [finding] = report.findings.filter(({ rule_id }) => rule_id === 'node.starved');
  expect(finding.recommendation).toContain(`[${rival}]`);
});

test.runIf(isRoot)('starved so much that it cannot even answer: it is still not its code', async () => {
  const program = await start(worker(60, 100));
  rivalOf(program, 100);
  const report = await measure(program);
  const found = report.findings.filter(({ resource, severity }) => resource === 'nodejs' && severity !== 'info');
  expect(found.length).toBeGreaterThan(0);
  for (const { summary } of found) expect(summary).toMatch(/it is starved/);
});

test('a synchronous call blocks it in the kernel', async () => {
  const program = await start(`
    const { execFileSync } = require('node:child_process');
    setInterval(() => execFileSync('sleep', ['0.4']), 700);
    console.log('ready');`);
  first(program);
  const report = await measure(program);
  const loop = loopOf(report, program);
  expect(loop.blocked_ratio.mean).toBeGreaterThan(0.2);
  expect(loop.blocked_ratio.mean).toBeGreaterThan(2 * (loop.work_ratio.mean ?? 1));
  expect(findingsOf(report)).toEqual([['node.sync', `[eval][${program.pid}]`]]);
});

test('a loop that does not turn any more is told as such, and does not keep the report', async () => {
  const program = await start(`
    console.log('ready');
    setTimeout(() => { for (;;); }, 2000);`);
  first(program);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const report = await measure(program, 3);
  expect(findingsOf(report).map(([rule]) => rule)).toEqual(['node.silent']);
  const [finding] = report.findings.filter(({ rule_id }) => rule_id === 'node.silent');
  expect(finding.summary).toMatch(/has not answered for .*runs code that does not return/);
  expect(loopOf(report, program).unanswered_seconds.last).toBeGreaterThan(1.5);
});

test('an idle program has no finding, and hardly any loop', async () => {
  const program = await start(`setInterval(() => {}, 1000); console.log('ready');`);
  first(program);
  const report = await measure(program, 3);
  expect(findingsOf(report)).toEqual([]);
  expect(loopOf(report, program).utilization_ratio.mean).toBeLessThan(0.1);
});

const cgroup = `codoperf-test-node-${process.pid}`;
const directory = `${hostPaths.cgroupfs}/cpu/${cgroup}`;

/** Why a cgroup cannot be made here, if so. */
function obstacle(): string | undefined {
  const layout = findLayout(hostPaths.cgroupfs);
  const ours = layout && new OwnGroups(hostPaths.procfs, layout).find().find(({ controller }) => controller === 'cpu');
  if (ours?.path !== '/') return 'we are not at the top of a v1 controller cpu';
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    return `cannot make a cgroup: ${errnoOf(error)}`;
  }
  return undefined;
}

test('a quota stops it: its cgroup is named', async (context) => {
  const reason = obstacle();
  if (reason !== undefined) context.skip(reason);
  const program = await start(worker(30, 100));
  try {
    fs.writeFileSync(`${directory}/cpu.cfs_quota_us`, '10000');
    fs.writeFileSync(`${directory}/cgroup.procs`, String(program.pid));
    if (isRoot) os.setPriority(program.pid, FIRST);
    const report = await measure(program);
    const loop = loopOf(report, program);
    expect(loop.throttled_ratio.mean).toBeGreaterThan(0.4);
    expect(loop.throttled_ratio.mean).toBeGreaterThan(loop.work_ratio.mean ?? 1);
    expect(loop.throttled_ratio.mean).toBeGreaterThan(loop.run_queue_ratio.mean ?? 1);
    expect(findingsOf(report)).toContainEqual(['node.throttled', `[eval][${program.pid}]`]);
    // When it owes an answer at the end, that is told too.
    for (const { resource, summary } of report.findings) {
      if (resource === 'nodejs') expect(summary).toContain(`the CPU quota of the cgroup /${cgroup} `);
    }
  } finally {
    await program.kill();
    await eventually('the cgroup is empty', () => fs.readFileSync(`${directory}/cgroup.procs`, 'utf8') === '');
    fs.rmdirSync(directory);
  }
});
