/** What happens before most of the agent is loaded: it costs little, and nothing of it is lost. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { probes } from '../../src/agent/probes.gen.ts';
import type { AgentMetrics, ProbeRow } from '../../src/wire/agent/messages.ts';
import { Program } from '../support/agent.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { otherNode } from '../support/node-versions.ts';

/** Sum of a metric over its series. */
function sum(rows: readonly ProbeRow[], metric: string): number {
  const tables = new Map(probes.flatMap(({ name, tables }) => tables.map((each) => [`${name}/${each.name}`, each])));
  let found = 0;
  for (const [table, , figures] of rows) {
    const columns = tables.get(table)?.columns ?? [];
    for (const [i, column] of columns.entries()) if (column.metric === metric) found += figures[i] ?? 0;
  }
  return found;
}

/** What a program says at its end. */
async function lastWords(code: string, node?: string): Promise<readonly ProbeRow[]> {
  const directory = temporaryDirectory();
  const program = await Program.start({ code, node, env: { CODOPERF_EXIT_DIR: directory } });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  const text = fs.readFileSync(path.join(directory, `${program.pid}.json`), 'utf8');
  return (JSON.parse(text) as { metrics: AgentMetrics }).metrics.threads[0].rows;
}

test('a program that ends at once loads nothing of what the agent needs later', async () => {
  const builtins = ['net', 'v8', 'vm', 'worker_threads', 'cluster'];
  const code = `const loaded = new Set(process.moduleLoadList);
    console.log(${JSON.stringify(builtins)}.filter((each) => loaded.has('NativeModule ' + each)).join())`;
  const bare = await (await Program.start({ code, flags: [] })).ended;
  const program = await (await Program.start({ code })).ended;
  expect(program).toEqual(bare);
});

describe('requests that a program makes and serves in its first breath', () => {
  const server = `
    const http = require('http');
    const server = http.createServer((request, response) => response.end('hi')).listen(0, '127.0.0.1', () => {
      const url = 'http://127.0.0.1:' + server.address().port;`;
  // Node.js hands out the end of a request, and collections, a turn of the loop later.
  const leave = `setTimeout(() => process.exit(), 20)`;

  test.each([
    ['http', 'http_client', `${server} http.get(url, (response) => response.resume().on('close', () => ${leave})) })`],
    ['fetch', 'http_client', `${server} fetch(url).then((response) => response.text()).then(() => ${leave}) })`],
    [
      'at top level, to nowhere',
      'http_client',
      `require('http').get('http://127.0.0.1:1').on('error', () => ${leave})`,
    ],
  ])('%s', async (_what, side, code) => {
    const rows = await lastWords(code);
    expect(sum(rows, `${side}_request_duration_seconds_count`)).toBe(1);
    if (code.includes('createServer')) expect(sum(rows, 'http_server_request_duration_seconds_count')).toBe(1);
  });
});

test('collections of its first breath are counted', async () => {
  const rows = await lastWords(
    `const kept = []; for (let i = 0; i < 3e6; i++) kept[i % 1000] = { i }; setTimeout(() => {}, 20)`,
  );
  expect(sum(rows, 'nodejs_gc_duration_seconds_count')).toBeGreaterThan(3);
});

const newer = otherNode('22.23.3');
test.skipIf(newer === undefined)('so are the modules that it loads, where Node.js tells', async () => {
  const folder = temporaryDirectory();
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(path.join(folder, `${name}.js`), '');
  const names = JSON.stringify(['a', 'b', 'c'].map((name) => path.join(folder, `${name}.js`)));
  const rows = await lastWords(`${names}.forEach(require)`, newer);
  expect(sum(rows, 'codoperf_module_loads_total')).toBe(3);
});
