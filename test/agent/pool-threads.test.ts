/** Which threads are libuv's pool: told by name, or by the ids that come up around its first use. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Program, agentFile, eventually } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';

const STAY = 'setInterval(() => {}, 1000);';

/** CPU ticks of a thread so far. */
function ticks(pid: number, tid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function poolTids(program: Program): Promise<readonly number[] | null> {
  return (await (await program.connect()).hello()).pool_tids;
}

test.each([
  ['--require', 'cjs', ''],
  ['--import', 'cjs', ''],
  ['--require', 'mjs', ''],
  ['--import', 'mjs', ''],
  ['--require', 'cjs', '7'],
])('%s, app.%s, UV_THREADPOOL_SIZE=%s: those that do the work', async (flag, type, size) => {
  const file = path.join(temporaryDirectory(), `app.${type}`);
  // Used at once, before the agent looks.
  const hash = `for (let i = 0; i < 8; i++) crypto.pbkdf2('x', 'y', 200000, 64, 'sha512', () => {});`;
  const load = type === 'cjs' ? `const crypto = require('crypto');` : `import crypto from 'crypto';`;
  fs.writeFileSync(
    file,
    `${load} ${hash} ${STAY} process.stdin.resume(); process.stdin.once('data', () => { ${hash} });`,
  );
  const env: Record<string, string> = size === '' ? {} : { UV_THREADPOOL_SIZE: size };
  const program = await Program.start({ flags: [flag, await agentFile()], args: [file], env, stdin: true });
  const tids = await poolTids(program);
  expect(tids).toHaveLength(Number(size || 4));
  const all = fs.readdirSync(`/proc/${program.pid}/task`).map(Number);
  expect(all).toEqual(expect.arrayContaining([...(tids ?? [])]));
  const before = all.map((tid) => ticks(program.pid, tid));
  program.child.stdin?.write('go');
  // Ten ticks of 10 ms each are far more than anything else does meanwhile.
  const busy = await eventually('threads at work', () => {
    const worked = all.filter((tid, i) => ticks(program.pid, tid) - before[i] >= 10);
    return worked.length >= 4 && worked;
  });
  expect(tids).toEqual(expect.arrayContaining(busy));
});

test('threads that come up meanwhile make it unknown', async () => {
  const worker = `new (require('worker_threads').Worker)(${JSON.stringify(STAY)}, { eval: true });`;
  const program = await Program.start({ code: `${worker} ${STAY}` });
  expect(await poolTids(program)).toBeNull();
});
