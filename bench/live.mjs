// codoperf at real pace: CPU a sample beside its rivals, a fast interval, memory. `--part` chooses.
import { complete, sleep, start, stop } from './lib/children.mjs';
import {
  atop,
  bareLoop,
  codoperf,
  crowd,
  emptyLoop,
  nodeExporter,
  sadc,
  systeminformation,
} from './lib/contenders.mjs';
import { processCount, statusMegabytes, treeCpuSeconds } from './lib/cpu.mjs';
import { compare, median } from './lib/figures.mjs';
import { pace } from './lib/pace.mjs';

const CROWD = 100;
const FAST_INTERVAL_SECONDS = 0.01;

const parts = { host, processes, fast, memory, growth };

/** Runs the parts that were asked for. */
export async function measure(context) {
  const { options, report } = context;
  const chosen = options.parts ?? Object.keys(parts);
  const results = { figures: [], runs: {} };
  for (const name of chosen) {
    if (!(name in parts)) throw new Error(`no part '${name}': ${Object.keys(parts).join(', ')}`);
    const { figures, runs } = await parts[name](context);
    for (const figure of figures) report(figure);
    results.figures.push(...figures);
    results.runs[name] = runs;
  }
  return results;
}

function plan({ seconds, rounds = 3, together }) {
  return { seconds, rounds, together };
}

const info = (name, values, note) => ({ name, unit: 'ms', ours: median(values), note });

/** Everything about the host, no processes. */
async function host({ options, workspace }) {
  const contenders = [
    codoperf(workspace, 'ours', { processes: false }),
    codoperf(workspace, 'summary', { processes: false, format: 'json' }),
    bareLoop(workspace, 'loop', { processes: false }),
    emptyLoop(workspace, 'empty'),
    await sadc(workspace, 'sadc'),
    await nodeExporter(workspace, 'node_exporter'),
    await systeminformation(workspace, 'systeminformation', { processes: false }),
  ];
  const runs = await pace(contenders, plan(options));
  const against = (rival, name, must, aim) =>
    compare(`1 Hz host sample, CPU, against ${name}`, 'ms', runs.ours, runs[rival], { against: rival, must, aim });
  return {
    runs,
    figures: [
      against('sadc', 'sadc -S XALL', 1, 0.6),
      against('node_exporter', 'a scrape', 0.25, 0.1),
      against('systeminformation', 'its library', 0.05, 0.02),
      info('1 Hz host sample, only the summary at the end', runs.summary, 'without a line of ndjson a sample'),
      info('1 Hz host sample, createSampler alone', runs.loop, 'the rest is repair, summaries, output'),
      info('1 Hz timer of Node.js that does nothing', runs.empty, 'what no Node.js program can be below'),
    ],
  };
}

/** The same with every process. */
async function processes({ options, workspace }) {
  const idle = crowd(CROWD);
  await sleep(0.2);
  const alive = processCount();
  const contenders = [
    codoperf(workspace, 'ours', { processes: true }),
    bareLoop(workspace, 'loop', { processes: true }),
    await atop(workspace, 'atop'),
    await systeminformation(workspace, 'systeminformation', { processes: true }),
  ];
  const runs = await pace(contenders, plan(options));
  await Promise.all(idle.map(stop));
  const note = `at least ${alive} processes`;
  const atopFigure = { against: 'atop -w', must: 0.6, aim: 0.3, note };
  const named = { against: 'processes()', judged: undefined, note: 'its processes() only' };
  return {
    runs,
    figures: [
      compare('1 Hz sample with all processes, CPU', 'ms', runs.ours, runs.atop, atopFigure),
      compare('1 Hz with all processes, systeminformation', 'ms', runs.ours, runs.systeminformation, named),
      info('1 Hz with all processes, createSampler alone', runs.loop, note),
    ],
  };
}

async function jsonReport(workspace, args) {
  const { child, pid, exited } = start(
    process.execPath,
    [workspace.codoperf, 'monitor-stats', '--format', 'json', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: workspace.scratch },
  );
  const ended = async () => {
    const { code, signal, stdout, stderr } = await exited;
    if (code !== 0) throw new Error(`monitor-stats ended with ${code ?? signal}: ${stderr}`);
    return { report: JSON.parse(stdout), stderr };
  };
  return { child, pid, ended };
}

/** Every 10 ms: are the ticks taken, and what does it cost? */
async function fast({ options, workspace }) {
  const seconds = options.seconds / 2;
  const interval = String(FAST_INTERVAL_SECONDS);
  const { pid, ended } = await jsonReport(workspace, ['--interval', interval, '--duration', String(seconds)]);
  const startUp = Math.min(2, seconds / 4);
  await sleep(startUp + 0.5);
  const before = { at: performance.now(), cpu: treeCpuSeconds(pid) };
  await sleep(seconds - startUp - 0.8);
  const share = (treeCpuSeconds(pid) - before.cpu) / ((performance.now() - before.at) / 1000);
  const { report, stderr } = await ended();
  const asked = seconds / FAST_INTERVAL_SECONDS;
  const taken = { must: 99, aim: 100, atLeast: true, judged: 'ours' };
  const { samples, missed, effective_interval_seconds } = report.window;
  const note = `${samples} of ${asked}, ${missed} missed, interval at the end ${effective_interval_seconds} s`;
  return {
    runs: { window: report.window, overhead: report.overhead, share, stderr },
    figures: [
      {
        name: `${interval} s interval for ${seconds} s, ticks`,
        unit: '%',
        ours: (samples / asked) * 100,
        ...taken,
        note,
      },
      {
        name: `${interval} s interval, CPU of one core`,
        unit: '%',
        ours: share * 100,
        must: 8,
        aim: 3,
        judged: 'ours',
      },
    ],
  };
}

/** The largest memory of an ordinary run, its start and its report included. */
async function memory({ options, workspace }) {
  const { child, pid, ended } = await jsonReport(workspace, ['--duration', String(options.seconds)]);
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, statusMegabytes(pid, 'VmHWM') || 0)), 20);
  child.once('exit', () => clearInterval(look));
  const { report } = await ended();
  clearInterval(look);
  const note = `VmHWM; its own report says ${(report.overhead.max_rss_bytes / 1e6).toFixed(1)} MB`;
  const name = `monitor-stats --duration ${options.seconds}, peak RSS`;
  return {
    runs: { peak, overhead: report.overhead },
    figures: [{ name, unit: 'MB', ours: peak, must: 80, aim: 60, judged: 'ours', note }],
  };
}

/** Does it grow with the number of samples? */
async function growth({ options, workspace }) {
  const script = await workspace.bundle('growth.ts');
  const runs = JSON.parse(await complete(process.execPath, ['--expose-gc', script, String(options.samples)]));
  const { early, late } = runs;
  const heap = (late.heap_bytes - early.heap_bytes) / 1e6;
  const rss = (late.rss_bytes - early.rss_bytes) / 1e6;
  const amount = ({ heap_bytes, rss_bytes }) =>
    `heap ${(heap_bytes / 1e6).toFixed(2)}, RSS ${(rss_bytes / 1e6).toFixed(1)} MB`;
  const note = `after ${early.samples}: ${amount(early)}; after ${late.samples}: ${amount(late)}`;
  const name = (what) => `${what} growth over ${options.samples} samples`;
  return {
    runs,
    // None: less than a byte a sample, and memory of the process within the noise of its allocator.
    figures: [
      { name: name('heap'), unit: 'MB', ours: heap, must: 1, aim: 0.5, judged: 'ours', note },
      { name: name('RSS'), unit: 'MB', ours: rss, must: 4, aim: 2, judged: 'ours' },
    ],
  };
}
