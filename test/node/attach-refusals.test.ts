/** Live attach: each process that is not attached to, why, and that it goes on as it was. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Attachment, AttachOptions } from '../../src/collect/node/attach/attach.ts';
import { attach } from '../../src/collect/node/attach/attach.ts';
import { agentSocket } from '../../src/core/runtime-place.ts';
import { CodoperfError } from '../../src/core/errors.ts';
import { agentFile, eventually } from '../support/agent.ts';
import { TargetServer, freePort } from '../support/attach-target.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

const newerNodes = otherNodes.map((version) => otherNode(version)).filter((each) => each !== undefined);
const TIMEOUT_MS = 600;
const runtime = path.join(temporaryDirectory(), 'runtime');
fs.mkdirSync(runtime, { mode: 0o700 });
const log: string[] = [];

async function attached(pid: number, options: Partial<AttachOptions> = {}): Promise<Attachment> {
  const note = (message: string): unknown => log.push(message);
  return await attach(pid, { runtime, timeoutMs: TIMEOUT_MS, agentFile: await agentFile(), log: note, ...options });
}

/** The error of an attach that has to fail. */
async function refused(pid: number, options: Partial<AttachOptions> = {}): Promise<CodoperfError> {
  const error = await attached(pid, options).then(
    async (attachment) => {
      await attachment.detach();
      throw new Error(`attached to ${pid}`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof CodoperfError)) throw error;
  expect(error.message + error.remedy).not.toMatch(/\{\w+\}/);
  return error;
}

async function server(options: Parameters<typeof TargetServer.grown>[0] = {}): Promise<TargetServer> {
  const flags = options.flags ?? [`--inspect-port=${await freePort()}`];
  return await TargetServer.grown({ runtime, ...options, flags });
}

function notesOf(pid: number): string[] {
  return fs.readdirSync(path.join(runtime, 'attach')).filter((name) => name.startsWith(`${pid}.`));
}

/** It serves, nothing listens that did not before, nothing of ours is in it. */
async function unharmed(target: TargetServer): Promise<void> {
  expect(await target.get()).toMatchObject({ inspector: null, symbols: [] });
  expect(target.otherPorts()).toEqual([]);
  expect(target.program.stderr).not.toContain('Error');
}

function program(command: string, args: readonly string[], options: { uid?: number } = {}): ChildProcess {
  const env = { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR };
  const child = spawn(command, args, { stdio: 'ignore', env, ...options });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

test('no process, and codoperf itself', async () => {
  expect(await refused(4_194_304)).toMatchObject({ code: 'PROCESS_NOT_FOUND', exitCode: 4 });
  expect(await refused(process.pid)).toMatchObject({ code: 'BAD_USAGE', exitCode: 2 });
});

test('what is not Node.js, whatever its name; it is not sent a signal', async () => {
  const folder = temporaryDirectory();
  const script = path.join(folder, 'node');
  fs.writeFileSync(script, '#!/bin/sh\nwhile :; do sleep 1; done\n', { mode: 0o755 });
  const copied = path.join(folder, 'bin', 'node');
  fs.mkdirSync(path.dirname(copied));
  fs.copyFileSync(fs.realpathSync('/bin/sleep'), copied);
  const children = [program('sleep', ['60']), program(script, []), program(copied, ['60'])];
  await sleep(1100);
  for (const child of children) {
    const error = await refused(child.pid as number);
    expect(error).toMatchObject({ code: 'ATTACH_NOT_NODE', exitCode: 2 });
    expect(child.signalCode).toBeNull();
  }
  expect((await refused(children[2].pid as number)).message).toContain('(node) is not Node.js');
});

test('a process that is starting up', async () => {
  const target = await TargetServer.start({ runtime, flags: [] });
  const error = await refused(target.pid);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^ATTACH_(TOO_YOUNG|NO_HANDLER)$/) as string,
    exitCode: 4,
  });
  await unharmed(target);
});

test('one that does not catch the signal', async () => {
  // Node.js catches it before it runs anything; a program that leaves its handler to no one is as one that ends.
  const child = program(process.execPath, [
    '--inspect-port=0',
    '-e',
    "process.on('SIGUSR1',()=>{}).removeAllListeners('SIGUSR1');setInterval(()=>{},1e6)",
  ]);
  await sleep(1100);
  expect(await refused(child.pid as number)).toMatchObject({ code: 'ATTACH_NO_HANDLER', exitCode: 4 });
  expect(child.signalCode).toBeNull();
});

test.each(newerNodes)('one that was told not to listen for the signal: %s', async (node) => {
  const target = await server({ node, flags: ['--disable-sigusr1'] });
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_SIGNAL_BLOCKED', exitCode: 4 });
  await unharmed(target);
});

test('one that is stopped', async () => {
  const target = await server();
  process.kill(target.pid, 'SIGSTOP');
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_STOPPED', exitCode: 4 });
  process.kill(target.pid, 'SIGCONT');
  await unharmed(target);
});

test('one that handles SIGUSR1 itself: the handler runs once, nothing else happens', async () => {
  const target = await server({ env: { OWN_HANDLER: '1' } });
  const since = performance.now();
  const error = await refused(target.pid);
  expect(error).toMatchObject({ code: 'ATTACH_NO_INSPECTOR', exitCode: 4 });
  expect(error.message).toContain('it handles SIGUSR1 itself (that handler has run)');
  expect(performance.now() - since).toBeGreaterThan(TIMEOUT_MS);
  expect((await target.get()).handled).toBe(true);
  await unharmed(target);
});

test('one whose permission model forbids an inspector', async () => {
  const target = await server({ flags: ['--experimental-permission', '--allow-fs-read=*', '--allow-fs-write=*'] });
  const error = await refused(target.pid);
  expect(error.code).toMatch(/^ATTACH_(SIGNAL_BLOCKED|NO_INSPECTOR)$/);
  expect(error.message).toContain('permission model');
  expect(target.otherPorts()).toEqual([]);
});

test('one whose port another process has', async () => {
  const other = net.createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  const target = await server({ flags: [], env: { NODE_OPTIONS: `--inspect-port=${port}` } });
  const error = await refused(target.pid);
  expect(error).toMatchObject({ code: 'ATTACH_PORT_TAKEN', exitCode: 4 });
  expect(error.message).toMatch(new RegExp(`process ${process.pid} \\(.+\\) listens on 127.0.0.1:${port}`));
  other.close();
  await unharmed(target);
  expect(target.program.stderr).toBe('');
});

test('one whose loop never ends: it is given up and nothing stays', async () => {
  const target = await server();
  await target.get('/loop');
  await sleep(100);
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_NO_ANSWER', exitCode: 4 });
  expect(target.otherPorts()).toEqual([]);
  expect(notesOf(target.pid)).toEqual([]);
  expect(target.running).toBe(true);
});

test('one that is blocked outside of JavaScript: the inspector that opens late is closed by us', async () => {
  const target = await server({ env: { SLEEP: String((1.8 * TIMEOUT_MS) / 1000) } });
  await target.get('/exec');
  await sleep(100);
  const error = await refused(target.pid);
  expect(error).toMatchObject({ code: 'ATTACH_LATE', exitCode: 4 });
  expect(log.at(-1)).toContain('to close it in case it does');
  await unharmed(target);
  await (await attached(target.pid)).detach();
});

test('one that is blocked for longer: the next attach closes what opened in the meantime', async () => {
  const target = await server({ env: { SLEEP: String((5 * TIMEOUT_MS) / 1000) } });
  await target.get('/exec');
  await sleep(100);
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_NO_INSPECTOR' });
  await eventually('the inspector', () => target.otherPorts().length > 0);
  const attachment = await attached(target.pid);
  expect(log).toContain(`closed the inspector of process ${target.pid}, which an earlier attach had opened`);
  await attachment.detach();
  await unharmed(target);
});

test('one that ends meanwhile', async () => {
  const target = await server({ env: { SLEEP: '2' } });
  await target.get('/exec');
  await sleep(100);
  setTimeout(() => process.kill(target.pid, 'SIGKILL'), TIMEOUT_MS / 2);
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_ENDED', exitCode: 4 });
});

test('one that ended while it was attached to has nothing to give back', async () => {
  const target = await server();
  const attachment = await attached(target.pid);
  await target.get('/exit');
  await target.program.ended;
  await attachment.detach();
  expect(notesOf(target.pid)).toEqual([]);
});

test('an agent that does not answer is told, and is taken out later', async () => {
  const target = await server({ env: { SLEEP: String((2 * TIMEOUT_MS) / 1000) } });
  const attachment = await attached(target.pid);
  await target.get('/exec');
  await sleep(100);
  await expect(attachment.detach()).rejects.toMatchObject({ code: 'ATTACH_NOT_DETACHED', exitCode: 4 });
  await target.get();
  await (await attached(target.pid)).detach();
  await unharmed(target);
});

test('a blocked one whose inspector was open: what it got meanwhile does nothing afterwards', async () => {
  const target = await server({ flags: ['--inspect=0'], env: { SLEEP: String((3 * TIMEOUT_MS) / 1000) } });
  const ports = target.otherPorts();
  await target.get('/exec');
  await sleep(100);
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_NO_ANSWER' });
  expect(await target.get()).toMatchObject({ symbols: [] });
  await sleep(100);
  expect(fs.existsSync(agentSocket(runtime, target.pid))).toBe(false);
  expect(target.otherPorts()).toEqual(ports);
});

test('an inspector that does not close is told loudly, and closed by the next attach', async () => {
  const target = await server({ env: { STUCK: '1' } });
  const error = await refused(target.pid);
  expect(error).toMatchObject({ code: 'ATTACH_STILL_OPEN', exitCode: 4 });
  expect(error.message).toMatch(/^THE INSPECTOR OF PROCESS \d+ IS STILL OPEN on 127\.0\.0\.1:\d+/);
  expect(target.otherPorts()).toHaveLength(1);
  await target.get('/mend');
  await sleep(100);
  await (await attached(target.pid)).detach();
  await unharmed(target);
  expect(notesOf(target.pid)).toEqual([]);
});

test('an inspector that says to be another process gets nothing, and is closed', async () => {
  const target = await server({ env: { WRONG: '1' } });
  expect(await refused(target.pid)).toMatchObject({ code: 'ATTACH_WRONG_PROCESS', exitCode: 4 });
  await unharmed(target);
});
