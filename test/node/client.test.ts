/** Asking agents that are well, slow, gone, of another version or hostile: it ends in time and says why. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentClient, askAll } from '../../src/collect/node/client.ts';
import type { AgentAnswer } from '../../src/collect/node/client.ts';
import type { AgentSocket } from '../../src/collect/node/discover.ts';
import { encodeFrame } from '../../src/wire/agent/frames.ts';
import { FakeRuntime, honest, processOf } from '../support/fake-agent.ts';
import type { Handler } from '../support/fake-agent.ts';

const PID = 4242;
let runtime: FakeRuntime;
beforeEach(() => {
  runtime = new FakeRuntime();
});
afterEach(() => runtime.close());

const agentAt = (pid: number): AgentSocket => ({ pid, uid: 0, socket: runtime.socket(pid), startTicks: 1 });

async function ask(handler: Handler, timeoutMs = 5000): Promise<AgentAnswer<unknown>> {
  await runtime.listen(PID, handler);
  const [answer] = await askAll([agentAt(PID)], { op: 'hello' }, { timeoutMs });
  return answer;
}

/** Why there was no answer: the failure and its text. */
async function failureOf(handler: Handler, timeoutMs?: number): Promise<string> {
  const answer = await ask(handler, timeoutMs);
  return answer.ok ? 'it answered' : `${answer.failure}: ${answer.message}`;
}

test('an answer, and how long it took', async () => {
  const answer = await ask((request, connection) => {
    setTimeout(() => honest(PID)(request, connection), 50);
  });
  expect(answer).toMatchObject({ ok: true, agent: { pid: PID }, result: processOf(PID) });
  expect(answer.seconds).toBeGreaterThan(0.045);
});

test('a reply that comes byte by byte, and one that is cut within its header', async () => {
  const trickle = async (connection: net.Socket, frame: Buffer): Promise<void> => {
    for (const byte of frame) {
      connection.write(Buffer.of(byte));
      if (byte % 16 === 0) await sleep(0);
    }
  };
  const answer = await ask(({ id }, connection) => {
    const frame = encodeFrame({ id, ok: true, result: processOf(PID, { name: 'é\u0000\u001b[31m' }) });
    void trickle(connection, frame);
  });
  expect(answer).toMatchObject({ ok: true, result: { name: 'é\u0000\u001b[31m' } });
});

describe('silent', () => {
  test('no answer in time', async () => {
    const since = performance.now();
    expect(await failureOf(() => undefined, 200)).toMatch(/^silent: no answer within 0\.2 s/);
    expect(performance.now() - since).toBeLessThan(2000);
  });

  test('a reply that never gets whole', async () => {
    const reply = await failureOf((_, connection) => {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(60_000);
      connection.write(header);
      const timer = setInterval(() => connection.write('{'), 20);
      connection.on('close', () => clearInterval(timer));
    }, 300);
    expect(reply).toMatch(/^silent: /);
  });

  test('a process whose loop is blocked', async () => {
    const code = `
      const net = require('node:net');
      net.createServer(() => {}).listen(${JSON.stringify(runtime.socket(PID))}, () => {
        process.send('ready');
        const end = Date.now() + 60_000;
        while (Date.now() < end);
      });`;
    const script = `${runtime.directory}/blocked.cjs`;
    fs.writeFileSync(script, code);
    const child = fork(script, { stdio: 'ignore' });
    try {
      await once(child, 'message');
      const [answer] = await askAll([agentAt(PID)], { op: 'hello' }, { timeoutMs: 200 });
      expect(answer).toMatchObject({ ok: false, failure: 'silent' });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  test('but not when this process itself could not run while the reply came', async () => {
    const child = await startAgent();
    const client = new AgentClient(agentAt(PID));
    try {
      expect(await client.ask({ op: 'hello' }, 5000)).toMatchObject({ ok: true });
      const asking = client.ask({ op: 'hello' }, 20);
      const end = performance.now() + 500;
      while (performance.now() < end);
      expect(await asking).toMatchObject({ ok: true });
    } finally {
      client.close();
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});

/** An agent in a process of its own: what it says does not depend on the loop of the test. */
async function startAgent(): Promise<ChildProcess> {
  const script = `${runtime.directory}/agent.cjs`;
  fs.writeFileSync(
    script,
    `require('node:net').createServer((c) => c.on('data', (chunk) => {
       const { id } = JSON.parse(chunk.subarray(4));
       const body = Buffer.from(JSON.stringify({ id, ok: true, result: ${JSON.stringify(processOf(PID))} }));
       const header = Buffer.alloc(4);
       header.writeUInt32BE(body.length);
       c.write(Buffer.concat([header, body]));
     })).listen(${JSON.stringify(runtime.socket(PID))}, () => process.send('ready'));`,
  );
  const child = fork(script, { stdio: 'ignore' });
  await once(child, 'message');
  return child;
}

describe('vanished', () => {
  test.each([
    ['before a byte', Buffer.alloc(0)],
    ['within the header', Buffer.of(0, 0)],
    ['within the reply', encodeFrame({ id: 1, ok: true }).subarray(0, 9)],
  ])('closed %s', async (_, bytes) => {
    expect(await failureOf((__, connection) => connection.end(bytes))).toMatch(/^vanished: /);
  });

  test('a process that is killed within its reply', async () => {
    const script = `${runtime.directory}/killed.cjs`;
    fs.writeFileSync(
      script,
      `require('node:net').createServer((c) => c.on('data', () => {
         c.write(Buffer.from([0, 0, 0x10, 0, 0x7b]), () => process.kill(process.pid, 'SIGKILL'));
       })).listen(${JSON.stringify(runtime.socket(PID))}, () => process.send('ready'));`,
    );
    const child = fork(script, { stdio: 'ignore' });
    await once(child, 'message');
    const exit = once(child, 'exit');
    const [answer] = await askAll([agentAt(PID)], { op: 'metrics' }, { timeoutMs: 5000 });
    expect(answer).toMatchObject({ ok: false, failure: 'vanished' });
    await exit;
  });

  test('the socket is not there any more', async () => {
    const [answer] = await askAll([agentAt(PID)], { op: 'hello' }, { timeoutMs: 1000 });
    expect(answer).toMatchObject({ ok: false, failure: 'vanished' });
  });
});

describe('refused', () => {
  test('nobody listens', async () => {
    const other = new FakeRuntime();
    const socket = await other.listen(PID, honest(PID));
    fs.renameSync(socket, runtime.socket(PID));
    await other.close();
    const [answer] = await askAll([agentAt(PID)], { op: 'hello' }, { timeoutMs: 1000 });
    expect(answer).toMatchObject({ ok: false, failure: 'refused', message: 'nobody listens' });
  });

  test('the agent says no', async () => {
    const refusal = await failureOf(({ id }, connection) => {
      connection.write(encodeFrame({ id, ok: false, error: { code: 'unknown_op', message: 'what?' } }));
    });
    expect(refusal).toBe('refused: what?');
  });
});

describe('hostile', () => {
  const reply = (id: number, result: unknown): Buffer => encodeFrame({ id, ok: true, result });
  const raw = (text: string): Buffer => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(Buffer.byteLength(text));
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const cases: Record<string, (id: number) => Buffer> = {
    'a header of 1 GB': () => Buffer.from([0x40, 0, 0, 0]),
    'a header of 4 GB': () => Buffer.from([0xff, 0xff, 0xff, 0xff]),
    'no JSON': () => raw('{"id":'),
    'nothing at all in a frame': () => raw(''),
    null: () => raw('null'),
    'a list': () => raw('[]'),
    'a number': () => raw('1e999'),
    'deep nesting': () => raw(`${'['.repeat(30_000)}${']'.repeat(30_000)}`),
    'another number': (id) => reply(id + 1, processOf(PID)),
    'a number that is a text': (id) => raw(JSON.stringify({ id: String(id), ok: true, result: processOf(PID) })),
    'two replies': (id) => Buffer.concat([reply(id, processOf(PID)), reply(id, processOf(PID))]),
    'neither yes nor no': (id) => encodeFrame({ id, ok: 'true', result: processOf(PID) }),
    'no without an error': (id) => encodeFrame({ id, ok: false }),
    'another process': (id) => reply(id, processOf(PID + 1)),
    'another protocol': (id) => reply(id, processOf(PID, { protocol: 2 })),
    'no process': (id) => reply(id, null),
    'a name that is none': (id) => reply(id, processOf(PID, { name: 7 as unknown as string })),
    '100,000 threads of the pool': (id) =>
      reply(id, processOf(PID, { pool_tids: Array.from({ length: 10_000 }, () => 1) })),
    HTTP: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  };
  test.each(Object.keys(cases))('%s', async (name) => {
    expect(await failureOf(({ id }, connection) => connection.write(cases[name](id)))).toMatch(/^hostile: ./);
  });

  test('a reply without end is cut off, whatever its header says', async () => {
    let sent = 0;
    const failure = await failureOf((_, connection) => {
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const more = (): void => {
        while (!connection.destroyed && connection.write(chunk)) sent += chunk.length;
      };
      connection.on('drain', more);
      connection.write(Buffer.from([0, 0, 0xff, 0xff]));
      more();
    });
    expect(failure).toMatch(/^hostile: /);
    expect(sent).toBeLessThan(8 * 1024 * 1024);
  });

  test('something before it was asked ends the connection', async () => {
    await runtime.listen(PID, honest(PID));
    const client = new AgentClient(agentAt(PID));
    expect(await client.ask({ op: 'hello' }, 1000)).toMatchObject({ ok: true });
    await runtime.close();
    runtime = new FakeRuntime(runtime.directory);
    let connection: net.Socket | undefined;
    await runtime.listen(PID, (request, each) => {
      connection = each;
      honest(PID)(request, each);
    });
    await client.ask({ op: 'hello' }, 1000);
    connection?.write(reply(99, processOf(PID)));
    await expect.poll(() => runtime.open).toBe(0);
    expect(await client.ask({ op: 'hello' }, 1000)).toMatchObject({ ok: true });
    client.close();
  });
});

test.runIf(process.getuid?.() === 0)('denied: a socket that this user may not write to', async () => {
  await runtime.listen(PID, honest(PID));
  // Effective rights of this process count; a child with less has to ask.
  fs.chmodSync(runtime.directory, 0o755);
  fs.chmodSync(`${runtime.directory}/agents`, 0o755);
  process.seteuid?.(65_534);
  try {
    const [answer] = await askAll([agentAt(PID)], { op: 'hello' }, { timeoutMs: 1000 });
    expect(answer).toMatchObject({ ok: false, failure: 'denied' });
  } finally {
    process.seteuid?.(0);
  }
});

describe('many', () => {
  test('a hundred agents are asked at once, and the bad ones among them keep nobody waiting', async () => {
    const pids = Array.from({ length: 100 }, (_, i) => i + 1);
    for (const pid of pids) await runtime.listen(pid, pid % 10 === 0 ? () => undefined : honest(pid));
    const since = performance.now();
    const answers = await askAll(pids.map(agentAt), { op: 'metrics' }, { timeoutMs: 500 });
    expect(performance.now() - since).toBeLessThan(3000);
    expect(answers.map(({ agent }) => agent.pid)).toEqual(pids);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(90);
    expect(answers.filter((each) => !each.ok && each.failure === 'silent')).toHaveLength(10);
    await expect.poll(() => runtime.open).toBe(0);
  });

  test('no more connections at a time than allowed', async () => {
    let most = 0;
    const pids = Array.from({ length: 20 }, (_, i) => i + 1);
    for (const pid of pids) {
      await runtime.listen(pid, (request, connection) => {
        most = Math.max(most, runtime.open);
        setTimeout(() => honest(pid)(request, connection), 5);
      });
    }
    await askAll(pids.map(agentAt), { op: 'caches' }, { timeoutMs: 5000, concurrency: 3 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });
});

test('one connection serves many questions', async () => {
  let connections = 0;
  let last: net.Socket | undefined;
  await runtime.listen(PID, (request, connection) => {
    if (connection !== last) connections++;
    last = connection;
    honest(PID)(request, connection);
  });
  const client = new AgentClient(agentAt(PID));
  for (const op of ['hello', 'metrics', 'caches', 'hello'] as const) {
    expect(await client.ask({ op }, 1000)).toMatchObject({ ok: true });
  }
  client.close();
  expect(connections).toBe(1);
});

test('a connection that the agent ended because nobody used it is no failure', async () => {
  const connections: net.Socket[] = [];
  await runtime.listen(PID, (request, connection) => {
    connections.push(connection);
    // The second question finds the connection ending, as one that idled for too long.
    if (connections.length === 2) connection.end();
    else honest(PID)(request, connection);
  });
  const client = new AgentClient(agentAt(PID));
  expect(await client.ask({ op: 'hello' }, 1000)).toMatchObject({ ok: true });
  expect(await client.ask({ op: 'hello' }, 1000)).toMatchObject({ ok: true });
  expect(connections).toHaveLength(3);
  client.close();
});

test('what changes something is asked only of the process that it is meant for', async () => {
  const clear = { op: 'clear', type: 'function', name: '*', dry: false } as const;
  await runtime.listen(1, honest(1));
  await runtime.listen(2, honest(3));
  const [right, wrong] = await askAll([agentAt(1), agentAt(2)], clear, { timeoutMs: 1000 });
  expect(right).toMatchObject({ ok: true, result: { caches: [], refused: [] } });
  expect(wrong).toMatchObject({ ok: false, failure: 'hostile' });
  expect(runtime.requests.filter(({ op }) => op === 'clear')).toEqual([{ id: 2, ...clear }]);
});

test('a connection does not keep this process alive', async () => {
  const pipes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  await runtime.listen(PID, (request, connection) => {
    connection.unref();
    honest(PID)(request, connection);
  });
  await sleep(100); // The pipes of the tests before this one are closing.
  const before = pipes();
  const client = new AgentClient(agentAt(PID));
  await client.ask({ op: 'hello' }, 1000);
  expect(runtime.open).toBe(1);
  expect(pipes()).toBe(before);
  client.close();
});
