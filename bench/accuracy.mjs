// The same minute seen by codoperf and by sysstat and procps, under a steady load.
import fs from 'node:fs';
import path from 'node:path';
import { complete, sleep, start, stop } from './lib/children.mjs';

const CPU_LIMITS = { unit: 'points', judged: 'ours', must: 1, aim: 0.3 };
const RATE_LIMITS = { unit: '%', judged: 'ours', must: 2, aim: 0.5 };
/** Fewer events in the window say nothing about a rate: one more or less is already a per cent of a hundred. */
const LEAST_EVENTS = 1000;
const HUNDREDTH = 0.01;
const LOAD_SETTLES_SECONDS = 5;

/** CPU at 30 %, writes to a file, datagrams over the loopback; nothing near the limits of the machine. */
function load(workspace, { command, env }) {
  const args = [
    '--cpu',
    '1',
    '--cpu-load',
    '30',
    '--hdd',
    '1',
    '--hdd-bytes',
    '32M',
    '--hdd-opts',
    'fsync',
    '--sock',
    '1',
    '--switch',
    '1',
    '--switch-freq',
    '2000',
    '--temp-path',
    workspace.scratch,
    '--quiet',
  ];
  return start(command, args, { env, cwd: workspace.scratch });
}

/** Resolves when the process has opened `/proc/diskstats`: it is taking its first sample. */
async function firstSample(pid) {
  for (let waited = 0; waited < 5000; waited++) {
    if (openFiles(pid).includes('/proc/diskstats')) return;
    await sleep(0.001);
  }
  throw new Error('monitor-stats took no sample within 5 s');
}

function openFiles(pid) {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return []; // A descriptor was closed meanwhile.
    throw error;
  }
}

/** One window, everybody from the same moment on. */
async function sameWindow(workspace, seconds) {
  const tool = async (name, args) => {
    const { command, env } = await workspace.debian(name);
    return () => complete(command, args, { env: { ...env, LC_ALL: 'C', S_TIME_FORMAT: 'ISO' } });
  };
  const window = String(seconds);
  const file = path.join(workspace.scratch, 'accuracy.sadc');
  const tools = {
    mpstat: await tool('mpstat', ['-o', 'JSON', window, '1']),
    iostat: await tool('iostat', ['-x', '-y', '-o', 'JSON', window, '1']),
    vmstat: await tool('vmstat', ['-w', window, '2']),
    sadc: await tool('sadc', [window, '2', file]),
  };
  // `sar -n DEV` is sadc, then this.
  const sadf = await tool('sadf', ['-j', file, '--', '-n', 'DEV']);
  const ours = start(
    process.execPath,
    [workspace.codoperf, 'monitor-stats', '--duration', window, '--format', 'json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await firstSample(ours.pid);
  const names = Object.keys(tools);
  const outputs = await Promise.all(names.map((name) => tools[name]()));
  const { code, signal, stdout, stderr } = await ours.exited;
  if (code !== 0) throw new Error(`monitor-stats ended with ${code ?? signal}: ${stderr}`);
  return { ...Object.fromEntries(names.map((name, i) => [name, outputs[i]])), ours: stdout, sar: await sadf() };
}

const mean = (figure) => figure?.mean ?? Number.NaN;

function statistics(text) {
  return JSON.parse(text).sysstat.hosts[0].statistics[0];
}

/** CPU percentages of mpstat: name, theirs, ours. */
function cpuPairs({ mpstat }, { cpu }) {
  const all = statistics(mpstat)['cpu-load'].find((each) => each.cpu === 'all');
  // sysstat takes guest out of user, as we do.
  const names = {
    usr: 'user',
    nice: 'nice',
    sys: 'system',
    iowait: 'iowait',
    irq: 'irq',
    soft: 'softirq',
    steal: 'steal',
    idle: 'idle',
  };
  return Object.entries(names).map(([theirs, ours]) => [
    `mpstat %${theirs}`,
    all[theirs],
    mean(cpu[`${ours}_ratio`]) * 100,
  ]);
}

/** Rates of iostat: of every device. */
function diskPairs({ iostat }, { disk }) {
  return statistics(iostat).disk.flatMap((theirs) => {
    const ours = disk.devices[theirs.disk_device];
    if (ours === undefined) return [];
    const rates = [
      ['r/s', 'reads_per_second', 1],
      ['w/s', 'writes_per_second', 1],
      ['f/s', 'flushes_per_second', 1],
      ['rkB/s', 'read_bytes_per_second', 1024],
      ['wkB/s', 'write_bytes_per_second', 1024],
      ['wrqm/s', 'writes_merged_per_second', 1],
      ['r_await', 'read_wait_seconds', 0.001],
      ['w_await', 'write_wait_seconds', 0.001],
      ['f_await', 'flush_wait_seconds', 0.001],
      ['aqu-sz', 'queue_depth', 1],
      ['util', 'utilisation_ratio', 0.01],
    ];
    return rates.map(([name, stat, scale]) => [
      `iostat ${theirs.disk_device} ${name}`,
      theirs[name],
      mean(ours[stat]) / scale,
    ]);
  });
}

/** Rates of vmstat, which prints whole numbers. */
function vmstatPairs({ vmstat }, { cpu, memory }) {
  const lines = vmstat
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/[\s|]+/));
  const names = lines[1];
  const last = lines.at(-1);
  const value = (name) => Number(last[names.indexOf(name)]);
  return [
    ['vmstat in', value('in'), mean(cpu.scheduler.interrupts_per_second)],
    ['vmstat cs', value('cs'), mean(cpu.scheduler.context_switches_per_second)],
    ['vmstat bo', value('bo'), mean(memory.page_out_kib_per_second)],
    ['vmstat bi', value('bi'), mean(memory.page_in_kib_per_second)],
  ];
}

/** Rates of sar: of every interface. */
function networkPairs({ sar }, { network }) {
  return statistics(sar).network['net-dev'].flatMap((theirs) => {
    const ours = network.interfaces[theirs.iface];
    if (ours === undefined) return [];
    const rates = [
      ['rxpck', 'receive_packets_per_second', 1],
      ['txpck', 'transmit_packets_per_second', 1],
      ['rxkB', 'receive_bytes_per_second', 1024],
      ['txkB', 'transmit_bytes_per_second', 1024],
    ];
    return rates.map(([name, stat, scale]) => [
      `sar ${theirs.iface} ${name}/s`,
      theirs[name],
      mean(ours[stat]) / scale,
    ]);
  });
}

/** The pair that differs most, as a figure, with all pairs beside it. */
function worst(name, pairs, difference, limits) {
  const rows = pairs.map(([what, theirs, ours]) => ({ what, theirs, ours, difference: difference(theirs, ours) }));
  const top = rows.reduce((a, b) => (b.difference > a.difference || Number.isNaN(b.difference) ? b : a));
  const note = `worst of ${rows.length}: ${top.what} ${top.theirs}, ours ${top.ours.toFixed(3)}`;
  return { figure: { name, ours: top.difference, ...limits, note }, rows };
}

/** Figures of iostat that have no number of events. */
const notRates = /await|aqu-sz|util/;
const points = (theirs, ours) => Math.abs(ours - theirs);
/** They print rounded figures: what rounding alone explains is no difference. */
const percent = (step) => (theirs, ours) => (Math.max(0, Math.abs(ours - theirs) - step / 2) / theirs) * 100;

export async function measure({ options, workspace, report }) {
  const { seconds } = options;
  const stress = load(workspace, await workspace.debian('stress-ng'));
  await sleep(Math.min(LOAD_SETTLES_SECONDS, seconds / 2));
  const texts = await sameWindow(workspace, seconds);
  if (stress.child.exitCode !== null) throw new Error(`stress-ng ended early: ${(await stress.exited).stderr}`);
  await stop(stress);
  const { resources, window } = JSON.parse(texts.ours);
  const solid = ([what, theirs]) => (notRates.test(what) ? theirs > 0 : theirs * seconds >= LEAST_EVENTS);
  const rates = (pairs) => pairs.filter(solid);
  const results = {
    mpstat: worst('CPU against mpstat', cpuPairs(texts, resources), points, CPU_LIMITS),
    iostat: worst('disks against iostat -x', rates(diskPairs(texts, resources)), percent(HUNDREDTH), RATE_LIMITS),
    vmstat: worst('rates against vmstat', rates(vmstatPairs(texts, resources)), percent(1), RATE_LIMITS),
    sar: worst('interfaces against sar -n DEV', rates(networkPairs(texts, resources)), percent(HUNDREDTH), RATE_LIMITS),
  };
  const figures = Object.values(results).map(({ figure }) => figure);
  for (const figure of figures) report(figure);
  return {
    figures,
    runs: { window, ...Object.fromEntries(Object.entries(results).map(([name, { rows }]) => [name, rows])) },
  };
}
