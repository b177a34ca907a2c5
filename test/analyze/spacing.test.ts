/**
 * The spine of the diagnosis: ten rules as they are written for alerts, over data that are live (30 s at 1 Hz) and
 * scraped (an hour, every 15 s or 60 s), of a host in trouble and of one that is busy but fine. The table of
 * docs/decisions/008-analyze.md is what this test found: whether the rule as written, and as fitted, holds.
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/analyze/rules/diagnose.ts';
import { rowsOf } from '../../src/analyze/rules/rows.ts';
import { surveyorOf } from '../../src/analyze/rules/survey.ts';
import { createQueryEngine } from '../../src/query/engine.ts';
import { createMemorySource, type MemorySeries } from '../../src/query/memory-source.ts';
import { builtInPack } from './support/rule-case.ts';

const rules = [
  'cpu.psi',
  'cpu.util',
  'mem.psi',
  'mem.avail',
  'mem.swapout',
  'disk.queue',
  'disk.psi',
  'net.retrans',
  'fs.space',
  'cgroup.throttle',
];
const spacings = [
  { name: '1 s, for 30 s', interval: 1, seconds: 30, live: true },
  { name: '15 s', interval: 15, seconds: 3600, live: false },
  { name: '60 s', interval: 60, seconds: 3600, live: false },
] as const;
const START_MS = 1_700_000_000_000;
const GIB = 2 ** 30;

/** A counter by its slope, or a gauge by its value. */
type Shape = readonly [labels: Record<string, string>, busy: number, fine: number];

const counters: Readonly<Record<string, readonly Shape[]>> = {
  node_pressure_cpu_waiting_seconds_total: [[{}, 0.7, 0.05]],
  node_pressure_memory_waiting_seconds_total: [[{}, 0.3, 0.001]],
  node_pressure_memory_stalled_seconds_total: [[{}, 0.2, 0]],
  node_pressure_io_stalled_seconds_total: [[{}, 0.5, 0.02]],
  node_vmstat_pgmajfault: [[{}, 900, 3]],
  node_vmstat_pswpin: [[{}, 80, 0]],
  node_vmstat_pswpout: [[{}, 90, 0]],
  node_cpu_seconds_total: [
    [{ cpu: '0', mode: 'idle' }, 0.01, 0.4],
    [{ cpu: '0', mode: 'user' }, 0.99, 0.6],
    [{ cpu: '1', mode: 'idle' }, 0.01, 0.4],
    [{ cpu: '1', mode: 'user' }, 0.99, 0.6],
  ],
  node_disk_io_time_seconds_total: [[{ device: 'sda' }, 1, 0.95]],
  node_disk_io_time_weighted_seconds_total: [[{ device: 'sda' }, 30, 2]],
  node_disk_read_time_seconds_total: [[{ device: 'sda' }, 3, 0.02]],
  node_disk_reads_completed_total: [[{ device: 'sda' }, 60, 100]],
  node_disk_write_time_seconds_total: [[{ device: 'sda' }, 20, 0.1]],
  node_disk_writes_completed_total: [[{ device: 'sda' }, 400, 100]],
  node_disk_written_bytes_total: [[{ device: 'sda' }, 4e6, 5e7]],
  node_netstat_Tcp_RetransSegs: [[{}, 60, 0.5]],
  node_netstat_Tcp_OutSegs: [[{}, 800, 800]],
  container_cpu_cfs_periods_total: [[{ id: '/app' }, 10, 10]],
  container_cpu_cfs_throttled_periods_total: [[{ id: '/app' }, 7, 0.5]],
  container_cpu_cfs_throttled_seconds_total: [[{ id: '/app' }, 0.4, 0.001]],
};
const filesystem = { device: '/dev/sda1', mountpoint: '/', fstype: 'ext4' };
const gauges: Readonly<Record<string, readonly Shape[]>> = {
  node_procs_running: [[{}, 8, 2]],
  node_memory_MemTotal_bytes: [[{}, 8 * GIB, 8 * GIB]],
  node_memory_MemAvailable_bytes: [[{}, 0.2 * GIB, 3 * GIB]],
  node_filesystem_size_bytes: [[filesystem, 100 * GIB, 100 * GIB]],
  node_filesystem_avail_bytes: [[filesystem, 2 * GIB, 30 * GIB]],
  node_filesystem_readonly: [[filesystem, 0, 0]],
};

function seriesOf(state: 'busy' | 'fine', interval: number, seconds: number): MemorySeries[] {
  const times = Array.from({ length: Math.floor(seconds / interval) + 1 }, (_, i) => i * interval);
  const column = (busy: number, fine: number): number => (state === 'busy' ? busy : fine);
  const make = (name: string, labels: Record<string, string>, at: (second: number) => number): MemorySeries => ({
    labels: { __name__: name, ...labels },
    timestamps_ms: times.map((second) => START_MS + second * 1000),
    values: times.map(at),
  });
  return [
    ...Object.entries(counters).flatMap(([name, shapes]) =>
      shapes.map(([labels, busy, fine]) => make(name, labels, (second) => 1000 + second * column(busy, fine))),
    ),
    ...Object.entries(gauges).flatMap(([name, shapes]) =>
      shapes.map(([labels, busy, fine]) => make(name, labels, () => column(busy, fine))),
    ),
  ];
}

const pack = builtInPack();

/** By rule: whether its mildest entry holds as written, and what the diagnosis says. */
async function judged(
  state: 'busy' | 'fine',
  { interval, seconds, live }: (typeof spacings)[number],
): Promise<Map<string, string>> {
  const source = createMemorySource(seriesOf(state, interval, seconds));
  const querier = createQueryEngine(source);
  const atMs = START_MS + seconds * 1000 + 300;
  const chosen = pack.rules.filter(({ id }) => rules.includes(id));
  const found = await diagnose({
    pack: { ...pack, rules: chosen, explanations: [] },
    querier,
    surveyor: surveyorOf(source),
    atMs,
    startMs: START_MS,
    live,
  });
  const cells = chosen.map(async ({ id, entries }) => {
    const written = rowsOf(await querier.instant(entries[0].query.text, atMs)).length > 0 ? 'yes' : 'no';
    const fitted = found.findings.some(({ rule_id }) => rule_id === id) ? 'yes' : 'no';
    return [id, `${written} / ${fitted}`] as const;
  });
  return new Map(await Promise.all(cells));
}

describe('ten rules', async () => {
  const columns = await Promise.all(
    (['busy', 'fine'] as const).flatMap((state) =>
      spacings.map(async (spacing) => ({ state, spacing, cells: await judged(state, spacing) })),
    ),
  );

  it.each(columns)('$state, samples every $spacing.name', ({ state, cells }) => {
    for (const id of rules) expect([id, cells.get(id)?.split(' / ')[1]]).toEqual([id, state === 'busy' ? 'yes' : 'no']);
  });

  it('are what the decision says', () => {
    const lines = rules.map((id) => `| \`${id}\` | ${columns.map(({ cells }) => cells.get(id)).join(' | ')} |`);
    expect(fs.readFileSync('docs/decisions/008-analyze.md', 'utf8')).toContain(`${lines.join('\n')}\n`);
  });
});
