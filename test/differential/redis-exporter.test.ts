/**
 * Our series of a Redis beside those of redis_exporter (1.45 of Debian; we have the names of a newer one): same names,
 * labels and types, and the same values where nothing moves between the two looks.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRedis } from '../../src/collect/server/redis.ts';
import { serverRows, serverTables } from '../../src/collect/server/server-rows.ts';
import { seriesKey } from '../../src/core/series.ts';
import { debianProgram } from '../support/debian.ts';
import type { RunningRedis } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';
import { parseExposition } from './exposition.ts';

let master: RunningRedis;
let replica: RunningRedis;

beforeAll(async () => {
  master = await startRedis(
    '--maxmemory 200mb --maxmemory-policy allkeys-lfu --slowlog-log-slower-than 0 --latency-monitor-threshold 1 --enable-debug-command local',
  );
  replica = await startRedis(`--replicaof 127.0.0.1 ${master.port} --repl-diskless-sync-delay 0`);
  const many = Array.from({ length: 200 }, (_, i) => ['SET', `k${i}`, 'x'.repeat(100), 'PX', '900000']);
  await master.run(
    ...many,
    ['GET', 'k1'],
    ['GET', 'no'],
    ['SELECT', '5'],
    ['SET', 'a', 'b'],
    ['DEBUG', 'SLEEP', '0.01'],
  );
  await master.run(['INCR', 'k1']).catch(() => undefined);
  for (let i = 0; i < 100; i++) {
    const [info] = (await replica.run(['INFO', 'replication'])) as [string];
    if (info.includes('master_link_status:up')) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
afterAll(async () => {
  await replica.stop();
  await master.stop();
});

/** What moves by itself or by being looked at. */
const moves =
  /^redis_(commands_|net_|cpu_|memory_|mem_|allocator_|uptime|start_time|slowlog|last_slow|connections_received|connected_clients|client_recent|latency_percentiles|total_reads|total_writes|expire_cycle|master_last_io|connected_slave|master_repl_offset|repl_backlog|replication_|slave_repl|rdb_changes|db_avg_ttl|io_threaded|errors_total|total_error|unexpected|acl_|latency_spike_)/;
/** What it tells about its own work. */
const ofExporter = /^redis_(exporter_|target_scrape_|last_key_groups_scrape_)/;
/** What the newer exporter, whose names we have, calls or types otherwise. */
const changed = new Set(['redis_expired_time_cap_reached_total', 'redis_instance_info']);

async function exported(redis: RunningRedis): Promise<string> {
  const exporter = await startServer(debianProgram('prometheus-redis-exporter'), (port) => [
    `--web.listen-address=127.0.0.1:${port}`,
    `--redis.addr=${redis.url}`,
  ]);
  try {
    const answer = await fetch(`http://127.0.0.1:${exporter.port}/metrics`);
    return await answer.text();
  } finally {
    await exporter.stop();
  }
}

it.each(['master', 'replica'])('of a %s', async (role) => {
  const redis = role === 'master' ? master : replica;
  const text = await exported(redis);
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const server = await openRedis(redis.url);
  const sample = await server.sample();
  const ours = new Map(
    [...serverRows('redis', sample, await server.config())].map((row) => [seriesKey(row.name, row.labels), row]),
  );
  await server.close();
  const columns = new Map(
    serverTables.redis
      .flatMap((table) => [...table.columns, ...(table.documented ?? [])])
      .map((each) => [each.metric, each]),
  );
  const missing: string[] = [];
  const differing: string[] = [];
  let compared = 0;
  for (const { name, labels, value } of parseExposition(text)) {
    if (!name.startsWith('redis_') || ofExporter.test(name) || changed.has(name)) continue;
    compared++;
    const key = seriesKey(name, labels);
    const own = ours.get(key);
    if (own === undefined) missing.push(key);
    else if (!moves.test(name) && own.value !== value) differing.push(`${key}: ${value}, ours ${own.value}`);
    const type = types.get(name);
    const kind = columns.get(name)?.type;
    if (type !== undefined && kind !== undefined && type !== 'summary' && kind !== type)
      differing.push(`${name} is a ${type}, ours a ${kind}`);
  }
  expect({ missing, differing }).toEqual({ missing: [], differing: [] });
  expect(compared).toBeGreaterThan(150);
});
