/** What other programs make of our output: promtool of `--once`, readers of `sadf -j` of sysstat-json. */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cli, temporaryDirectory } from '../support/cli.ts';
import { debianProgram } from '../support/debian.ts';
import { FakeHost } from '../support/fake-host.ts';

/** The only remarks: names that node_exporter and cAdvisor gave, which stay. */
const knownLint = [
  /^node_(memory|netstat)_\w+ metric names should be written in 'snake_case' not 'camelCase'$/,
  /^node_entropy_(available|pool_size)_bits use base unit "bytes" instead of "bits"$/,
  /^container_memory_failcnt counter metrics should have "_total" suffix$/,
];

function promtool(text: string): { status: number | null; lines: string[] } {
  const { command, env } = debianProgram('promtool');
  const { status, stderr, stdout } = spawnSync(command, ['check', 'metrics'], {
    input: text,
    env,
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  return { status, lines: `${stderr}${stdout}`.split('\n').filter((line) => line !== '') };
}

test.each([[['--once']], [['--duration', '0.4', '-i', '0.2', '--format', 'prometheus']]])(
  'promtool check metrics accepts monitor-stats %j',
  async (args) => {
    const { stdout } = await cli(['monitor-stats', ...args]);
    const { status, lines } = promtool(stdout);
    // 1 is a text that cannot be parsed, 3 are remarks about names.
    expect(status).not.toBe(1);
    expect(lines.filter((line) => !knownLint.some((known) => known.test(line)))).toEqual([]);
  },
);

test('promtool finds what is wrong', () => {
  expect(promtool('a{b="c} 1\n').status).toBe(1);
});

type Json = { [key: string]: Json } | Json[] | string | number | null;

/** Paths of the leaves, an array's first element standing for all. */
function keys(value: Json, at = ''): string[] {
  if (Array.isArray(value)) return value.length > 0 ? keys(value[0], `${at}[]`) : [];
  if (value === null || typeof value !== 'object') return [at];
  return Object.entries(value).flatMap(([key, each]) => keys(each, `${at}/${key}`));
}

interface Sadf {
  sysstat: { hosts: { statistics: Record<string, Json>[] }[] };
}

test('sysstat-json has the keys of sadf -j', async () => {
  const file = path.join(temporaryDirectory(), 'sa');
  const sadc = debianProgram('sadc');
  const sadf = debianProgram('sadf');
  execFileSync(sadc.command, ['-S', 'XALL', '1', '2', file], { env: sadc.env });
  const options = ['-u', 'ALL', '-w', '-B', '-W', '-r', 'ALL', '-S', '-q', '-d', '-n', 'DEV,EDEV,TCP,ETCP'];
  const real = (more: string[]): Sadf =>
    JSON.parse(execFileSync(sadf.command, ['-j', file, '--', ...more], { env: sadf.env, encoding: 'utf8' })) as Sadf;
  const { stdout } = await cli(['monitor-stats', '--duration', '2', '-i', '1', '--format', 'sysstat-json']);
  const ours = JSON.parse(stdout) as Sadf;
  const own = new Set(keys(ours.sysstat.hosts[0].statistics[0]));
  const theirs = [real(options), real(['-u'])].flatMap(({ sysstat }) => keys(sysstat.hosts[0].statistics[0]));
  // PSI is a part of -q there; a section that we leave out as a whole is no wrong key.
  expect(theirs.filter((key) => !own.has(key) && !key.startsWith('/psi'))).toEqual([]);
  expect([...own].filter((key) => !theirs.includes(key))).toEqual([]);
  const host = (value: Sadf): string[] => Object.keys(value.sysstat.hosts[0]).toSorted();
  expect(host(ours)).toEqual(host(real(['-u'])));
});

test('sysstat-json: the shares of sar -u add up to 100', async () => {
  const { stdout } = await cli(['monitor-stats', '--duration', '2', '-i', '1', '--format', 'sysstat-json']);
  const [first] = (JSON.parse(stdout) as Sadf).sysstat.hosts[0].statistics;
  const [all] = first['cpu-load'] as unknown as Record<string, number>[];
  const sum = ['user', 'nice', 'system', 'iowait', 'steal', 'idle'].reduce((total, key) => total + all[key], 0);
  expect(sum).toBeCloseTo(100, 1);
});

test('a host without anything still gives whole JSON', async () => {
  const host = new FakeHost();
  for (const each of ['proc/net', 'proc/diskstats', 'proc/vmstat']) host.remove(each);
  const { stdout } = await cli([
    'monitor-stats',
    '--duration',
    '0.2',
    '-i',
    '0.1',
    '--format',
    'sysstat-json',
    ...host.args,
  ]);
  const [entry] = (JSON.parse(stdout) as Sadf).sysstat.hosts[0].statistics;
  expect(entry.disk).toEqual([]);
  expect(entry.paging).toMatchObject({ pgpgin: null });
});
