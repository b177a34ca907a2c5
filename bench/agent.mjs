// What the agent costs the program it is in, and whether what it says is true.
import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { complete, sleep, start } from './lib/children.mjs';
import { statusMegabytes } from './lib/cpu.mjs';
import { median } from './lib/figures.mjs';
import { HttpLoad } from './lib/http-load.mjs';
import { askAgent } from './lib/ask-agent.mjs';

const CONNECTIONS = 4;
const IDLE_SECONDS = 10;
/** Until then V8 still compiles what the agent does once a second. */
const WARM_UP_SECONDS = 25;

/** How a server is watched. */
function variants(workspace, rivals) {
  const agent = ['--require', workspace.agent];
  const child = (name) => ['--require', workspace.child(name)];
  return {
    bare: { execArgv: [] },
    control: { execArgv: [] },
    agent: { execArgv: agent },
    'prom-client': { execArgv: child('prom-client.cjs'), env: { RIVALS: rivals } },
    OpenTelemetry: { execArgv: child('opentelemetry.cjs'), env: { RIVALS: rivals } },
  };
}

/** CPU of a request, by variant: all servers run, rounds are interleaved. */
async function http({ options, workspace, report }) {
  const { rounds = 31, iterations } = options;
  const requests = Math.min(iterations, 20_000);
  const servers = {};
  const rivals = await workspace.rivals();
  try {
    for (const [name, { execArgv, env }] of Object.entries(variants(workspace, rivals)))
      servers[name] = await openServer(workspace, execArgv, env);
    const micros = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
    for (const server of Object.values(servers)) await costOf(server, requests);
    for (let round = 0; round < rounds; round++) {
      const names = Object.keys(servers);
      for (const name of round % 2 === 0 ? names : names.toReversed())
        micros[name].push(await costOf(servers[name], requests));
    }
    const best = (name) => Math.min(...micros[name]);
    const added = (name) => best(name) - best('bare');
    const note = `best of ${rounds} interleaved rounds of ${requests}; bare ${best('bare').toFixed(1)} us, medians: ${Object.keys(
      micros,
    )
      .map((name) => `${name} ${median(micros[name]).toFixed(1)}`)
      .join(', ')}`;
    const against = {
      against: 'prom-client',
      theirs: added('prom-client'),
      ratio: added('agent') / added('prom-client'),
    };
    const figures = [
      {
        name: 'HTTP request, CPU added',
        unit: 'us',
        ours: added('agent'),
        ...against,
        judged: 'ours',
        must: 4,
        aim: 2,
        note,
      },
      { name: 'HTTP request, A/A control', unit: 'us', ours: added('control') },
      {
        name: 'HTTP request, rivals',
        unit: 'us',
        ours: added('agent'),
        against: 'OpenTelemetry',
        theirs: added('OpenTelemetry'),
        ratio: added('agent') / added('OpenTelemetry'),
      },
    ];
    for (const figure of figures) report(figure);
    return { figures, runs: micros };
  } finally {
    for (const { child, load } of Object.values(servers)) {
      load.close();
      child.kill('SIGKILL');
    }
  }
}

async function openServer(workspace, execArgv, env = {}) {
  const child = fork(workspace.child('http-server.cjs'), { execArgv, env: { ...workspace.agentEnv, ...env } });
  const { port } = await message(child);
  return { child, load: await HttpLoad.open(port, CONNECTIONS) };
}

/** The next message of a child. */
function message(child) {
  return new Promise((resolve, reject) => {
    const end = (code) => reject(new Error(`the program ended with ${code}`));
    child.once('exit', end);
    child.once('message', (value) => {
      child.off('exit', end);
      resolve(value);
    });
  });
}

/** CPU microseconds of one request. */
async function costOf({ child, load }, requests) {
  const before = await cpuOf(child);
  const sent = await load.run(requests);
  return ((await cpuOf(child)) - before) / sent;
}

async function cpuOf(child) {
  const answer = message(child);
  child.send('cpu');
  return (await answer).cpu;
}

/** Start-up: CPU and wall time of a program that does nothing, with the agent and without. */
async function startup({ options, workspace, report }) {
  const { rounds = 41 } = options;
  const cputime = workspace.compile('cputime');
  const commands = { bare: ['-e', '0'], ours: ['--require', workspace.agent, '-e', '0'] };
  const results = { bare: { cpu: [], wall: [] }, ours: { cpu: [], wall: [] } };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare']) {
      const began = performance.now();
      const text = await complete(cputime, [process.execPath, ...commands[name]], { env: workspace.agentEnv });
      results[name].wall.push(performance.now() - began);
      results[name].cpu.push(JSON.parse(text).cpu_seconds * 1000);
    }
  }
  const figure = (what) => {
    const ours = Math.min(...results.ours[what]);
    const theirs = Math.min(...results.bare[what]);
    const note = `minimum of ${rounds} interleaved`;
    const limits = { against: 'node -e 0', judged: 'ratio', must: 1.08, aim: 1.03, note };
    return { name: `start-up, ${what} time`, unit: 'ms', ours, theirs, ratio: ours / theirs, ...limits };
  };
  const figures = [figure('cpu'), figure('wall')];
  for (const each of figures) report(each);
  return { figures, runs: results };
}

/** Memory and idle CPU of a program that waits, beside one without the agent: at first, and once it is warm. */
async function idle({ options, workspace, report }) {
  const seconds = Math.min(options.seconds, IDLE_SECONDS);
  const warmUp = (WARM_UP_SECONDS * seconds) / IDLE_SECONDS;
  const { rounds = 3 } = options;
  const samples = { bare: [], ours: [] };
  for (let round = 0; round < rounds; round++) {
    const pair = { bare: openIdle(workspace, []), ours: openIdle(workspace, ['--require', workspace.agent]) };
    await sleep(1.5);
    const first = await idleCosts(pair, seconds);
    await sleep(Math.max(0, warmUp - seconds));
    const warm = await idleCosts(pair, seconds);
    for (const [name, child] of Object.entries(pair)) {
      samples[name].push({ first: first[name], warm: warm[name], rss: statusMegabytes(child.pid, 'VmRSS') });
      child.kill('SIGKILL');
    }
  }
  const added = (key) => median(samples.ours.map((each, i) => each[key] - samples.bare[i][key]));
  const note = `median of ${rounds} pairs of ${seconds} s`;
  const limits = { judged: 'ours', must: 5, aim: 2 };
  const figures = [
    {
      name: 'idle, CPU added a second',
      unit: 'ms',
      ours: added('warm'),
      ...limits,
      note: `${note}, after ${warmUp} s`,
    },
    {
      name: 'idle, CPU added a second at first',
      unit: 'ms',
      ours: added('first'),
      note: `${note}, from second 1.5 on`,
    },
    { name: 'idle, memory added', unit: 'MB', ours: added('rss'), judged: 'ours', must: 8, aim: 4, note },
  ];
  for (const each of figures) report(each);
  return { figures, runs: samples };
}

/** CPU milliseconds a second of each program over a window. */
async function idleCosts(pair, seconds) {
  const before = {};
  for (const [name, child] of Object.entries(pair)) before[name] = await cpuOf(child);
  await sleep(seconds);
  const costs = {};
  for (const [name, child] of Object.entries(pair))
    costs[name] = ((await cpuOf(child)) - before[name]) / 1000 / seconds;
  return costs;
}

function openIdle(workspace, execArgv) {
  return fork(workspace.child('idle.cjs'), { execArgv, env: workspace.agentEnv });
}

/** Collections: what the agent counts beside what V8 prints. */
async function gc({ workspace, report }) {
  const program = start(
    process.execPath,
    ['--trace-gc', '--require', workspace.agent, workspace.child('garbage.cjs')],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: workspace.agentEnv },
  );
  const counted = await new Promise((resolve) => program.child.once('message', resolve));
  const metrics = await askAgent(workspace, program.pid, { op: 'metrics' });
  program.child.send('end');
  const { stdout } = await program.exited;
  const traced = { minor: 0, major: 0 };
  for (const line of stdout.split('\n').slice(0, -1)) {
    if (/: Scavenge /.test(line)) traced.minor++;
    else if (/: Mark-Compact /.test(line)) traced.major++;
  }
  const figures = ['minor', 'major'].map((kind) => {
    const ours = gcCount(metrics, kind);
    const note = `after ${counted.rounds} rounds of garbage`;
    return {
      name: `collections seen, ${kind}`,
      unit: '%',
      ours: (ours / traced[kind]) * 100,
      against: `${ours} of --trace-gc`,
      theirs: traced[kind],
      judged: 'ours',
      must: 100,
      aim: 100,
      atLeast: true,
      note,
    };
  });
  for (const each of figures) report(each);
  return { figures, traced };
}

/** Collections of a kind: the count of its histogram. */
function gcCount({ threads, metrics: names }, kind) {
  for (const [table, labels, figures] of threads[0].rows) {
    const column = names[table]?.indexOf('nodejs_gc_duration_seconds_count') ?? -1;
    if (column >= 0 && labels.includes(kind)) return figures[column];
  }
  return 0;
}

/** A stall of 500 ms in a quiet program. */
async function stall({ workspace, report }) {
  const child = fork(workspace.child('stall.cjs'), {
    execArgv: ['--require', workspace.agent],
    env: workspace.agentEnv,
  });
  await message(child);
  await sleep(2);
  const before = delays(await askAgent(workspace, child.pid, { op: 'metrics' }));
  child.send('stall');
  await message(child);
  const after = delays(await askAgent(workspace, child.pid, { op: 'metrics' }));
  child.kill('SIGKILL');
  const note = `corrected p99 over the window: ${(before.p99 * 1000).toFixed(1)} -> ${(after.p99 * 1000).toFixed(1)} ms`;
  const longest = { ours: after.max * 1000, judged: 'ours', must: 480, aim: 480, atLeast: true, note };
  const moved = { ours: after.p99 * 1000, theirs: before.p99 * 1000, against: 'before', ratio: after.p99 / before.p99 };
  const figures = [
    { name: '500 ms stall, longest delay', unit: 'ms', ...longest },
    { name: '500 ms stall, corrected p99', unit: 'ms', ...moved, judged: 'ratio', must: 2, aim: 2, atLeast: true },
  ];
  for (const each of figures) report(each);
  return { figures };
}

/** The corrected figures of the main thread's loop. */
function delays({ threads, metrics: names }) {
  const value = (metric) => {
    for (const [table, , figures] of threads[0].rows) {
      const column = names[table]?.indexOf(metric) ?? -1;
      if (column >= 0) return figures[column];
    }
    return Number.NaN;
  };
  return { max: value('codoperf_eventloop_delay_max_seconds'), p99: value('codoperf_eventloop_delay_p99_seconds') };
}

const parts = { http, startup, idle, gc, stall };

export async function measure(context) {
  const { options, workspace } = context;
  const names = options.parts ?? Object.keys(parts);
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) throw new Error(`no part '${unknown}' of agent: ${Object.keys(parts).join(', ')}`);
  const runtime = path.join(workspace.scratch, 'runtime');
  fs.mkdirSync(runtime, { recursive: true, mode: 0o700 });
  workspace.agentEnv = { ...process.env, CODOPERF_RUNTIME_DIR: runtime };
  const figures = [];
  const runs = {};
  for (const name of names) {
    const result = await parts[name](context);
    figures.push(...result.figures);
    runs[name] = result;
  }
  return { figures, runs };
}
