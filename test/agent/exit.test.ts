/** What the agent writes while its process ends, and how one that was attached leaves a process that goes on. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentCaches, AgentMetrics } from '../../src/wire/agent/messages.ts';
import { Program, agentFile, eventually } from '../support/agent.ts';
import type { Ended, ProgramOptions } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';

interface LastWords {
  readonly metrics: AgentMetrics;
  readonly caches: AgentCaches;
}

/** Runs a program to its end, with a directory for its last words. */
async function run(
  options: ProgramOptions,
  directory = temporaryDirectory(),
): Promise<Ended & { directory: string; pid: number }> {
  const program = await Program.start({ ...options, env: { CODOPERF_EXIT_DIR: directory, ...options.env } });
  return { ...(await program.ended), directory, pid: program.pid };
}

function lastWords(directory: string, pid: number): LastWords {
  const file = path.join(directory, `${pid}.json`);
  expect(fs.readdirSync(directory)).toEqual([`${pid}.json`]);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as LastWords;
}

describe('last words', () => {
  test.each([
    ['an end by itself', '', 0],
    ['one before anything of ours was loaded', 'process.exit(0)', 0],
    ['process.exit', 'setTimeout(() => process.exit(3), 200)', 3],
    ['an uncaught exception', 'setTimeout(() => { throw new Error("own") }, 200)', 1],
    ['a rejection that nobody handles', 'setTimeout(() => Promise.reject(new Error("own")), 200)', 1],
    [
      'a signal that it handles',
      'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(9)); setTimeout(() => process.kill(process.pid, "SIGTERM"), 200)',
      9,
    ],
  ])('%s', async (_how, code, exitCode) => {
    const { directory, pid, ...ended } = await run({ code });
    expect(ended.code).toBe(exitCode);
    const { metrics, caches } = lastWords(directory, pid);
    expect(metrics.process).toMatchObject({ pid, name: '[eval]' });
    expect(metrics.threads.map(({ thread, state }) => [thread, state])).toEqual([[0, 'answered']]);
    expect(metrics.threads[0].rows.map(([table]) => table)).toContain('eventloop/time');
    expect(caches).toMatchObject({ functions: [], silent_threads: [] });
  });

  test('workers that live have theirs in it, blocked ones are silent', async () => {
    const stay = 'setInterval(() => {}, 1000)';
    const block = `${stay}; setTimeout(() => { postMessage(1); for (;;); }, 100); const { parentPort } = require('worker_threads'); const postMessage = (m) => parentPort.postMessage(m)`;
    const code = `const { Worker } = require('worker_threads');
      new Worker(${JSON.stringify(stay)}, { eval: true }).once('online', () => {
        new Worker(${JSON.stringify(block)}, { eval: true }).once('message', () => process.exit());
      });`;
    const { directory, pid } = await run({ code });
    const { metrics, caches } = lastWords(directory, pid);
    expect(metrics.threads.map(({ thread, state }) => `${thread} ${state}`)).toEqual([
      '0 answered',
      '1 answered',
      '2 silent',
    ]);
    expect(metrics.threads[1].rows.map(([table]) => table)).toContain('eventloop/time');
    expect(caches.silent_threads).toEqual([2]);
  });

  test('a signal that nobody handles leaves none', async () => {
    const { directory, signal } = await run({ code: 'setTimeout(() => process.kill(process.pid, "SIGTERM"), 200)' });
    expect(signal).toBe('SIGTERM');
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('a link in the way is not followed', async () => {
    const directory = temporaryDirectory();
    const victim = path.join(temporaryDirectory(), 'victim');
    fs.writeFileSync(victim, 'whole');
    const code = `for (const name of ['.' + process.pid + '.tmp', process.pid + '.json'])
      require('fs').symlinkSync(${JSON.stringify(victim)}, ${JSON.stringify(directory)} + '/' + name)`;
    const { pid } = await run({ code }, directory);
    expect(lastWords(directory, pid).metrics.process.pid).toBe(pid);
    expect(fs.readFileSync(victim, 'utf8')).toBe('whole');
  });

  test('only into a directory of its own: no link, none that is not there', async () => {
    const directory = temporaryDirectory();
    const link = path.join(temporaryDirectory(), 'link');
    fs.symlinkSync(directory, link);
    expect(await run({ code: '' }, link)).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(await run({ code: '' }, path.join(directory, 'absent'))).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test.skipIf(process.geteuid?.() !== 0)('not into a directory of another user', async () => {
    const directory = temporaryDirectory();
    fs.chmodSync(directory, 0o777);
    expect(await run({ code: '', uid: 65534 }, directory)).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readdirSync(directory)).toEqual([]);
    fs.chownSync(directory, 65534, 65534);
    const { pid } = await run({ code: '', uid: 65534 }, directory);
    expect(lastWords(directory, pid).metrics.process.uid).toBe(65534);
  });
});

describe('an agent that was attached', () => {
  test('takes back all it did, and can come again', async () => {
    const code = `
      const facts = () => JSON.stringify({
        symbols: Object.getOwnPropertySymbols(globalThis).map(String).filter((each) => /codoperf/.test(each)),
        listeners: process.eventNames().map((name) => String(name) + process.listenerCount(name)).toSorted(),
        channel: require('diagnostics_channel').hasSubscribers('worker_threads'),
        modules: Object.keys(require.cache),
      });
      console.log('before ' + facts());
      const attach = () => {
        globalThis[Symbol.for('codoperf.attach')] = true;
        require(process.env.AGENT);
      };
      attach();
      process.stdin.setEncoding('utf8').on('data', (text) => text === 'again' ? attach() : console.log('after ' + facts()));`;
    const program = await Program.start({ flags: [], code, env: { AGENT: await agentFile() }, stdin: true });
    const said = (word: string): Promise<string> =>
      eventually(word, () => new RegExp(`^${word} (.*)$`, 'm').exec(program.stdout)?.[1]);
    const client = await program.connect();
    expect((await client.metrics()).threads).toHaveLength(1);
    expect(await client.ask({ op: 'stop' })).toMatchObject({ ok: true, result: null });
    await client.closed;
    await eventually('the socket goes', () => !fs.existsSync(program.socket));
    program.child.stdin?.write('facts');
    const listeners = (text: string): unknown => {
      const { listeners, ...facts } = JSON.parse(text) as { listeners: string[] };
      // Standard input came up in between.
      return { ...facts, listeners: listeners.filter((each) => !each.startsWith('newListener')) };
    };
    expect(listeners(await said('after'))).toEqual(listeners(await said('before')));
    program.child.stdin?.write('again');
    const second = await program.connect();
    expect((await second.hello()).pid).toBe(program.pid);
    expect((await second.ask({ op: 'stop' })).ok).toBe(true);
    await second.closed;
    program.child.stdin?.end();
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });
});
