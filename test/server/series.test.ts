import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CacheServer } from '../../src/collect/server/cache-server.ts';
import { openMemcached } from '../../src/collect/server/memcached.ts';
import { openRedis } from '../../src/collect/server/redis.ts';
import { serverRows, serverTables } from '../../src/collect/server/server-rows.ts';
import { parseInfo, textsOf } from '../../src/collect/server/texts.ts';
import type { Column } from '../../src/core/metric.ts';
import type { SeriesRow } from '../../src/core/series.ts';
import { seriesKey } from '../../src/core/series.ts';
import { renderExposition } from '../../src/report/exposition.ts';
import type { RunningMemcached } from '../support/memcached.ts';
import { setCommand, startMemcached } from '../support/memcached.ts';
import type { RunningRedis } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';

type Kind = 'redis' | 'memcached';

function columnOf(kind: Kind, metric: string): Column | undefined {
  const columns = serverTables[kind].flatMap((table) => [...table.columns, ...(table.documented ?? [])]);
  return (
    columns.find((column) => column.metric === metric) ??
    columns.find(({ metric: m }) => m === 'redis_cluster_*' && metric.startsWith('redis_cluster_'))
  );
}

function values(rows: Iterable<SeriesRow>): Record<string, number> {
  return Object.fromEntries([...rows].map(({ name, labels, value }) => [seriesKey(name, labels), value]));
}

const infoOf = (text: string) => parseInfo(text.replaceAll('\n', '\r\n'));

describe('series of what no test server says', () => {
  it('KeyDB with two masters, Valkey, a cluster, a replica', () => {
    const info = infoOf(`# Server
redis_version:7.2.4
server_mode:cluster
valkey_version:9.0.0
valkey_release_stage:ga
availability_zone:eu-1
uptime_in_seconds:100
# Replication
role:slave
slave_read_only:1
master_host:a.example
master_port:6377
master_link_status:up
master_last_io_seconds_ago:3
master_1_host:b.example
master_1_port:6378
master_1_link_status:down
slave_repl_offset:77
slave0:ip=10.0.0.1,port=6379,state=online,offset=17518,lag=2
slave1:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0
used_active_time_io_thread_2:1.5
latest_fork_usec:2500
rdb_last_bgsave_status:err
aof_last_write_status:ok
cluster_enabled:1
# Errorstats
errorstat_ERR:count=4
# Keyspace
db0:keys=5,expires=2,avg_ttl=1500,subexpiry=1
tls_server_cert_serial:0A1B
engine_0:name=LUA,module=lua,abi_version=4,used_memory=100,memory_overhead=20
garbage
nan_field:nan
used_memory:not a number`);
    const cluster = infoOf(
      'cluster_state:ok\ncluster_slots_fail:0\ncluster_known_nodes:6\ntotal_cluster_links_buffer_limit_exceeded:0',
    );
    const more = { clock: { unix_seconds: '1000' }, cluster, commandlog: { slow: '3' } };
    const config = { 'commandlog-reply-larger-than': '1048576', 'commandlog-unknown': '1' };
    const rows = values(serverRows('redis', { at: 0, info, more }, config));
    expect(rows).toMatchObject({
      redis_up: 1,
      redis_start_time_seconds: 900,
      redis_latest_fork_seconds: 0.0025,
      redis_rdb_last_bgsave_status: 0,
      redis_aof_last_write_status: 1,
      'redis_master_link_up{master_host="a.example",master_port="6377"}': 1,
      'redis_master_link_up{master_host="b.example",master_port="6378"}': 0,
      'redis_master_last_io_seconds_ago{master_host="a.example",master_port="6377"}': 3,
      'redis_slave_info{master_host="a.example",master_port="6377",read_only="1"}': 1,
      'redis_slave_repl_offset{master_host="a.example",master_port="6377"}': 77,
      'redis_connected_slave_offset_bytes{slave_ip="10.0.0.1",slave_port="6379",slave_state="online"}': 17_518,
      'redis_connected_slave_lag_seconds{slave_ip="10.0.0.1",slave_port="6379",slave_state="online"}': 2,
      'redis_active_time_io_thread_seconds_total{thread="2"}': 1.5,
      'redis_errors_total{err="ERR"}': 4,
      'redis_db_keys{db="db0"}': 5,
      'redis_db_keys_expiring{db="db0"}': 2,
      'redis_db_avg_ttl_seconds{db="db0"}': 1.5,
      'redis_db_keys_with_expiring_items{db="db0"}': 1,
      redis_cluster_enabled: 1,
      redis_cluster_state: 1,
      redis_cluster_known_nodes: 6,
      redis_commandlog_slow_length: 3,
      redis_commandlog_reply_larger_than: 1_048_576,
      'redis_tls_certificate_info{certificate="server",serial="0A1B"}': 1,
      'redis_scripting_engine_memory_used_bytes{abi_version="4",engine="LUA",module="lua"}': 100,
      'redis_instance_info{availability_zone="eu-1",redis_mode="cluster",redis_version="7.2.4",role="slave",valkey_release_stage="ga",valkey_version="9.0.0"}': 1,
    });
    const names = Object.keys(rows).join('\n');
    // What is not known has no row; a cluster has one database.
    expect(names).not.toMatch(/redis_memory_used_bytes|db1|nan_field|total_cluster|lag_seconds\{slave_ip="10.0.0.2"/);
  });

  it('latency of commands as histogram and summary', () => {
    const info = infoOf(`cmdstat_get:calls=10,usec=50,usec_per_call=5.00,rejected_calls=1,failed_calls=2
cmdstat_config|get:calls=2,usec=30,usec_per_call=15.00,rejected_calls=0,failed_calls=0
latency_percentiles_usec_get:p50=1.003,p99=4.015,p99.9=8.031
latency_percentiles_usec_gone:p50=1`);
    const more = { histogram: { get: 'calls=10,1=4,2=9,1048576=10', 'config|get': 'calls=2,16=2' } };
    const rows = [...serverRows('redis', { at: 0, info, more }, { databases: '0' })];
    const shown = rows.filter(({ name }) => /^redis_(latency|commands)/.test(name));
    expect(
      renderExposition(shown, (metric) => columnOf('redis', metric)).replaceAll(/^# HELP.*\n/gm, ''),
    ).toBe(`# TYPE redis_commands_duration_seconds_total counter
redis_commands_duration_seconds_total{cmd="config|get"} 3e-05
redis_commands_duration_seconds_total{cmd="get"} 5e-05
# TYPE redis_commands_failed_calls_total counter
redis_commands_failed_calls_total{cmd="config|get"} 0
redis_commands_failed_calls_total{cmd="get"} 2
# TYPE redis_commands_latencies_usec histogram
redis_commands_latencies_usec_bucket{cmd="config|get",le="+Inf"} 2
redis_commands_latencies_usec_bucket{cmd="config|get",le="16"} 2
redis_commands_latencies_usec_bucket{cmd="get",le="+Inf"} 10
redis_commands_latencies_usec_bucket{cmd="get",le="1"} 4
redis_commands_latencies_usec_bucket{cmd="get",le="1.048576e+06"} 10
redis_commands_latencies_usec_bucket{cmd="get",le="2"} 9
redis_commands_latencies_usec_count{cmd="config|get"} 2
redis_commands_latencies_usec_count{cmd="get"} 10
redis_commands_latencies_usec_sum{cmd="config|get"} 30
redis_commands_latencies_usec_sum{cmd="get"} 50
# TYPE redis_commands_rejected_calls_total counter
redis_commands_rejected_calls_total{cmd="config|get"} 0
redis_commands_rejected_calls_total{cmd="get"} 1
# TYPE redis_commands_total counter
redis_commands_total{cmd="config|get"} 2
redis_commands_total{cmd="get"} 10
# TYPE redis_latency_percentiles_usec summary
redis_latency_percentiles_usec{cmd="get",quantile="50"} 1.003
redis_latency_percentiles_usec{cmd="get",quantile="99"} 4.015
redis_latency_percentiles_usec{cmd="get",quantile="99.9"} 8.031
redis_latency_percentiles_usec_count{cmd="get"} 10
redis_latency_percentiles_usec_sum{cmd="get"} 50
`);
  });

  it('a Memcached with external storage, and one that is a proxy', () => {
    const stats = textsOf([
      ['extstore_limit_maxbytes', '100'],
      ['extstore_io_queue', '2'],
      ['proxy_conn_requests', '5'],
      ['rusage_user', '12.000345'],
      ['cmd_set', '10'],
      ['cas_hits', '2'],
      ['cas_misses', '1'],
      ['cas_badval', '3'],
    ]);
    const rows = values(serverRows('memcached', { at: 0, info: stats, more: {} }));
    expect(rows).toMatchObject({
      memcached_extstore_bytes_limit: 100,
      memcached_extstore_io_queue_depth: 2,
      memcached_process_user_cpu_seconds_total: 12.000345,
      'memcached_commands_total{command="set",status="hit"}': 4,
      'memcached_commands_total{command="cas",status="badval"}': 3,
    });
    expect(rows).not.toHaveProperty('memcached_proxy_conn_requests_total');
    const proxy = values(serverRows('memcached', { at: 0, info: { ...stats, proxy_backend_total: '1' }, more: {} }));
    expect(proxy).toMatchObject({ memcached_proxy_conn_requests_total: 5, memcached_proxy_backend_total: 1 });
  });

  it('a server that does not answer', () => {
    expect(values(serverRows('redis', null))).toEqual({ redis_up: 0 });
    expect(values(serverRows('memcached', null))).toEqual({ memcached_up: 0 });
  });
});

describe('series of real servers', () => {
  let redis: RunningRedis;
  let memcached: RunningMemcached;
  beforeAll(async () => {
    redis = await startRedis();
    memcached = await startMemcached();
    await redis.run(['SET', 'a', '1'], ['GET', 'a'], ['GET', 'no']);
    await memcached.run(`${setCommand('a', 'xx')}get a\r\nget no\r\nversion\r\n`, '1.6.18\r\n');
  });
  afterAll(async () => {
    await redis.stop();
    await memcached.stop();
  });

  async function rowsOf(server: CacheServer): Promise<SeriesRow[]> {
    const sample = await server.sample();
    const config = await server.config();
    await server.close();
    return [...serverRows(server.kind, sample, config)];
  }

  it.each(['redis', 'memcached'] as const)('of %s are all described, once each, with finite values', async (kind) => {
    const rows = await rowsOf(kind === 'redis' ? await openRedis(redis.url) : await openMemcached(memcached.address));
    const keys = rows.map(({ name, labels }) => seriesKey(name, labels));
    expect(new Set(keys).size).toBe(keys.length);
    expect(rows.length).toBeGreaterThan(90);
    for (const { name, value } of rows) {
      expect(columnOf(kind, name)?.help, name).toMatch(/\.$/);
      expect(Number.isFinite(value), name).toBe(true);
    }
  });

  it('have the values of the server', async () => {
    expect(values(await rowsOf(await openRedis(redis.url)))).toMatchObject({
      redis_keyspace_hits_total: 1,
      redis_keyspace_misses_total: 1,
      redis_memory_max_bytes: 0,
      'redis_db_keys{db="db0"}': 1,
      'redis_db_keys{db="db15"}': 0,
      'redis_commands_total{cmd="get"}': 2,
      redis_config_maxclients: 10_000,
      'redis_config_client_output_buffer_limit_bytes{class="pubsub",limit="hard"}': 33_554_432,
    });
    expect(values(await rowsOf(await openMemcached(memcached.address)))).toMatchObject({
      memcached_up: 1,
      'memcached_version{version="1.6.18"}': 1,
      'memcached_commands_total{command="get",status="hit"}': 1,
      'memcached_commands_total{command="get",status="miss"}': 1,
      'memcached_commands_total{command="set",status="hit"}': 1,
      'memcached_slab_commands_total{command="set",slab="1",status="hit"}': 1,
      'memcached_slab_current_items{slab="1"}': 1,
      'memcached_slab_chunk_size_bytes{slab="1"}': 96,
      'memcached_slab_lru_hits_total{lru="hot",slab="1"}': 1,
      memcached_limit_bytes: 67_108_864,
      memcached_malloced_bytes: 1_048_576,
      memcached_max_connections: 1024,
      memcached_lru_crawler_enabled: 1,
      memcached_lru_crawler_hot_percent: 20,
    });
  });
});
