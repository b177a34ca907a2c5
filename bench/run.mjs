// `npm run bench -- [BENCH…] [OPTIONS]`: figures of codoperf beside its floors and rivals, each one line:
// name, ours, theirs, ratio, must, aim, verdict. Exit code 0 whatever they say, 1 when a bench itself broke.
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, root } from '../scripts/house.mjs';
import { cleanUp, watchSignals } from './lib/children.mjs';
import { describe } from './lib/figures.mjs';
import { makeWorkspace } from './lib/workspace.mjs';

const benches = {
  collect: () => import('./collect.mjs'),
  cli: () => import('./cli.mjs'),
  live: () => import('./live.mjs'),
  accuracy: () => import('./accuracy.mjs'),
  agent: () => import('./agent.mjs'),
  cache: () => import('./cache.mjs'),
  analyze: () => import('./analyze.mjs'),
};

const usage = `Usage: npm run bench -- [collect|cli|live|accuracy|agent|cache|analyze]… [options]

  --seconds N      length of a window at real pace (live, accuracy: 60; fast interval: half of it)
  --rounds N       interleaved rounds (collect: 5, cli: 15, live: 3, agent: 31 requests, 41 starts, 3 idle; cache: 11; analyze: 5)
  --iterations N   samples a round of collect (20000)
  --samples N      samples of the memory growth run (1000000)
  --part NAME      repeatable. live: host, processes, fast, memory, growth; agent: http, startup, idle, gc, stall;
                   cache: lru, info
  --together       live: all contenders in the same window, each at its own phase of the second
  --json FILE      also write every raw figure
`;

const number = (text, fallback) => {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`not a positive number: ${text}`);
  return value;
};

function parse() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: text,
      rounds: text,
      iterations: text,
      samples: text,
      part: { type: 'string', multiple: true },
      together: { type: 'boolean' },
      json: text,
      help: { type: 'boolean', short: 'h' },
    },
  });
  for (const name of positionals) if (!(name in benches)) throw new Error(`no bench '${name}'`);
  return {
    help: values.help === true,
    json: values.json,
    names: positionals.length > 0 ? positionals : Object.keys(benches),
    options: {
      seconds: number(values.seconds, 60),
      rounds: number(values.rounds, undefined),
      iterations: number(values.iterations, 20_000),
      samples: number(values.samples, 1_000_000),
      parts: values.part,
      together: values.together === true,
    },
  };
}

function machine() {
  const [cpu] = os.cpus();
  return {
    cpus: os.cpus().length,
    model: cpu?.model ?? 'unknown',
    kernel: os.release(),
    node: process.version,
    load: os.loadavg(),
  };
}

async function main() {
  const { help, json, names, options } = parse();
  if (help) {
    process.stdout.write(usage);
    return;
  }
  ensureInstalled();
  ensureBuilt();
  watchSignals();
  const about = machine();
  console.log(
    `# ${about.model}, ${about.cpus} CPUs, Linux ${about.kernel}, Node.js ${about.node}, load ${about.load[0].toFixed(2)}`,
  );
  const workspace = makeWorkspace(root);
  const results = {};
  try {
    for (const name of names) {
      const { measure } = await benches[name]();
      results[name] = await measure({ options, workspace, report: (figure) => console.log(describe(figure)) });
    }
  } finally {
    await cleanUp();
  }
  if (json !== undefined) fs.writeFileSync(json, `${JSON.stringify({ machine: about, options, results }, null, 1)}\n`);
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error.stack}`);
  process.exitCode = 1;
}
