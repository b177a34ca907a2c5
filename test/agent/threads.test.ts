/** Worker threads and cluster: one process answers for all its threads, each process for itself. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentCleared, AgentMetrics, AgentThread } from '../../src/wire/agent/messages.ts';
import type { Connection } from '../support/agent.ts';
import { Program, agentFile, eventually } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';

const STAY = 'setInterval(() => {}, 1000);';

/** A cache of one entry in the thread that runs this, as `codoperf/caches` registers one. */
function cache(name: string): string {
  return `{
    const symbol = Symbol.for('codoperf.caches@1');
    if (!globalThis[symbol]) Object.defineProperty(globalThis, symbol, { value: { caches: new Set(), functions: new Map(), overflow: 0 } });
    const keys = new Set(['a']);
    globalThis[symbol].caches.add({
      name: '${name}',
      facts: () => ({ type: 'function', name: '${name}', kind: 'set', thread: 77, stats: { entries: keys.size }, detail: {} }),
      gone: () => false,
      clear(prefix, dry) {
        const entries_before = keys.size;
        if (!dry) keys.clear();
        return { entries_before, entries_after: dry ? null : keys.size };
      },
    });
  }`;
}

function worker(code: string, options = ''): string {
  return `new (require('worker_threads').Worker)(${JSON.stringify(code)}, { eval: true, ${options} });`;
}

/** The first answer whose threads are as wanted. */
async function threads(
  client: Connection,
  wanted: (threads: readonly AgentThread[]) => boolean,
): Promise<AgentMetrics> {
  for (;;) {
    const metrics = await client.metrics();
    if (wanted(metrics.threads)) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const states = ({ threads }: AgentMetrics): string[] => threads.map(({ thread, state }) => `${thread} ${state}`);
const answered = (count: number) => (all: readonly AgentThread[]) =>
  all.filter(({ state }) => state === 'answered').length === count;

/** Active seconds of a thread's loop; `undefined` when it is not told. */
function active({ rows }: AgentThread): number | null | undefined {
  return rows.find(([table]) => table === 'eventloop/time')?.[2][0];
}

describe('worker threads', () => {
  test('answer with their own figures and caches', async () => {
    const busy = `${cache('users')} ${STAY} const end = Date.now() + 300; while (Date.now() < end);`;
    const program = await Program.start({ code: `${cache('main')} ${worker(busy)} ${worker(STAY)} ${STAY}` });
    const client = await program.connect();
    const metrics = await threads(client, answered(3));
    expect(states(metrics)).toEqual(['0 answered', '1 answered', '2 answered']);
    expect(active(metrics.threads[1])).toBeGreaterThan(0.25);
    const probes = metrics.threads.map(({ rows }) => new Set(rows.map(([table]) => table.split('/')[0])));
    // What is the process's own is told by the main thread only.
    expect(probes[0]).toContain('process');
    expect(probes[1]).not.toContain('process');
    expect(probes[1]).toContain('gc');
    const caches = await client.caches();
    const own = caches.caches.filter(({ type }) => type === 'function');
    expect(own.map(({ name, thread }) => [name, thread])).toEqual([
      ['main', 0],
      ['users', 1],
    ]);
    expect(caches.silent_threads).toEqual([]);
  });

  test('are reached by a clear, and not by a dry one', async () => {
    const program = await Program.start({ code: `${cache('a')} ${worker(`${cache('b')} ${STAY}`)} ${STAY}` });
    const client = await program.connect();
    await threads(client, answered(2));
    const clear = (dry: boolean, name = '*'): Promise<AgentCleared> =>
      client.result({ op: 'clear', type: 'function', name, dry });
    const both = (entries_after: number | null) =>
      ['a', 'b'].map((name) => ({ name, pid: program.pid, entries_before: 1, entries_after, bytes_freed: null }));
    expect(await clear(true)).toMatchObject({ caches: both(null), refused: [] });
    expect(await clear(false, 'none')).toMatchObject({ caches: [], refused: [] });
    expect(await clear(false)).toMatchObject({ caches: both(0), refused: [] });
    const { caches } = await client.caches();
    expect(caches.filter(({ type }) => type === 'function').map(({ stats }) => stats.entries)).toEqual([0, 0]);
  });

  test('a blocked one is silent: told with its load, waited for shortly, and not cleared afterwards', async () => {
    const block = `${cache('b')} ${STAY} require('worker_threads').parentPort.once('message', () => {
      const end = Date.now() + 2500; while (Date.now() < end); console.log('free') })`;
    const program = await Program.start({
      code: `const w = ${worker(block)} ${STAY} process.stdin.once('data', () => w.postMessage(1))`,
      stdin: true,
    });
    const client = await program.connect();
    await threads(client, answered(2));
    program.child.stdin?.write('block\n');
    const metrics = await threads(client, (all) => all.some(({ state }) => state === 'silent'));
    expect(states(metrics)).toEqual(['0 answered', '1 silent']);
    expect(active(metrics.threads[1])).toBeGreaterThan(0);
    expect((await client.caches()).silent_threads).toEqual([1]);
    const began = performance.now();
    const cleared: AgentCleared = await client.result({ op: 'clear', type: 'function', name: 'b', dry: false });
    expect(cleared).toMatchObject({ caches: [], refused: ['thread 1: it did not answer'] });
    expect(performance.now() - began).toBeLessThan(1500);
    expect(program.stdout).toBe('');
    await program.said('free');
    await threads(client, answered(2));
    const { caches } = await client.caches();
    expect(caches.find(({ name }) => name === 'b')?.stats.entries).toBe(1);
  });

  test('one without the agent is bare: told with its load', async () => {
    const program = await Program.start({
      code: `${worker(`${STAY} const end = Date.now() + 300; while (Date.now() < end);`, 'execArgv: []')} ${STAY}`,
    });
    const client = await program.connect();
    const metrics = await threads(client, (all) => (active(all[1]) ?? 0) > 0.25);
    expect(states(metrics)).toEqual(['0 answered', '1 bare']);
    expect(await client.caches()).toMatchObject({ silent_threads: [] });
  });

  test('NODE_OPTIONS reaches what flags do not, unless the environment is empty', async () => {
    const program = await Program.start({
      flags: [],
      code: `${worker(STAY, 'execArgv: []')} ${worker(STAY, 'env: {}')} ${STAY}`,
      env: { NODE_OPTIONS: `--require "${await agentFile()}"` },
    });
    const metrics = await threads(await program.connect(), answered(2));
    expect(states(metrics)).toEqual(['0 answered', '1 answered', '2 bare']);
  });

  test('workers of workers answer too, and drop out when they end', async () => {
    const inner = `${STAY} setTimeout(() => process.exit(), 1500)`;
    const program = await Program.start({ code: `${worker(`${worker(inner)} ${STAY}`)} ${STAY}` });
    const client = await program.connect();
    expect(states(await threads(client, answered(3)))).toEqual(['0 answered', '1 answered', '2 answered']);
    expect(states(await threads(client, (all) => all.length === 2))).toEqual(['0 answered', '1 answered']);
    expect((await client.caches()).silent_threads).toEqual([]);
  });

  test('that end and begin all the time are no error', async () => {
    const program = await Program.start({
      code: `const { Worker } = require('worker_threads');
        const next = () => new Worker('setTimeout(() => {}, 30)', { eval: true }).on('exit', next); next(); next();`,
    });
    const client = await program.connect();
    for (let i = 0; i < 10; i++) {
      const { threads } = await client.metrics();
      expect(threads[0]).toMatchObject({ thread: 0, state: 'answered' });
      expect(threads.length).toBeLessThanOrEqual(3);
    }
    expect(program.stderr).toBe('');
  });

  test('a file’s worker is called after its file', async () => {
    const file = path.join(temporaryDirectory(), 'resize.js');
    fs.writeFileSync(file, STAY);
    const program = await Program.start({
      code: `new (require('worker_threads').Worker)(${JSON.stringify(file)}); ${STAY}`,
    });
    const metrics = await threads(await program.connect(), answered(2));
    expect(metrics.threads[1].name).toBe('resize.js');
  });
});

describe('cluster', () => {
  const code = `
    const cluster = require('cluster');
    if (cluster.isPrimary) {
      cluster.fork(); cluster.fork();
      cluster.on('listening', (worker, { port }) => console.log('port ' + port + ' pid ' + worker.process.pid));
      process.stdin.once('data', () => cluster.disconnect(() => { console.log('gone'); process.stdin.destroy(); }));
    } else require('http').createServer((request, response) => response.end('hi')).listen(0, '127.0.0.1');`;

  test('each process has its own socket; the program’s listen, disconnect and exit are its own', async () => {
    const file = path.join(temporaryDirectory(), 'server.cjs');
    fs.writeFileSync(file, code);
    const program = await Program.start({ args: [file], stdin: true });
    const found = (): RegExpMatchArray[] => [...program.stdout.matchAll(/port (\d+) pid (\d+)/g)];
    await eventually('two workers', () => found().length === 2);
    const [port] = found().map((each) => Number(each[1]));
    const pids = found().map((each) => Number(each[2]));
    const primary = await program.connect();
    expect(await primary.hello()).toMatchObject({ pid: program.pid, cluster: 'primary' });
    for (const pid of pids) {
      const facts = await (await program.connect(pid)).hello();
      expect(facts).toMatchObject({ pid, ppid: program.pid, cluster: 'worker', name: 'server.cjs' });
    }
    for (let i = 0; i < 4; i++) expect(await get(port)).toBe('hi');
    program.child.stdin?.write('end\n');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    expect(program.stdout).toContain('gone');
    expect(fs.readdirSync(path.dirname(program.socket))).toEqual([]);
  });
});

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}
