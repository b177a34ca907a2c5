// One diagnosis by 40 rules over 5 min of 1 Hz data of 1,000 series in the ring: prints CPU ms of the first one and
// of each later one as JSON. Arguments: the folder of rules, the number of repetitions.
import { diagnose } from '../../src/analyze/rules/diagnose.ts';
import { assemblePack } from '../../src/analyze/rules/pack.ts';
import { readRuleFiles } from '../../src/analyze/rules/rule-files.ts';
import { snapshotOf } from '../../src/analyze/rules/snapshot.ts';
import { surveyorOf } from '../../src/analyze/rules/survey.ts';
import type { SeriesRow } from '../../src/core/series.ts';
import { createQueryEngine } from '../../src/query/engine.ts';
import { seriesFilter } from '../../src/query/matchers.ts';
import { Ring } from '../../src/store/ring.ts';

const RULES = 40;
const SERIES = 1000;
const SECONDS = 300;
const START_MS = 1_700_000_000_000;
const AT_MS = START_MS + SECONDS * 1000 + 1;

const [folder, repetitions] = process.argv.slice(2);

/** A host with 8 CPUs, 4 disks, 4 interfaces, and processes until there are 1,000 series. */
function* rows(second: number): Iterable<SeriesRow> {
  let count = 0;
  const row = (name: string, labels: Record<string, string>, value: number): SeriesRow => {
    count++;
    return { name, labels, value };
  };
  for (let cpu = 0; cpu < 8; cpu++)
    for (const mode of ['user', 'system', 'nice', 'idle', 'iowait', 'irq', 'softirq', 'steal'])
      yield row('node_cpu_seconds_total', { cpu: String(cpu), mode }, second * (mode === 'idle' ? 0.4 : 0.08));
  for (const resource of ['cpu_waiting', 'io_waiting', 'io_stalled', 'memory_waiting', 'memory_stalled'])
    yield row(`node_pressure_${resource}_seconds_total`, {}, second * 0.05);
  for (const name of ['node_procs_running', 'node_procs_blocked', 'node_load1', 'node_filefd_allocated'])
    yield row(name, {}, 3);
  for (const name of ['MemTotal', 'MemAvailable', 'SwapTotal', 'SwapFree'])
    yield row(`node_memory_${name}_bytes`, {}, 8e9);
  for (const name of ['pgmajfault', 'pswpin', 'pswpout', 'oom_kill']) yield row(`node_vmstat_${name}`, {}, second);
  for (const name of ['node_context_switches_total', 'node_forks_total', 'node_intr_total'])
    yield row(name, {}, second * 3000);
  for (const device of ['sda', 'sdb', 'nvme0n1', 'nvme1n1'])
    for (const [name, slope] of [
      ['io_time_seconds_total', 0.5],
      ['io_time_weighted_seconds_total', 0.8],
      ['reads_completed_total', 100],
      ['writes_completed_total', 100],
      ['read_time_seconds_total', 0.1],
      ['write_time_seconds_total', 0.1],
      ['written_bytes_total', 1e6],
      ['flush_requests_total', 3],
      ['flush_requests_time_seconds_total', 0.01],
    ] as const)
      yield row(`node_disk_${name}`, { device }, second * slope);
  for (const device of ['eth0', 'eth1', 'eth2', 'lo'])
    for (const name of [
      'receive_bytes',
      'transmit_bytes',
      'receive_packets',
      'transmit_packets',
      'receive_drop',
      'transmit_drop',
      'receive_errs',
      'transmit_errs',
    ])
      yield row(`node_network_${name}_total`, { device }, second * 1000);
  for (let pid = 100; count < SERIES; pid++) {
    const labels = { pid: String(pid), comm: `worker${pid % 7}` };
    for (const mode of ['user', 'system'])
      yield row('codoperf_process_cpu_seconds_total', { ...labels, mode }, second * 0.01);
    yield row('codoperf_process_run_queue_wait_seconds_total', { ...labels, thread: 'main' }, second * 0.001);
    yield row('codoperf_process_resident_memory_bytes', labels, 5e7);
    yield row('codoperf_process_write_bytes_total', labels, second * 4096);
    yield row('codoperf_process_open_fds', labels, 30);
    yield row('codoperf_process_max_fds', labels, 1024);
  }
}

const ring = new Ring({ filter: seriesFilter });
for (let second = 0; second <= SECONDS; second++) ring.addRows('host', START_MS + second * 1000, rows(second));
const pack = assemblePack(readRuleFiles(folder));
const host = ['cpu', 'scheduler', 'memory', 'disk', 'filesystem', 'network', 'cgroup'];
const rules = pack.rules.filter(({ entries }) => host.includes(entries[0].resource)).slice(0, RULES);
const cost: number[] = [];
for (let i = 0; i <= Number(repetitions); i++) {
  const before = process.cpuUsage();
  const source = snapshotOf(ring, 0, AT_MS);
  await diagnose({
    pack: { ...pack, rules },
    querier: createQueryEngine(source),
    surveyor: surveyorOf(source),
    atMs: AT_MS,
    startMs: START_MS,
    live: true,
  });
  const { user, system } = process.cpuUsage(before);
  cost.push((user + system) / 1000);
}
const [first, ...later] = cost;
console.log(JSON.stringify({ rules: rules.length, series: ring.status().series, first, later }));
