/** The library as a program gets it: the built `dist/index.js`, in a process of its own. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../../src/index.ts';
import { FakeHost } from '../support/fake-host.ts';

const entry = path.resolve('dist/index.js');

function node(script: string, ...flags: string[]): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '-e', `import * as codoperf from '${entry}';\n${script}`],
    {
      encoding: 'utf8',
      cwd: '/',
    },
  );
  return { stdout, stderr, status };
}

test('importing it prints nothing, starts nothing, and ends', () => {
  const { stdout, stderr, status } = node('process.on("exit", () => console.log(Object.keys(codoperf).sort().join()))');
  expect(stdout).toBe(
    'CodoperfError,ExitCode,QueryError,createMemorySource,createQueryEngine,createSampler,handleCacheInfo,handleMonitorStats,main\n',
  );
  expect([stderr, status]).toEqual(['', 0]);
});

test('handleMonitorStats prints nothing, leaves no listener, and two at a time do not mix', () => {
  const [one, two] = [new FakeHost(), new FakeHost()];
  two.state.memory.MemTotal = 16_000_000;
  two.state.interfaces = { eth1: Array.from({ length: 16 }, () => 0), eth0: Array.from({ length: 16 }, () => 0) };
  for (const [host, name, speed] of [
    [one, 'eth0', '1000'],
    [two, 'eth1', '10000'],
    [two, 'eth0', '100'],
  ] as const) {
    host.write(`sys/class/net/${name}/speed`, speed);
    host.write(`sys/class/net/${name}/ifindex`, '1');
  }
  two.show();
  const args = ({ paths }: FakeHost): string =>
    JSON.stringify({
      duration: 0.4,
      interval: 0.1,
      pathProcfs: paths.procfs,
      pathSysfs: paths.sysfs,
      pathRootfs: paths.rootfs,
    });
  const { stdout, stderr } = node(`
    const both = await Promise.all([${args(one)}, ${args(two)}].map((each) => codoperf.handleMonitorStats(each)));
    const listeners = process.eventNames().filter((name) => /^SIG/.test(String(name)));
    console.log(JSON.stringify([both.map(({ report }) => report.resources.memory.total_bytes.last), listeners, both.map(({ exitCode }) => exitCode)]));
  `);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([[8_192_000_000, 16_384_000_000], [], [0, 0]]);
});

test.each([
  [{ interval: 0 }, /--interval/],
  [{ interval: Number.NaN }, /--interval/],
  [{ interval: -1 }, /--interval/],
  [{ duration: 1e9 }, /--duration/],
  [{ duration: 1, interval: 2 }, /longer than the duration/],
  [{ pid: [0] }, /--pid/],
  [{ pid: [1.5] }, /--pid/],
  [{ monitorType: 'gpu' as 'cpu' }, /--monitor-type/],
  [{ format: 'xml' }, /--format/],
  [{ failOn: 'info' as 'warning' }, /--fail-on/],
  [{ maxOverhead: 0 }, /--max-overhead/],
  [{ warn: ['nonsense'] }, /--warn/],
])('handleMonitorStats refuses %j', async (args, message) => {
  await expect(library.handleMonitorStats(args)).rejects.toMatchObject({
    name: 'CodoperfError',
    exitCode: 2,
    message: expect.stringMatching(message) as string,
  });
});

test('handleMonitorStats ends early with a whole report', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const { exitCode, report } = await library.handleMonitorStats(
    { duration: 60, interval: 0.1 },
    { signal: stop.signal },
  );
  expect(exitCode).toBe(0);
  expect(report.window.interrupted).toBe(true);
  expect(report.window.samples).toBeGreaterThan(0);
});

test('main resolves to the exit code, and leaves the process as it was', () => {
  const { stdout } = node(`
    const code = await codoperf.main(['monitor-stats', '--nonsense']);
    console.log(code, process.exitCode, process.eventNames().filter((name) => /^SIG/.test(String(name))).length);
  `);
  expect(stdout).toBe('2 undefined 0\n');
});

/**
 * What a sample allocates although nothing is new. Node.js itself: 11 bytes a `readSync`, 37 a `performance.now()`
 * (two a collector), a record a file system in `statfsSync`. Not among them are the collectors that list a directory
 * and open what is there, which a loop reads every 10 s at most: netclass, process, processes, cgroup, filesystem.
 */
const steady = [
  'cpu',
  'stat',
  'meminfo',
  'vmstat',
  'diskstats',
  'netdev',
  'netstat',
  'sockstat',
  'softnet',
  'loadavg',
  'pressure',
  'filefd',
];

test('sample() allocates next to nothing in the steady state', () => {
  const { stdout, stderr } = node(
    `
    const sampler = await codoperf.createSampler({ collectors: ${JSON.stringify(steady)} });
    const run = (count) => { for (let i = 0; i < count; i++) sampler.sample(); };
    run(3000);
    globalThis.gc();
    const before = process.memoryUsage();
    run(5000);
    const allocated = (process.memoryUsage().heapUsed - before.heapUsed) / 5000;
    run(15000);
    globalThis.gc();
    const after = process.memoryUsage();
    console.log(JSON.stringify({ allocated, kept: after.heapUsed - before.heapUsed, external: after.external - before.external }));
    `,
    '--expose-gc',
    '--min-semi-space-size=256',
    '--max-semi-space-size=256',
  );
  expect(stderr).toBe('');
  const { allocated, kept, external } = JSON.parse(stdout) as { allocated: number; kept: number; external: number };
  expect(allocated).toBeLessThan(200 * steady.length);
  expect(kept).toBeLessThan(300_000);
  expect(external).toBeLessThan(100_000);
}, 60_000);

test('a full sample keeps nothing', () => {
  const { stdout } = node(
    `
    const sampler = await codoperf.createSampler();
    const run = (count) => { for (let i = 0; i < count; i++) sampler.sample(); };
    run(300);
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    run(1500);
    globalThis.gc();
    console.log(process.memoryUsage().heapUsed - before);
    `,
    '--expose-gc',
  );
  expect(Number(stdout)).toBeLessThan(400_000);
}, 60_000);
