// What tracking costs a cache, and how long it takes to ask many processes for theirs.
import fs from 'node:fs';
import path from 'node:path';
import { fork } from 'node:child_process';
import { complete, sleep } from './lib/children.mjs';
import { compare } from './lib/figures.mjs';

const PROCESSES = 50;

/** `get` of a small cache that holds everything, and get-then-set under a Zipf law: tracked against untracked. */
async function lru({ options, workspace, report }) {
  const { rounds = 11, iterations } = options;
  const operations = String(iterations * 100);
  const figures = [];
  const runs = {};
  for (const work of ['get', 'zipf']) {
    const results = { plain: [], tracked: [], control: [] };
    for (let round = 0; round < rounds; round++) {
      const names = ['plain', 'tracked', 'control'];
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const library = name === 'tracked' ? workspace.caches : '';
        const text = await complete(process.execPath, [workspace.child('lru.mjs'), work, operations, library]);
        results[name].push(JSON.parse(text).operations_per_cpu_second / 1e6);
      }
    }
    const note = `median of ${rounds} interleaved fresh processes, million operations a CPU second`;
    const limits = { against: 'untracked', must: 0.85, aim: 0.92, atLeast: true, note };
    figures.push(compare(`lru-cache tracked, ${work}`, 'M/s', results.tracked, results.plain, limits), {
      ...compare(`lru-cache A/A control, ${work}`, 'M/s', results.control, results.plain, {}),
      judged: undefined,
      against: 'untracked',
    });
    runs[work] = results;
  }
  for (const figure of figures) report(figure);
  return { figures, runs };
}

/** `cache-info` over many processes, less what it takes over none. */
async function info({ options, workspace, report }) {
  const { rounds = 11 } = options;
  const runtime = path.join(workspace.scratch, 'runtime');
  const none = path.join(workspace.scratch, 'none');
  for (const folder of [runtime, none]) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const env = { ...process.env, CODOPERF_RUNTIME_DIR: runtime };
  const children = Array.from({ length: PROCESSES }, () =>
    fork(workspace.child('tracked.mjs'), [workspace.caches], { execArgv: ['--require', workspace.agent], env }),
  );
  try {
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))));
    for (let waited = 0; fs.readdirSync(path.join(runtime, 'agents')).length < PROCESSES && waited < 100; waited++)
      await sleep(0.1);
    const results = { none: [], many: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [name, folder] of [
        ['none', none],
        ['many', runtime],
      ]) {
        const began = performance.now();
        const args = [workspace.codoperf, 'cache-info', '--cache-type', 'function', '--format', 'json'];
        const text = await complete(process.execPath, args, { env: { ...env, CODOPERF_RUNTIME_DIR: folder } });
        results[name].push(performance.now() - began);
        const expected = name === 'many' ? PROCESSES : 0;
        if (JSON.parse(text).caches.length !== expected) throw new Error(`cache-info did not show ${expected} caches`);
      }
    }
    const ours = Math.min(...results.many) - Math.min(...results.none);
    const note = `wall time, minima of ${rounds} interleaved; over none ${Math.min(...results.none).toFixed(0)} ms`;
    const figure = {
      name: `cache-info, ${PROCESSES} processes`,
      unit: 'ms',
      ours,
      judged: 'ours',
      must: 500,
      aim: 200,
      note,
    };
    report(figure);
    return { figures: [figure], runs: results };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

const parts = { lru, info };

export async function measure(context) {
  const names = context.options.parts ?? Object.keys(parts);
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) throw new Error(`no part '${unknown}' of cache: ${Object.keys(parts).join(', ')}`);
  const figures = [];
  const runs = {};
  for (const name of names) {
    const result = await parts[name](context);
    figures.push(...result.figures);
    runs[name] = result.runs;
  }
  return { figures, runs };
}
