/** The preload comes with its program, counts, and goes with it: every way to load it, nothing that is left. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Program, agentFile } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';

const STAY = 'setInterval(() => {}, 1000)';

function script(name: string, text: string): string {
  const file = path.join(temporaryDirectory(), name);
  fs.writeFileSync(file, text);
  return file;
}

describe('ways to load it', () => {
  test.each([
    ['--require', 'app.cjs', (file: string) => ({ flags: ['--require', file] })],
    ['--import', 'app.mjs', (file: string) => ({ flags: ['--import', file] })],
    ['--import', 'app.cjs', (file: string) => ({ flags: ['--import', file] })],
    ['NODE_OPTIONS', 'app.cjs', (file: string) => ({ flags: [], env: { NODE_OPTIONS: `--require "${file}"` } })],
    ['NODE_OPTIONS', 'app.mjs', (file: string) => ({ flags: [], env: { NODE_OPTIONS: `--import "${file}"` } })],
    ['twice', 'app.mjs', (file: string) => ({ flags: ['--require', file, '--import', file] })],
  ])('%s %s', async (_how, name, how) => {
    const program = await Program.start({ ...how(await agentFile()), args: [script(name, STAY)] });
    const connection = await program.connect();
    const facts = await connection.hello();
    expect(facts).toMatchObject({
      protocol: 1,
      agent: '1.2.3',
      pid: program.pid,
      ppid: process.pid,
      uid: process.geteuid?.(),
      node: process.version,
      name,
      cluster: null,
    });
    expect(Math.abs(Date.now() - facts.started_ms)).toBeLessThan(60_000);
    const { threads, at } = await connection.metrics();
    expect(at).toBeGreaterThan(0);
    expect(threads).toHaveLength(1);
    expect(threads[0]).toMatchObject({ thread: 0, name: 'main', state: 'answered' });
    const tables = threads[0].rows.map(([table]) => table);
    expect(tables).toContain('agent/agent');
    expect(tables).toContain('eventloop/time');
    expect(new Set(tables).size).toBeGreaterThan(5);
    expect(threads[0].rows.find(([table]) => table === 'agent/agent')).toEqual(['agent/agent', [], [0]]);
  });

  test('a copy at another path is no second agent', async () => {
    const copy = script('copy.cjs', fs.readFileSync(await agentFile(), 'utf8'));
    const flags = ['--require', await agentFile(), '--require', copy];
    const count = `setTimeout(() => console.log(process.listenerCount('exit')), 200)`;
    const { stdout } = await (await Program.start({ flags, code: count })).ended;
    expect(stdout).toBe('1\n');
  });
});

describe('it goes with the program', () => {
  test('which ends by itself although the agent listens, has connections and workers', async () => {
    const program = await Program.start({
      code: `new (require('worker_threads').Worker)('1', { eval: true }); setTimeout(() => console.log('end'), 1500)`,
    });
    const connection = await program.connect();
    await connection.metrics();
    expect(await program.ended).toEqual({ code: 0, signal: null, stdout: 'end\n', stderr: '' });
    await connection.closed;
    expect(fs.readdirSync(path.dirname(program.socket))).toEqual([]);
  });

  test('one that ends at once never had a socket', async () => {
    const program = await Program.start({ code: 'console.log(1)' });
    expect(await program.ended).toEqual({ code: 0, signal: null, stdout: '1\n', stderr: '' });
    expect(fs.readdirSync(program.runtime)).toEqual([]);
  });

  test.each([
    ['process.exit', 'process.exit(3)', 3],
    ['an exception', 'throw new Error("own")', 1],
    [
      'a signal that it handles',
      'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(9)); process.kill(process.pid, "SIGTERM")',
      9,
    ],
  ])('%s removes the socket', async (_how, deed, code) => {
    const program = await Program.start({ code: `process.stdin; setTimeout(() => { ${deed} }, 1200)` });
    await program.connect();
    expect((await program.ended).code).toBe(code);
    expect(fs.readdirSync(path.dirname(program.socket))).toEqual([]);
  });
});

describe('it throws nothing into the program', () => {
  test.each([
    ['process.emit is another', 'process.emit = () => { throw new Error("no"); }'],
    ['JSON is another', 'JSON.stringify = JSON.parse = () => { throw new Error("no"); }'],
    ['the global object is frozen', 'setImmediate(() => Object.freeze(globalThis))'],
    [
      'timers stand still',
      'globalThis.setTimeout = globalThis.setImmediate = globalThis.setInterval = () => ({ unref() {} })',
    ],
    [
      'getBuiltinModule and hrtime are gone',
      'delete process.getBuiltinModule; process.hrtime = undefined; delete globalThis.performance',
    ],
    ['the title is an object', 'Object.defineProperty(process, "title", { get: () => ({}) })'],
    ['the title throws', 'Object.defineProperty(process, "title", { get() { throw new Error("no"); } })'],
    ['there are no arguments', 'process.argv = null; process.execArgv = undefined'],
    ['all listeners are gone', 'process.removeAllListeners()'],
  ])('%s', async (_what, deed) => {
    const code = `process.exitCode = 5; const later = setInterval; ${deed}; later(() => {}, 1000)`;
    const program = await Program.start({ code });
    const connection = await program.connect();
    expect((await connection.hello()).pid).toBe(program.pid);
    expect((await connection.metrics()).threads[0].state).toBe('answered');
    expect((await connection.caches()).silent_threads).toEqual([]);
    expect(program.stderr).toBe('');
  });
});

describe('what it says about the process', () => {
  test('a title that the program gave itself is its name, at most 128 characters of it', async () => {
    const program = await Program.start({
      code: `process.title = 'shop: ' + 'é'.repeat(300); ${STAY}`,
      flags: undefined,
    });
    const { name } = await (await program.connect()).hello();
    expect(name).toMatch(/^shop: é+/);
    expect(name.length).toBeLessThanOrEqual(128);
  });

  test('secrets of the command line stay out', async () => {
    const args = [script('app.cjs', STAY), '--password', 'hunter2', '--db-url=redis://user:hunter2@db/1'];
    const program = await Program.start({ args: [...args, 'AWS_SECRET_KEY=hunter2', '--port', '80'] });
    const { command } = await (await program.connect()).hello();
    expect(command).not.toContain('hunter2');
    expect(command).toMatch(
      /app\.cjs --password \*\*\* --db-url=redis:\/\/\*\*\*@db\/1 AWS_SECRET_KEY=\*\*\* --port 80$/,
    );
  });

  test('code given on the command line is called so', async () => {
    const program = await Program.start({ code: STAY });
    expect((await (await program.connect()).hello()).name).toBe('[eval]');
  });
});
