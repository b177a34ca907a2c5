/** The socket: where it stands, who may use it, and what a peer can do to the process. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AgentServer, serverLimits } from '../../src/agent/server.ts';
import type { ServerLimits } from '../../src/agent/server.ts';
import { MAX_REQUEST_BYTES, encodeFrame } from '../../src/wire/agent/frames.ts';
import type { AgentRequest } from '../../src/wire/agent/messages.ts';
import type { ProgramOptions } from '../support/agent.ts';
import { Connection, Program, eventually } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';

const STAY = 'setInterval(() => {}, 1000)';
const NOBODY = 65534;

/** Resolves with what the agent noted about the socket that it does not open. */
async function refusal(runtime: string, options: ProgramOptions = {}): Promise<string> {
  const env = { NODE_DEBUG: 'codoperf', ...options.env };
  const program = await Program.start({ code: STAY, runtime, ...options, env });
  return await eventually('a note', () => /^CODOPERF \d+: no socket: (.*)$/m.exec(program.stderr)?.[1]);
}

describe('where it stands', () => {
  test('in directories for its owner alone', async () => {
    const runtime = path.join(temporaryDirectory(), 'deep/runtime');
    const program = await Program.start({ code: `process.umask(0); ${STAY}`, runtime });
    await program.connect();
    expect(fs.lstatSync(program.socket).isSocket()).toBe(true);
    const modes = [path.dirname(runtime), runtime, path.dirname(program.socket), program.socket];
    expect(modes.map((each) => (fs.lstatSync(each).mode & 0o777).toString(8))).toEqual(['700', '700', '700', '600']);
  });

  test('a runtime directory that others may read is taken: the folder in it is closed', async () => {
    const runtime = temporaryDirectory();
    fs.chmodSync(runtime, 0o755);
    const program = await Program.start({ code: STAY, runtime });
    await program.connect();
  });

  test.each([
    ['', 'the runtime directory'],
    ['agents', 'the folder of sockets'],
  ])('%s: a planted link, an open directory, a file', async (name) => {
    const place = (runtime: string): string => path.join(runtime, name);
    const linked = path.join(temporaryDirectory(), 'runtime');
    const elsewhere = temporaryDirectory();
    if (name !== '') fs.mkdirSync(linked, { mode: 0o700 });
    fs.symlinkSync(elsewhere, place(linked));
    expect(await refusal(linked)).toBe(`${place(linked).replace(/\/$/, '')} is not a directory`);
    expect(fs.readdirSync(elsewhere).filter((each) => each.endsWith('.sock'))).toEqual([]);

    const open = path.join(temporaryDirectory(), 'runtime');
    fs.mkdirSync(place(open), { recursive: true, mode: 0o700 });
    fs.chmodSync(place(open), 0o777);
    expect(await refusal(open)).toBe(`others may use ${place(open).replace(/\/$/, '')}`);

    const file = path.join(temporaryDirectory(), 'runtime');
    fs.mkdirSync(path.dirname(place(file)), { recursive: true, mode: 0o700 });
    fs.writeFileSync(place(file).replace(/\/$/, ''), '');
    expect(await refusal(file)).toMatch(name === '' ? /EEXIST|ENOTDIR/ : /is not a directory$/);
  });

  test.skipIf(process.geteuid?.() !== 0)('directories of another user', async () => {
    const runtime = temporaryDirectory();
    fs.chownSync(runtime, NOBODY, NOBODY);
    expect(await refusal(runtime)).toBe(`${runtime} belongs to uid ${NOBODY}`);
    fs.chownSync(runtime, 0, 0);
    fs.mkdirSync(path.join(runtime, 'agents'), { mode: 0o700 });
    fs.chownSync(path.join(runtime, 'agents'), NOBODY, NOBODY);
    expect(await refusal(runtime)).toBe(`${runtime}/agents belongs to uid ${NOBODY}`);
  });

  test.skipIf(process.geteuid?.() !== 0)('a directory that the user may not make', async () => {
    const closed = temporaryDirectory();
    expect(await refusal(path.join(closed, 'runtime'), { uid: NOBODY })).toContain('EACCES');
  });

  test('a path that Node.js would cut: no socket, here or anywhere else', async () => {
    const top = temporaryDirectory();
    const runtime = path.join(top, 'x'.repeat(107 - top.length));
    expect(await refusal(runtime)).toMatch(/ has more than 107 bytes$/);
    expect(fs.readdirSync(top)).toEqual([]);
  });

  test('the longest path that fits', async () => {
    const top = temporaryDirectory();
    const tail = '/agents/1234567.sock'.length;
    const runtime = path.join(top, 'x'.repeat(107 - top.length - 1 - tail));
    await (await Program.start({ code: STAY, runtime })).connect();
  });
});

describe('sockets of processes that ended', () => {
  test('are removed, and nothing else', async () => {
    const first = await Program.start({ code: STAY });
    await first.connect();
    await first.kill();
    expect(fs.existsSync(first.socket)).toBe(true);
    const { runtime } = first;
    const folder = path.dirname(first.socket);
    const kept = ['notes.txt', '4194305.sock', '4194306.sock.bak', 'x.sock'];
    for (const name of kept) fs.writeFileSync(path.join(folder, name), '');
    // Of a process that we do not see, in another container: somebody listens.
    const foreign = net.createServer().listen(path.join(folder, '4194307.sock'));
    onTestFinished(() => void foreign.close());
    const second = await Program.start({ code: STAY, runtime });
    await second.connect();
    await eventually('the stale socket goes', () => !fs.existsSync(first.socket));
    const expected = [...kept, '4194307.sock', `${second.pid}.sock`].toSorted();
    expect(fs.readdirSync(folder).toSorted()).toEqual(expected);
  });

  test('one that had our pid is replaced', async () => {
    // Left before the agent looks, by a process that died without a word.
    const leave = `
      const place = require('path').join(process.env.CODOPERF_RUNTIME_DIR, 'agents');
      require('fs').mkdirSync(place, { recursive: true, mode: 0o700 });
      const listen = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
      require('child_process').spawnSync(process.execPath, ['-e', listen, place + '/' + process.pid + '.sock'], { env: {} });
      console.log(require('fs').readdirSync(place)); ${STAY}`;
    const program = await Program.start({ code: leave });
    await program.said('.sock');
    expect((await (await program.connect()).hello()).pid).toBe(program.pid);
  });

  test('one that has our pid and listens is left alone', async () => {
    const code = `
      const place = require('path').join(process.env.CODOPERF_RUNTIME_DIR, 'agents');
      require('fs').mkdirSync(place, { recursive: true, mode: 0o700 });
      require('net').createServer((s) => s.end('mine')).listen(place + '/' + process.pid + '.sock')`;
    expect(await refusal(temporaryDirectory(), { code })).toMatch(/^somebody else listens on /);
  });
});

/** A server with the agent's code and its own limits, in this process. */
async function serve(
  handle: (request: AgentRequest) => Promise<unknown>,
  limits: Partial<ServerLimits> = {},
): Promise<string> {
  const socket = path.join(temporaryDirectory(), 'agent.sock');
  const server = new AgentServer(handle, { ...serverLimits, ...limits });
  await server.listen(socket);
  onTestFinished(() => server.close());
  return socket;
}

describe('peers', () => {
  test('two clients at once, many questions on each, in their order', async () => {
    const program = await Program.start({ code: STAY });
    const clients = await Promise.all([program.connect(), program.connect()]);
    const ops = ['hello', 'metrics', 'caches', 'nonsense', 'hello'];
    const replies = await Promise.all(
      clients.flatMap((client) => ops.map(async (op) => ({ op, reply: await client.ask({ op }) }))),
    );
    for (const { op, reply } of replies) expect([op, reply.ok]).toEqual([op, op !== 'nonsense']);
  });

  test.each([
    ['an unknown operation', { op: 'eval' }, 'unknown_op'],
    ['no operation', {}, 'unknown_op'],
    ['a clear without a type', { op: 'clear', name: 'x', dry: true }, 'bad_request'],
    ['a clear without a name', { op: 'clear', type: 'function', dry: true }, 'bad_request'],
    ['a clear that does not say whether it is one', { op: 'clear', type: 'function', name: 'x' }, 'bad_request'],
    ['a name that is no text', { op: 'clear', type: 'function', name: 1, dry: true }, 'bad_request'],
    ['a time that is no number', { op: 'metrics', since: '0' }, 'bad_request'],
    ['a stop of an agent that nobody attached', { op: 'stop' }, 'bad_request'],
  ])('%s is refused, and the connection stays', async (_what, request, code) => {
    const program = await Program.start({ code: STAY });
    const client = await program.connect();
    expect((await client.ask(request)).error?.code).toBe(code);
    expect((await client.hello()).pid).toBe(program.pid);
  });

  const header = (length: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    return bytes;
  };
  test.each([
    ['no JSON', Buffer.concat([header(4), Buffer.from('{no}')])],
    ['a frame of nothing', header(0)],
    ['a header of 1 GB', header(2 ** 30)],
    ['one byte too many', header(MAX_REQUEST_BYTES + 1)],
    ['a message without a number', encodeFrame({ op: 'hello' })],
    ['a number that is none', encodeFrame({ id: 1.5, op: 'hello' })],
    ['no message', encodeFrame(null)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['random bytes', Buffer.from(Array.from({ length: 4096 }, (_each, i) => (i * 7919) % 251))],
  ])('%s ends the connection, and harms no other', async (_what, bytes) => {
    const program = await Program.start({ code: STAY });
    const [good, bad] = [await program.connect(), await program.connect()];
    bad.socket.write(bytes);
    await bad.closed;
    expect((await good.hello()).pid).toBe(program.pid);
    expect(program.stderr).toBe('');
  });

  test('half a frame and then silence: dropped when it is idle too long', async () => {
    const socket = await serve(async () => 'there', { idle: 400 });
    const slow = await Connection.open(socket);
    slow.socket.write(encodeFrame({ id: 1, op: 'hello' }).subarray(0, 6));
    expect(await slow.closed).toBeGreaterThan(350);
    const patient = await Connection.open(socket);
    const frame = encodeFrame({ id: 1, op: 'hello' });
    for (const byte of frame) {
      patient.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(await patient.reply(1)).toEqual({ id: 1, ok: true, result: 'there' });
  });

  test('20 connections: 16 are served, the others closed, and a place that gets free is one', async () => {
    const program = await Program.start({ code: STAY });
    const all = [await program.connect()];
    while (all.length < 20) all.push(await Connection.open(program.socket));
    await Promise.all(all.slice(16).map(({ closed }) => closed));
    for (const each of all.slice(0, 16)) expect((await each.hello()).pid).toBe(program.pid);
    all[0].close();
    await eventually('the close arrives', () => all[0].socket.destroyed);
    let served = false;
    while (!served) {
      const next = await Connection.open(program.socket);
      served = await next.hello().then(
        () => true,
        () => false, // The agent has not seen the close yet.
      );
    }
  });

  test('a reader that does not read is waited for, and holds up nobody else', async () => {
    const big = 'x'.repeat(4 * 2 ** 20);
    let handled = 0;
    const socket = await serve(async ({ op }) => (op === 'caches' ? (handled++, big) : 'small'));
    const slow = await Connection.open(socket);
    slow.socket.pause();
    for (let id = 1; id <= 6; id++) slow.socket.write(encodeFrame({ id, op: 'caches' }));
    const other = await Connection.open(socket);
    expect((await other.ask({ op: 'hello' })).result).toBe('small');
    // The second one is not even asked for before the first is taken.
    expect(handled).toBe(1);
    slow.socket.resume();
    expect((await slow.reply(6)).result).toBe(big);
    expect(handled).toBe(6);
  });

  test('what waits for all readers together is bounded', async () => {
    const big = 'x'.repeat(2 ** 20);
    const socket = await serve(async () => big, { unsent: 2.5 * 2 ** 20 });
    const slow = async (): Promise<Connection> => {
      const each = await Connection.open(socket);
      each.socket.pause();
      each.socket.write(encodeFrame({ id: 1, op: 'caches' }));
      return each;
    };
    const patient = [await slow(), await slow()];
    const third = await Connection.open(socket);
    await expect(third.ask({ op: 'caches' })).rejects.toThrow('closed before reply 1');
    for (const each of patient) {
      each.socket.resume();
      expect((await each.reply(1)).result).toBe(big);
    }
  });

  test('a peer that goes away in the middle is nobody’s problem', async () => {
    let begun = 0;
    const socket = await serve(async () => {
      begun++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return 'x'.repeat(2 ** 20);
    });
    for (let i = 0; i < 5; i++) {
      const each = await Connection.open(socket);
      each.socket.write(encodeFrame({ id: 1, op: 'caches' }));
      await eventually('the question arrives', () => begun > i);
      each.close();
    }
    const last = await Connection.open(socket);
    expect((await last.ask({ op: 'caches' })).ok).toBe(true);
  });
});

describe('a process that has no time', () => {
  test('answers when its loop is free again', async () => {
    const code = `process.stdin; ${STAY}; setTimeout(() => { console.log('block');
      const end = Date.now() + 1500; while (Date.now() < end); console.log('free') }, 500)`;
    const program = await Program.start({ code });
    const client = await program.connect();
    await program.said('block');
    const reply = client.ask({ op: 'metrics' });
    const first = await Promise.race([
      reply.then(() => 'answer'),
      new Promise((resolve) => setTimeout(resolve, 500, 'none')),
    ]);
    expect(first).toBe('none');
    expect((await reply).ok).toBe(true);
    await program.said('free');
  });

  test('ends in the middle of a reply', async () => {
    // The reply is larger than what the socket takes at once; the program ends as soon as the first bytes are out.
    const code = `
      const state = globalThis[Symbol.for('codoperf.caches@1')] ??= { caches: new Set(), functions: new Map(), overflow: 0 };
      const big = 'x'.repeat(2 ** 20);
      setInterval(() => {}, 1000);
      for (let i = 0; i < 8; i++) state.caches.add({ name: String(i), clear() {}, gone: () => false, facts() {
        if (i === 7) setTimeout(() => process.exit(4), 50);
        return { type: 'function', name: big, kind: 'map', thread: 0, detail: {} };
      } });`;
    const program = await Program.start({ code });
    const client = await program.connect();
    client.socket.pause();
    client.socket.write(encodeFrame({ id: 1, op: 'caches' }));
    expect(await program.ended).toMatchObject({ code: 4, stderr: '' });
    client.socket.resume();
    await expect(client.reply(1)).rejects.toThrow('closed before reply 1');
    expect(fs.existsSync(program.socket)).toBe(false);
  });
});
