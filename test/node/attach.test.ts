/** Live attach: the agent goes into a running process, answers, and leaves nothing behind. */
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Attachment, AttachOptions } from '../../src/collect/node/attach/attach.ts';
import { attach } from '../../src/collect/node/attach/attach.ts';
import { AgentClient } from '../../src/collect/node/client.ts';
import { agentSocket } from '../../src/core/runtime-place.ts';
import { agentFile, eventually } from '../support/agent.ts';
import type { Facts } from '../support/attach-target.ts';
import { TargetServer, freePort } from '../support/attach-target.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

const NODES = [process.execPath, ...otherNodes.map((version) => otherNode(version))].filter(
  (each): each is string => each !== undefined,
);
const NOBODY = 65534;
const OPENED = /^Debugger listening on ws:\/\/127\.0\.0\.1:\d+\/\S+$/gm;

const runtime = path.join(temporaryDirectory(), 'runtime');
fs.mkdirSync(runtime, { mode: 0o700 });
const log: string[] = [];

async function attached(pid: number, options: Partial<AttachOptions> = {}): Promise<Attachment> {
  const note = (message: string): unknown => log.push(message);
  return await attach(pid, { runtime, timeoutMs: 2000, agentFile: await agentFile(), log: note, ...options });
}

/** A server whose inspector opens on a port of its own, so that tests do not meet. */
async function server(options: Parameters<typeof TargetServer.grown>[0] = {}): Promise<TargetServer> {
  const flags = options.flags ?? [`--inspect-port=${await freePort()}`];
  return await TargetServer.grown({ runtime, ...options, flags });
}

/** What an attach may not change; requests and what Node.js loads lazily aside. */
function lasting({ inspector, symbols, modules, names, listeners, resources }: Facts): Partial<Facts> {
  return { inspector, symbols, modules, names, listeners, resources };
}

function notesOf(pid: number): string[] {
  return fs.readdirSync(path.join(runtime, 'attach')).filter((name) => name.startsWith(`${pid}.`));
}

test.each(NODES)('comes, answers, goes and leaves nothing: %s', async (node) => {
  const target = await server({ node });
  const before = await target.get();
  const attachment = await attached(target.pid);
  expect(target.otherPorts()).toEqual([]);
  expect(attachment).toMatchObject({ pid: target.pid, brought: true });
  expect(attachment.inspectorOpenMs).toBeGreaterThan(0);
  expect(notesOf(target.pid).toSorted()).toEqual([`${target.pid}.debt`, `${target.pid}.lock`]);

  const during = await target.get();
  expect(during.inspector).toBeNull();
  expect(during.modules).toEqual(before.modules);
  const client = new AgentClient(attachment.agent);
  const metrics = await client.ask({ op: 'metrics' }, 5000);
  expect(metrics).toMatchObject({
    ok: true,
    result: { process: { pid: target.pid }, threads: [{ state: 'answered' }] },
  });
  client.close();

  await attachment.detach();
  await attachment.detach();
  const after = await target.get();
  expect(after.served).toBe(3);
  expect(lasting(after)).toEqual(lasting(before));
  expect(target.otherPorts()).toEqual([]);
  expect(fs.existsSync(attachment.agent.socket)).toBe(false);
  expect(notesOf(target.pid)).toEqual([]);
  expect(target.program.stderr.match(OPENED)).toHaveLength(1);
  expect(log.at(-2)).toMatch(
    /^uid \d+ used the inspector of process \d+ \(\S+\) on 127\.0\.0\.1:\d+: open for \d+ ms, closed again$/,
  );
  expect(log.at(-1)).toBe(`the agent has left process ${target.pid}`);
});

test('an inspector that was open stays open, and its sessions', async () => {
  const target = await server({ flags: ['--inspect=0'] });
  const { inspector } = await target.get();
  const ports = target.otherPorts();
  const debuggerOf = new WebSocket(inspector as string);
  await once(debuggerOf, 'open');
  const attachment = await attached(target.pid);
  expect(attachment.inspectorOpenMs).toBeNull();
  await attachment.detach();
  expect((await target.get()).inspector).toBe(inspector);
  expect(target.otherPorts()).toEqual(ports);
  expect(target.program.stderr.match(OPENED)).toHaveLength(1);
  expect(debuggerOf.readyState).toBe(WebSocket.OPEN);
  debuggerOf.terminate();
  expect(log.at(-2)).toContain('it was open already and stays so');
});

test('also one that the program opened on a port of its choice', async () => {
  const target = await server();
  await target.get('/open');
  await eventually('the inspector', () => target.otherPorts().length > 0);
  const attachment = await attached(target.pid, { timeoutMs: 300 });
  expect(attachment.inspectorOpenMs).toBeNull();
  await attachment.detach();
  expect((await target.get()).inspector).toMatch(/^ws:/);
});

test('again and again', async () => {
  const target = await server({ env: { NODE_OPTIONS: '--inspect-port=0' }, flags: [] });
  for (let round = 1; round <= 12; round++) await (await attached(target.pid)).detach();
  expect(await target.get()).toMatchObject({ served: 1, inspector: null });
  expect(target.program.stderr.match(OPENED)).toHaveLength(12);
});

test('two processes with one port, at the same time', async () => {
  const flags = [`--inspect-port=${await freePort()}`];
  const targets = await Promise.all([server({ flags }), server({ flags }), server({ flags })]);
  const attachments = await Promise.all(targets.map(({ pid }) => attached(pid)));
  expect(attachments.map(({ brought }) => brought)).toEqual([true, true, true]);
  for (const attachment of attachments) await attachment.detach();
  for (const target of targets) {
    expect(target.program.stderr).not.toContain('address already in use');
    expect(await target.get()).toMatchObject({ served: 1, inspector: null });
  }
});

test('one process twice at the same time: the second is told who has it, and may attach afterwards', async () => {
  const target = await server();
  const [first, second] = await Promise.allSettled([attached(target.pid), attached(target.pid)]);
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'ATTACH_BUSY' } });
  expect((second as PromiseRejectedResult).reason.message).toContain(`another codoperf (pid ${process.pid})`);
  await (first as PromiseFulfilledResult<Attachment>).value.detach();
  await (await attached(target.pid)).detach();
});

test('an agent that was there from the start is used, and stays', async () => {
  const target = await server({ flags: ['--require', await agentFile()] });
  const socket = agentSocket(runtime, target.pid);
  await eventually(socket, () => fs.existsSync(socket));
  const attachment = await attached(target.pid);
  expect(attachment).toMatchObject({ brought: false, inspectorOpenMs: null, agent: { socket } });
  await attachment.detach();
  expect(fs.existsSync(socket)).toBe(true);
  expect(target.program.stderr).toBe('');
});

test('what a killed codoperf left behind is taken over: the agent, and an open inspector', async () => {
  const target = await server();
  const { agent } = await attached(target.pid);
  // Its lock names a process that has ended.
  fs.writeFileSync(path.join(runtime, 'attach', `${target.pid}.lock`), '4194305 17');
  process.kill(target.pid, 'SIGUSR1');
  await eventually('the inspector', () => target.otherPorts().length > 0);
  const debt = path.join(runtime, 'attach', `${target.pid}.debt`);
  fs.writeFileSync(debt, `${fs.readFileSync(debt, 'utf8')} inspector`);
  const attachment = await attached(target.pid);
  expect(attachment).toMatchObject({ brought: true, inspectorOpenMs: null });
  expect((await target.get()).inspector).toBeNull();
  await attachment.detach();
  expect(fs.existsSync(agent.socket)).toBe(false);
  expect(notesOf(target.pid)).toEqual([]);
});

test('a runtime directory that the program chose itself, and one that it cannot use', async () => {
  const own = temporaryDirectory();
  const target = await server({ env: { MOVED: own } });
  const attachment = await attached(target.pid);
  expect(attachment.agent.socket).toBe(agentSocket(own, target.pid));
  await attachment.detach();

  const stuck = await server({ env: { CODOPERF_RUNTIME_DIR: '/dev/null/nowhere' } });
  await expect(attached(stuck.pid, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'ATTACH_AGENT_FAILED',
    exitCode: 4,
  });
  expect((await stuck.get()).symbols).toEqual([]);
  expect(notesOf(stuck.pid)).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)(
  "root attaches to another user's process; his agent serves him alone",
  async () => {
    const home = path.join(temporaryDirectory(), 'other');
    fs.chmodSync(path.dirname(home), 0o755);
    fs.mkdirSync(home, { mode: 0o700 });
    fs.chownSync(home, NOBODY, NOBODY);
    const target = await server({ uid: NOBODY, runtime: home });
    const attachment = await attached(target.pid);
    expect(fs.statSync(attachment.agent.socket)).toMatchObject({ uid: NOBODY });
    await attachment.detach();
    expect((await target.get()).symbols).toEqual([]);
  },
);

test('the program is never stopped for long', async () => {
  const target = await server();
  const waits: number[] = [];
  let asking = true;
  const asked = (async () => {
    while (asking) {
      const since = performance.now();
      await target.get();
      waits.push(performance.now() - since);
    }
  })();
  for (let round = 1; round <= 5; round++) await (await attached(target.pid)).detach();
  asking = false;
  await asked;
  // Closing waits for the client's goodbye, which Nagle's algorithm would hold back by 40 ms each time.
  const slow = waits.filter((ms) => ms > 300);
  expect(slow).toEqual([]);
  expect((await target.get()).served).toBe(waits.length + 1);
});
