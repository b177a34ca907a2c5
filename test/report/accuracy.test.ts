/** From the bytes of the kernel's files to the numbers of the report: expected values worked out by hand. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from '../support/fake-host.ts';
import { FakeMeasurement } from '../support/fake-time.ts';

let at: FakeMeasurement;
beforeEach(async () => {
  const host = new FakeHost();
  host.write('sys/class/net/eth0/speed', '1000\n');
  host.write('sys/class/net/eth0/ifindex', '2\n');
  at = await FakeMeasurement.begin(host);
});
afterEach(() => at.close());

test('CPU: shares of two CPUs over two seconds of different length', () => {
  const { state } = at.host;
  // 1 s: cpu0 50 user (10 of them guest), 20 system, 20 idle, 10 iowait; cpu1 idle. 200 jiffies in all.
  state.cpus[0] = [50, 0, 20, 1020, 10, 0, 0, 0, 10, 0];
  state.cpus[1] = [0, 0, 0, 1100, 0, 0, 0, 0, 0, 0];
  at.tick(1);
  expect(at.stat('cpu', '', 'user_ratio').last).toBeCloseTo(40 / 200, 12);
  expect(at.stat('cpu', '', 'guest_ratio').last).toBeCloseTo(10 / 200, 12);
  expect(at.stat('cpu', '', 'system_ratio').last).toBeCloseTo(20 / 200, 12);
  expect(at.stat('cpu', '', 'iowait_ratio').last).toBeCloseTo(10 / 200, 12);
  expect(at.stat('cpu', '', 'idle_ratio').last).toBeCloseTo(120 / 200, 12);
  expect(at.stat('cpu', '', 'busy_ratio').last).toBeCloseTo(70 / 200, 12);
  expect(at.stat('cpu', '', 'busiest_cpu_ratio').last).toBeCloseTo(0.7, 12);
  expect(at.stat('cpu', '', 'online_cpus').last).toBe(2);
  expect(at.stat('cpu', 'cpus', 'system_ratio', '0').last).toBeCloseTo(0.2, 12);
  // 3 s: both CPUs idle, but cpu1 has 60 softirq, 30 steal, 15 irq and 15 nice of its 300.
  state.cpus[0] = [50, 0, 20, 1320, 10, 0, 0, 0, 10, 0];
  state.cpus[1] = [0, 15, 0, 1280, 0, 15, 60, 30, 0, 0];
  at.tick(3);
  expect(at.stat('cpu', '', 'softirq_ratio').last).toBeCloseTo(60 / 600, 12);
  expect(at.stat('cpu', '', 'steal_ratio').last).toBeCloseTo(30 / 600, 12);
  expect(at.stat('cpu', '', 'irq_ratio').last).toBeCloseTo(15 / 600, 12);
  expect(at.stat('cpu', '', 'nice_ratio').last).toBeCloseTo(15 / 600, 12);
  // The mean is weighed by time: 70 of 200 in 1 s, 120 of 600 in 3 s.
  expect(at.stat('cpu', '', 'busy_ratio').mean).toBeCloseTo((0.35 * 1 + 0.2 * 3) / 4, 12);
  expect(at.stat('cpu', '', 'busy_ratio')).toMatchObject({
    samples: 2,
    min: expect.closeTo(0.2, 9) as number,
    max: expect.closeTo(0.35, 9) as number,
  });
});

test('the scheduler: queue without ourselves, rates a second', () => {
  Object.assign(at.host.state, {
    contextSwitches: 5000,
    interrupts: 1500,
    forks: 130,
    running: 4,
    blocked: 2,
    load: [1.25, 0.5, 0.25],
  });
  at.tick(2);
  const of = (name: string): number | null => at.stat('cpu', 'scheduler', name).last;
  expect([of('run_queue'), of('blocked'), of('load1'), of('load15')]).toEqual([3, 2, 1.25, 0.25]);
  expect([of('context_switches_per_second'), of('interrupts_per_second'), of('forks_per_second')]).toEqual([
    2500, 750, 15,
  ]);
});

test('disk: as iostat -x computes it', () => {
  // 10 reads, 2 merged, 800 sectors, 50 ms; 30 writes, 6 merged, 2400 sectors, 240 ms; 0 under way, busy 400 ms,
  // weighted 600 ms; 5 discards, 80 sectors, 10 ms; 4 flushes, 20 ms.
  at.host.state.disks.sda = [10, 2, 800, 50, 30, 6, 2400, 240, 0, 400, 600, 5, 0, 80, 10, 4, 20];
  at.tick(2);
  const of = (name: string): number | null => at.stat('disk', 'devices', name, 'sda').last;
  expect([
    of('reads_per_second'),
    of('writes_per_second'),
    of('discards_per_second'),
    of('flushes_per_second'),
  ]).toEqual([5, 15, 2.5, 2]);
  expect(of('transfers_per_second')).toBe(22.5);
  expect([of('read_bytes_per_second'), of('write_bytes_per_second'), of('discard_bytes_per_second')]).toEqual([
    204_800, 614_400, 20_480,
  ]);
  expect([of('reads_merged_per_second'), of('writes_merged_per_second')]).toEqual([1, 3]);
  expect(of('read_wait_seconds')).toBeCloseTo(0.005, 12);
  expect(of('write_wait_seconds')).toBeCloseTo(0.008, 12);
  expect(of('flush_wait_seconds')).toBeCloseTo(0.005, 12);
  expect(of('wait_seconds')).toBeCloseTo(0.3 / 45, 12);
  expect(of('request_bytes')).toBeCloseTo((3280 * 512) / 45, 9);
  expect(of('queue_depth')).toBeCloseTo(0.3, 12);
  expect(of('utilisation_ratio')).toBeCloseTo(0.2, 12);
});

test('disk: a mean wait is that of all requests, not of all samples', () => {
  const { disks } = at.host.state;
  disks.sda = [100, 0, 800, 100, ...Array.from({ length: 13 }, () => 0)]; // 100 reads of 1 ms
  at.tick(1);
  disks.sda = [101, 0, 808, 200, ...Array.from({ length: 13 }, () => 0)]; // one of 100 ms
  at.tick(1);
  at.tick(1); // none: no figure at all
  const wait = at.stat('disk', 'devices', 'read_wait_seconds', 'sda');
  expect(wait.samples).toBe(2);
  expect(wait.mean).toBeCloseTo(0.2 / 101, 12);
  expect(wait.max).toBeCloseTo(0.1, 12);
});

test('network: both directions, errors, share of the link', () => {
  at.host.state.interfaces.eth0 = [50_000_000, 40_000, 4, 6, 0, 0, 2, 8, 10_000_000, 20_000, 2, 10, 0, 0, 0, 4];
  at.host.state.tcp = {
    ...at.host.state.tcp,
    ActiveOpens: 10,
    PassiveOpens: 20,
    InSegs: 4000,
    OutSegs: 2000,
    RetransSegs: 20,
  };
  at.host.state.tcpExt = { ListenOverflows: 2, ListenDrops: 4 };
  at.tick(2);
  const of = (name: string): number | null => at.stat('network', 'interfaces', name, 'eth0').last;
  expect([of('receive_bytes_per_second'), of('transmit_bytes_per_second')]).toEqual([25e6, 5e6]);
  expect([of('receive_packets_per_second'), of('transmit_packets_per_second')]).toEqual([20_000, 10_000]);
  expect([of('receive_errors_per_second'), of('receive_drops_per_second')]).toEqual([2, 3]);
  expect([of('transmit_errors_per_second'), of('transmit_drops_per_second')]).toEqual([1, 5]);
  expect([
    of('receive_compressed_per_second'),
    of('receive_multicast_per_second'),
    of('transmit_compressed_per_second'),
  ]).toEqual([1, 4, 2]);
  expect(of('utilisation_ratio')).toBeCloseTo(25e6 / 125e6, 12);
  const tcp = (name: string): number | null => at.stat('network', 'tcp', name).last;
  expect([tcp('active_opens_per_second'), tcp('passive_opens_per_second')]).toEqual([5, 10]);
  expect([tcp('retransmits_per_second'), tcp('retransmit_ratio')]).toEqual([10, 0.01]);
  expect([tcp('listen_overflows_per_second'), tcp('listen_drops_per_second'), tcp('established')]).toEqual([1, 2, 5]);
  expect([tcp('sockets_used'), tcp('time_wait')]).toEqual([50, 3]);
});

test('memory: gauges in bytes, used as sar counts it, paging as rates; no swap, no share of it', () => {
  at.host.state.vmstat = {
    pgpgin: 4096,
    pgpgout: 8192,
    pswpin: 2,
    pswpout: 4,
    pgfault: 1000,
    pgmajfault: 6,
    oom_kill: 1,
  };
  at.tick(2);
  const of = (name: string): number | null => at.stat('memory', '', name).last;
  expect(of('total_bytes')).toBe(8_000_000 * 1024);
  expect(of('used_bytes')).toBe((8_000_000 - 4_000_000 - 100_000 - 1_500_000 - 400_000) * 1024);
  expect(of('used_ratio')).toBeCloseTo(0.25, 12);
  expect(of('available_ratio')).toBeCloseTo(0.75, 12);
  expect(of('committed_ratio')).toBeCloseTo(0.25, 12);
  expect(at.stat('memory', '', 'swap_used_ratio').samples).toBe(0);
  expect([of('page_in_kib_per_second'), of('page_out_kib_per_second'), of('faults_per_second')]).toEqual([
    2048, 4096, 500,
  ]);
  expect([of('major_faults_per_second'), of('swap_in_pages_per_second'), of('swap_out_pages_per_second')]).toEqual([
    3, 1, 2,
  ]);
  expect(of('oom_kills_per_second')).toBe(0.5);
});

test('pressure: stalled microseconds of the interval', () => {
  at.host.state.pressure = {
    cpu: { some: 300_000, full: 0 },
    memory: { some: 100_000, full: 50_000 },
    io: { some: 1_000_000, full: 800_000 },
  };
  at.tick(2);
  const of = (name: string): number | null => at.stat('pressure', '', name).last;
  expect(of('cpu_some_ratio')).toBeCloseTo(0.15, 12);
  expect(of('memory_some_ratio')).toBeCloseTo(0.05, 12);
  expect(of('memory_full_ratio')).toBeCloseTo(0.025, 12);
  expect(of('io_some_ratio')).toBeCloseTo(0.5, 12);
  expect(of('io_full_ratio')).toBeCloseTo(0.4, 12);
  expect(of('irq_full_ratio')).toBeNull();
});

test('processes: CPU in cores over the window, largest memory, the ended ones too', async () => {
  const host = new FakeHost();
  host.state.processes = {
    10: { name: 'worker', user: 100, system: 50, residentPages: 1000 },
    11: { name: 'brief', user: 0, system: 0 },
  };
  host.show();
  const other = await FakeMeasurement.begin(host);
  host.state.processes[10] = { name: 'worker', user: 300, system: 100, residentPages: 3000 };
  host.state.processes[11] = { name: 'brief', user: 100, system: 0 };
  host.state.forks++;
  other.tick(2);
  delete host.state.processes[11];
  host.remove('proc/11');
  host.state.processes[10] = { name: 'worker', user: 300, system: 100, residentPages: 2000 };
  host.state.forks++;
  other.tick(2);
  const [first, second] = other.processes.top('cpu', 5);
  expect(first).toMatchObject({ pid: 10, command: 'worker', user_cores: 0.5, system_cores: 0.125, exited: false });
  expect(first.resident_bytes).toBe(3000 * 4096);
  expect(second).toMatchObject({ pid: 11, command: 'brief', cpu_cores: 0.25, exited: true });
  other.close();
});
