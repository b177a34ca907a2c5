/** `run`: a program with the agent in every Node.js process below it, and a report when it ends. */
import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { RunReport } from '../../src/report/run-report.ts';
import { agentEntries, cli, temporaryDirectory } from '../support/cli.ts';
import { start } from '../support/running.ts';

const place = temporaryDirectory();
const env = { CODOPERF_RUNTIME_DIR: path.join(place, 'run'), CODOPERF_STATE_DIR: path.join(place, 'state') };
const schema = new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(
  JSON.parse(fs.readFileSync('schemas/run.schema.json', 'utf8')) as object,
);

async function app(name: string, code: string): Promise<string> {
  const { caches } = await agentEntries();
  const file = path.join(place, name);
  fs.writeFileSync(file, `import * as caches from ${JSON.stringify(caches)};\n${code}\n`);
  return file;
}

function reportIn(stderr: string): RunReport {
  const value = JSON.parse(stderr) as RunReport;
  schema(value);
  expect(schema.errors ?? []).toEqual([]);
  return value;
}

const server = `
  import http from 'node:http';
  const server = http.createServer((request, response) => {
    response.statusCode = request.url === '/broken' ? 500 : 200;
    response.end('ok');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = 'http://127.0.0.1:' + server.address().port;
  for (const path of ['/', '/', '/broken']) await (await fetch(address + path)).text();
  const cache = caches.track(new Map(), { name: 'words' });
  cache.get('a');
  console.log('served');`;

describe('a program that ends by itself', () => {
  test('stdout and exit code are its own, the report is on stderr', async () => {
    const file = await app('ends.mjs', `${server}\nprocess.exit(3);`);
    const { code, stdout, stderr } = await cli(['run', '--', process.execPath, file], { env });
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'served\n' });
    expect(stderr).toMatch(/^codoperf run {2}\S+.*ends\.mjs: ended with 3/);
    expect(stderr).toMatch(/^ends\.mjs\[\d+\] {2}Node\.js v/m);
    expect(stderr).toMatch(/HTTP server +3 requests.* 33\.3 % failed/);
    expect(stderr).toMatch(/^words +map/m);
  });

  test('json, in a file too', async () => {
    const file = await app('json.mjs', `${server}\nprocess.exit(0);`);
    const { code, stderr } = await cli(['run', '--format', 'json', '--', process.execPath, file], { env });
    expect(code).toBe(0);
    const { processes, exit_code, signal } = reportIn(stderr);
    expect({ exit_code, signal }).toEqual({ exit_code: 0, signal: null });
    expect(processes).toMatchObject([{ name: 'json.mjs', at_exit: true, node: process.version }]);
    expect(processes[0].threads[0]).toMatchObject({
      thread: 0,
      http_server: { requests: 3, errors: 1, aborted: 0 },
      http_client: { requests: 3 },
    });
    const output = path.join(place, 'report.json');
    const again = await cli(['run', '--output-file', output, '--', process.execPath, file], { env });
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
    reportIn(fs.readFileSync(output, 'utf8'));
  });

  test('processes below it are told as well', async () => {
    const child = await app('child.mjs', 'setTimeout(() => undefined, 100);');
    const parent = await app(
      'parent.mjs',
      `import { spawnSync } from 'node:child_process'; spawnSync(process.execPath, [${JSON.stringify(child)}]);`,
    );
    const { stderr } = await cli(['run', '--format', 'json', '--', 'sh', '-c', `${process.execPath} ${parent}`], {
      env,
    });
    expect(reportIn(stderr).processes.map(({ name }) => name)).toEqual(['parent.mjs', 'child.mjs']);
  });

  test('a program without Node.js: that is said', async () => {
    const { code, stdout, stderr } = await cli(['run', '--', 'echo', 'hello'], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n' });
    expect(stderr).toContain('No Node.js process was heard');
  });

  test('nothing stays in the runtime directory', () => {
    expect(fs.readdirSync(env.CODOPERF_RUNTIME_DIR).filter((name) => name.startsWith('run-'))).toEqual([]);
  });
});

describe('a program that a signal ends', () => {
  test('it is told as last heard; 128 + the signal', async () => {
    const file = await app('killed.mjs', `${server}\nsetTimeout(() => process.kill(process.pid, 'SIGKILL'), 2500);`);
    const { code, stderr } = await cli(['run', '--format', 'json', '--', process.execPath, file], { env });
    expect(code).toBe(137);
    const { processes, signal } = reportIn(stderr);
    expect(signal).toBe('SIGKILL');
    expect(processes).toMatchObject([{ name: 'killed.mjs', at_exit: false }]);
    expect(processes[0].threads[0].http_server?.requests).toBe(3);
  });

  test('Ctrl-C reaches the program', async () => {
    const code = `process.on('SIGINT', () => { console.log('stopping'); process.exit(5); }); setInterval(() => 1, 1000);`;
    const file = await app('stops.mjs', `${code}\nconsole.log('up');`);
    const running = await start(['run', '--', process.execPath, file], env);
    for (let waited = 0; !running.stdout.includes('up') && waited < 15_000; waited += 50) await running.wait(50);
    running.kill('SIGINT');
    const { code: exit, stdout, stderr } = await running.ended;
    expect({ exit, stdout }).toEqual({ exit: 5, stdout: 'up\nstopping\n' });
    expect(stderr).toContain('stops.mjs[');
  });
});

describe('what cannot be started', () => {
  test.each([
    [['run', '--', 'no-such-program-at-all'], 4, 'there is no such program'],
    [['run'], 2, "the argument 'command' is missing"],
    [['run', '--output-file', 'x.csv', '--', 'true'], 2, '.csv'],
    [['run', '--output-file', '/nonexistent/x.json', '--', 'true'], 5, '/nonexistent'],
  ])('%j', async (args, exit, text) => {
    const { code, stderr } = await cli(args, { env });
    expect(code).toBe(exit);
    expect(stderr).toContain(text);
  });
});
