/** The first screen: pressure before utilisation, who uses it, and "cannot tell" when there is nothing to go by. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judge } from '../../src/report/verdict.ts';
import { FakeHost } from '../support/fake-host.ts';
import { FakeMeasurement } from '../support/fake-time.ts';

let at: FakeMeasurement;
beforeEach(async () => {
  at = await FakeMeasurement.begin();
});
afterEach(() => at.close());

const verdict = (type = 'all') => judge(at.summarizer, 10, at.processes, type);
const rules = (): string[] => verdict().findings.map(({ rule_id, severity }) => `${rule_id} ${severity}`);

function seconds(count: number, each: (i: number) => void): void {
  for (let i = 1; i <= count; i++) {
    each(i);
    at.tick(1);
  }
}

test('an idle host: nothing is short', () => {
  seconds(5, (i) => {
    at.host.state.cpus[0] = [0, 0, 0, 1000 + i * 100, 0, 0, 0, 0, 0, 0];
  });
  const { verdict: answer, findings } = verdict();
  expect(findings).toEqual([]);
  expect(answer).toMatchObject({ status: 'ok', summary: 'Nothing is short.' });
  expect(answer.resources.map(({ resource, status }) => `${resource} ${status}`)).toEqual([
    'cpu ok',
    'memory ok',
    'disk ok',
    'network ok',
  ]);
});

const busy = (i: number): void => {
  at.host.state.cpus[0] = [i * 100, 0, 0, 1000, 0, 0, 0, 0, 0, 0];
  at.host.state.cpus[1] = [i * 100, 0, 0, 1000, 0, 0, 0, 0, 0, 0];
};

test('busy CPUs alone are no problem', () => {
  seconds(5, busy);
  expect(rules()).toEqual(['cpu.util info']);
  expect(verdict().verdict.status).toBe('info');
});

test('busy CPUs for which tasks wait are one', () => {
  seconds(5, (i) => {
    busy(i);
    at.host.state.running = 9;
    at.host.state.pressure.cpu = { some: i * 400_000, full: 0 };
  });
  expect(rules()).toEqual(['cpu.psi warning']);
  expect(verdict().findings[0].evidence[0].value).toBeCloseTo(0.4, 9);
});

test('a disk that everything waits for, with its name', () => {
  seconds(5, (i) => {
    at.host.state.disks.sda = [
      0,
      0,
      0,
      0,
      i * 100,
      0,
      i * 800,
      i * 4000,
      0,
      i * 1000,
      i * 4000,
      ...Array.from({ length: 6 }, () => 0),
    ];
    at.host.state.pressure.io = { some: i * 900_000, full: i * 500_000 };
  });
  expect(rules()).toEqual(['disk.psi critical']);
  expect(verdict().verdict.resources[2].utilisation).toBe('sda 100 % busy');
});

test('memory: kills, swapping and little left each say so', () => {
  seconds(10, (i) => {
    at.host.state.vmstat = { ...at.host.state.vmstat, oom_kill: i === 10 ? 2 : 0, pswpout: i * 50 };
    at.host.state.memory.MemAvailable = 400_000;
  });
  expect(rules()).toEqual(['mem.oom critical', 'mem.swapout warning', 'mem.avail warning']);
  expect(verdict().findings[0].summary).toContain('killed 2 process(es)');
});

test('only the resources of the monitor type are judged', () => {
  at.tick(1);
  expect(verdict('disk').verdict.resources.map(({ resource }) => resource)).toEqual(['disk']);
});

test('without figures it cannot tell, and says which', async () => {
  const host = new FakeHost();
  for (const file of ['proc/stat', 'proc/meminfo', 'proc/diskstats', 'proc/net']) host.remove(file);
  for (const file of ['proc/1/mountinfo', 'proc/self/mountinfo', 'proc/mounts']) host.write(file, '');
  const blind = await FakeMeasurement.begin(host);
  blind.clock.pass(1);
  blind.next(1);
  const answer = judge(blind.summarizer, 1, blind.processes, 'all').verdict;
  expect(answer.resources.every(({ status }) => status === 'unknown')).toBe(true);
  expect(answer).toMatchObject({ status: 'unknown', summary: 'Cannot tell: none of the figures could be read.' });
  blind.close();
});

test('a cgroup that is stopped for its quota, or close to its memory limit, is named though the host is idle', async () => {
  const host = new FakeHost();
  host.write('sys/fs/cgroup/cgroup.controllers', 'cpu memory\n');
  host.write('sys/fs/cgroup/shop/cpu.max', '20000 100000\n');
  host.write('sys/fs/cgroup/shop/memory.max', '1000000\n');
  host.write('sys/fs/cgroup/shop/memory.current', '960000\n');
  host.write('sys/fs/cgroup/shop/memory.stat', 'anon 900000\nfile 60000\ninactive_file 10000\n');
  const cpuStat = (periods: number, throttled: number): void =>
    host.write(
      'sys/fs/cgroup/shop/cpu.stat',
      `usage_usec ${periods * 20_000}\nuser_usec 0\nsystem_usec 0\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 0\n`,
    );
  cpuStat(100, 0);
  const own = await FakeMeasurement.begin(host);
  cpuStat(200, 43);
  own.tick(10);
  const { verdict: answer, findings } = judge(own.summarizer, 10, own.processes, 'all');
  own.close();
  expect(findings.map(({ rule_id, subject }) => `${rule_id} ${subject}`)).toEqual([
    'cg.throttle /shop',
    'cg.mem /shop',
  ]);
  expect(findings[0].evidence[0].value).toBeCloseTo(0.43, 9);
  expect(findings[1].evidence[0].value).toBeCloseTo(0.95, 9);
  expect(answer.resources.slice(0, 2).map(({ status }) => status)).toEqual(['warning', 'warning']);
});
