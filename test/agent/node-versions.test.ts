/** The agent under the newer lines of Node.js; the oldest one runs all the other tests. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentMetrics } from '../../src/wire/agent/messages.ts';
import { Program, agentFile, eventually } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

const STAY = 'setInterval(() => {}, 1000);';
const POOL = `require('crypto').pbkdf2('x', 'y', 1, 64, 'sha512', () => {});`;

describe.each(otherNodes)('Node.js %s', (version) => {
  const node = otherNode(version);

  test.skipIf(node === undefined)('answers for all threads, knows its pool, says its last words and goes', async () => {
    const directory = temporaryDirectory();
    const worker = (options: string): string =>
      `new (require('worker_threads').Worker)(${JSON.stringify(STAY)}, { eval: true, ${options} });`;
    const program = await Program.start({
      node,
      code: `${POOL} ${worker("name: 'resize'")} ${worker('execArgv: []')} ${STAY}
        process.stdin.once('data', () => process.exit(3));`,
      env: { CODOPERF_EXIT_DIR: directory },
      stdin: true,
    });
    const client = await program.connect();
    const facts = await client.hello();
    expect(facts).toMatchObject({ node: `v${version}`, pid: program.pid, name: '[eval]' });
    const names = facts.pool_tids?.map((tid) => fs.readFileSync(`/proc/${program.pid}/task/${tid}/comm`, 'utf8'));
    expect(names).toEqual(Array.from({ length: 4 }, () => 'libuv-worker\n'));
    let metrics: AgentMetrics;
    do metrics = await client.metrics();
    while (metrics.threads.filter(({ state }) => state === 'answered').length < 2);
    expect(metrics.threads.map(({ thread, state }) => `${thread} ${state}`)).toEqual([
      '0 answered',
      '1 answered',
      '2 bare',
    ]);
    if (version.startsWith('22')) expect(metrics.threads[1].name).toBe('resize');
    expect(await client.caches()).toMatchObject({ silent_threads: [] });
    program.child.stdin?.write('exit');
    expect(await program.ended).toEqual({ code: 3, signal: null, stdout: '', stderr: '' });
    expect(fs.readdirSync(path.dirname(program.socket))).toEqual([]);
    const file = fs.readFileSync(path.join(directory, `${program.pid}.json`), 'utf8');
    const last = (JSON.parse(file) as { metrics: AgentMetrics }).metrics;
    expect(last.threads.map(({ state }) => state)).toEqual(['answered', 'answered', 'bare']);
  });

  test.skipIf(node === undefined)('comes by --import, and by attaching, and goes when it is told', async () => {
    const script = path.join(temporaryDirectory(), 'app.mjs');
    fs.writeFileSync(script, STAY);
    const imported = await Program.start({ node, flags: ['--import', await agentFile()], args: [script] });
    expect((await (await imported.connect()).hello()).name).toBe('app.mjs');
    const attached = await Program.start({
      node,
      flags: [],
      code: `globalThis[Symbol.for('codoperf.attach')] = true; require(process.env.AGENT); ${STAY}`,
      env: { AGENT: await agentFile() },
    });
    const client = await attached.connect();
    expect(await client.ask({ op: 'stop' })).toMatchObject({ ok: true });
    await client.closed;
    await eventually('the socket goes', () => !fs.existsSync(attached.socket));
  });
});
