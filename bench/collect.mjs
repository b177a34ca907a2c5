// A sample of the same 12 files in a hot loop, against a C program that only reads them.
import fs from 'node:fs';
import path from 'node:path';
import { complete } from './lib/children.mjs';
import { compare } from './lib/figures.mjs';

const files = [
  'stat',
  'meminfo',
  'vmstat',
  'loadavg',
  'pressure/cpu',
  'pressure/io',
  'pressure/memory',
  'diskstats',
  'net/dev',
  'net/netstat',
  'net/snmp',
  'net/sockstat',
];
/** The collectors that read them; `cpu` and `stat` share a file. */
const collectors = [
  'cpu',
  'stat',
  'meminfo',
  'vmstat',
  'loadavg',
  'pressure',
  'diskstats',
  'netdev',
  'netstat',
  'sockstat',
];
const limits = { against: 'pread in C', must: 2, aim: 1.5 };

/** Links to the twelve and to nothing else: netstat and sockstat also read snmp6 and sockstat6, given those. */
function procWithTwelve(folder) {
  for (const file of files) {
    const link = path.join(folder, file);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(`/proc/${file}`, link);
  }
  return folder;
}

export async function measure({ options, workspace, report }) {
  const { iterations, rounds = 5 } = options;
  const warmUp = Math.ceil(iterations / 10);
  const floor = workspace.compile('pread12');
  const procfs = procWithTwelve(path.join(workspace.scratch, 'proc'));
  const counts = [String(iterations), String(warmUp)];
  const runs = {
    floor: () => complete(floor, [...counts, ...files.map((file) => `/proc/${file}`)]),
    ours: () =>
      complete(process.execPath, [
        workspace.child('collect-loop.mjs'),
        workspace.library,
        procfs,
        collectors.join(','),
        ...counts,
      ]),
  };
  const results = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? ['floor', 'ours'] : ['ours', 'floor'])
      results[name].push(JSON.parse(await runs[name]()));
  }
  checkFiles(results.ours[0].files);
  const micros = (name) => results[name].map(({ cpu_seconds }) => (cpu_seconds / iterations) * 1e6);
  const [{ preads, bytes }] = results.floor;
  const note = `${rounds} rounds of ${iterations}; ${collectors.join(' ')}; ${preads} preads, ${bytes} bytes`;
  const figure = compare('12 files, hot loop', 'us', micros('ours'), micros('floor'), { ...limits, note });
  report(figure);
  return { figures: [figure], runs: results };
}

/** What the collectors hold open must be the twelve, or the two programs do not do the same. */
function checkFiles(open) {
  const ours = open.map((file) => file.replace(/^\/proc\/(?:self|\d+)\/net\//, '/proc/net/')).toSorted();
  const theirs = files.map((file) => `/proc/${file}`).toSorted();
  if (ours.join(' ') !== theirs.join(' ')) throw new Error(`the collectors read ${ours.join(' ')}`);
}
