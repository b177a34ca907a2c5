/** The series of a Redis, under the names of redis_exporter. */
import { histogramColumns } from '../../core/histogram.ts';
import type { Column, TableSpec, Unit } from '../../core/metric.ts';
import { counterFields, gaugeFields } from './redis-info-metrics.ts';

/** The unit that a name ends with, as the names of exporters do. */
function unitOf(metric: string): Unit {
  if (/_bytes(_total)?$/.test(metric)) return 'bytes';
  if (/_(seconds|duration_sec)(_total|_max)?$/.test(metric)) return 'seconds';
  if (metric.endsWith('_ratio')) return 'ratio';
  return metric.endsWith('_info') ? 'info' : 'count';
}

function figure(type: Column['type'], metric: string, help: string): Column {
  return { metric, type, unit: unitOf(metric), help };
}

const gauge = (metric: string, help: string): Column => figure('gauge', metric, help);
const counter = (metric: string, help: string): Column => figure('counter', metric, help);

const clusterHelp = 'The field of that name of CLUSTER INFO, or of INFO; `ok` is 1, `fail` is 0.';

/** The column of a field of INFO; `null` for a field without a series. */
export function infoColumn(field: string): Column | null {
  const asGauge = gaugeFields.get(field);
  if (asGauge !== undefined) return gauge(asGauge, `\`${field}\` of INFO.`);
  const asCounter = counterFields.get(field);
  if (asCounter !== undefined) return counter(asCounter, `\`${field}\` of INFO.`);
  return /^cluster_\w+$/.test(field) ? gauge(`redis_${field}`, clusterHelp) : null;
}

/** One series a field of INFO. */
const infoTable: TableSpec = {
  name: 'info',
  labels: [],
  columns: [],
  describe: infoColumn,
  documented: [
    ...[...gaugeFields.keys(), ...counterFields.keys()].flatMap((field) => infoColumn(field) ?? []),
    gauge('redis_cluster_*', clusterHelp),
  ],
};

/** What stands in no single field. */
export const serverTable = {
  name: 'server',
  labels: [],
  columns: [
    gauge('redis_up', 'Whether the server answered.'),
    gauge('redis_start_time_seconds', 'When the server was started, in Unix time.'),
    gauge('redis_hz', '`hz` of INFO.'),
    gauge('redis_configured_hz', '`configured_hz` of INFO.'),
    gauge('redis_slowlog_length', 'Entries in the slow log (SLOWLOG LEN).'),
    gauge('redis_slowlog_last_id', 'Number of the newest entry of the slow log, 0 before the first.'),
    gauge('redis_last_slow_execution_duration_seconds', 'How long the newest entry of the slow log took.'),
    gauge('redis_config_io_threads', '`io-threads` of the configuration.'),
    gauge('redis_config_maxclients', '`maxclients` of the configuration.'),
    gauge('redis_config_maxmemory', '`maxmemory` of the configuration, in bytes.'),
    gauge('redis_config_repl_backlog_size', '`repl-backlog-size` of the configuration, in bytes.'),
    gauge('redis_commandlog_slow_length', 'Entries in the log of slow commands (Valkey).'),
    gauge('redis_commandlog_large_request_length', 'Entries in the log of large requests (Valkey).'),
    gauge('redis_commandlog_large_reply_length', 'Entries in the log of large replies (Valkey).'),
    gauge('redis_commandlog_execution_slower_than', '`commandlog-execution-slower-than`, in microseconds (Valkey).'),
    gauge('redis_commandlog_slow_execution_max_len', '`commandlog-slow-execution-max-len` (Valkey).'),
    gauge('redis_commandlog_request_larger_than', '`commandlog-request-larger-than`, in bytes (Valkey).'),
    gauge('redis_commandlog_large_request_max_len', '`commandlog-large-request-max-len` (Valkey).'),
    gauge('redis_commandlog_reply_larger_than', '`commandlog-reply-larger-than`, in bytes (Valkey).'),
    gauge('redis_commandlog_large_reply_max_len', '`commandlog-large-reply-max-len` (Valkey).'),
  ],
} as const satisfies TableSpec;

/** Who it is. The labels of Valkey and of a zone are there when the server has them. */
export const instanceTable: TableSpec = {
  name: 'instance',
  labels: [
    'role',
    'redis_version',
    'redis_build_id',
    'redis_mode',
    'os',
    'maxmemory_policy',
    'tcp_port',
    'run_id',
    'process_id',
    'master_replid',
  ],
  columns: [gauge('redis_instance_info', 'Always 1; its labels say which server it is.')],
};

/** One row a database. */
export const databaseTable: TableSpec = {
  name: 'database',
  labels: ['db'],
  columns: [
    gauge('redis_db_keys', 'Keys in the database.'),
    gauge('redis_db_keys_expiring', 'Keys with a time to live.'),
    gauge('redis_db_avg_ttl_seconds', "The server's estimate of the mean time to live."),
    gauge('redis_db_keys_cached', 'Keys in memory, where others are on disk (KeyDB).'),
    gauge('redis_db_keys_with_expiring_items', 'Keys of which a part has a time to live.'),
  ],
};

/** One row a command. */
export const commandTable: TableSpec = {
  name: 'command',
  labels: ['cmd'],
  columns: [
    counter('redis_commands_total', 'Calls of the command.'),
    counter('redis_commands_duration_seconds_total', 'Time spent in the command.'),
    counter('redis_commands_rejected_calls_total', 'Calls refused before the command began.'),
    counter('redis_commands_failed_calls_total', 'Calls that failed in the command.'),
    counter('redis_commands_slowlog_total', 'Calls that went into the slow log.'),
    counter('redis_commands_slowlog_duration_seconds_total', 'Time of the calls that went into the slow log.'),
    gauge('redis_commands_slowlog_duration_seconds_max', 'The longest call that went into the slow log.'),
  ],
};

/** Bounds in microseconds that LATENCY HISTOGRAM gives; empty ones are left out. */
const latencyBounds = Array.from({ length: 31 }, (_, i) => 2 ** i);

/** Latency by command, of which a server shows the buckets that are not empty. */
export const latencyTable: TableSpec = {
  name: 'latency',
  labels: ['cmd'],
  columns: histogramColumns(
    'redis_commands_latencies_usec',
    'count',
    'Latency of the command in microseconds.',
    latencyBounds,
  ),
};

const percentiles = { name: 'redis_latency_percentiles_usec', summary: true } as const;

/** The server's own percentiles by command; `quantile` is in percent, as the exporter has it. */
export const percentileTable: TableSpec = {
  name: 'percentile',
  labels: ['cmd', 'quantile'],
  columns: [
    {
      ...gauge(percentiles.name, 'Latency of the command in microseconds, since the statistics began.'),
      histogram: percentiles,
    },
  ],
};

/** Sum and count that belong to the percentiles. */
export const percentileTotalTable: TableSpec = {
  name: 'percentile_total',
  labels: ['cmd'],
  columns: [
    { ...counter(`${percentiles.name}_sum`, 'Time spent in the command, in microseconds.'), histogram: percentiles },
    { ...counter(`${percentiles.name}_count`, 'Calls of the command.'), histogram: percentiles },
  ],
};

/** Small tables, by what their rows are about. */
export const otherTables = {
  error: {
    name: 'error',
    labels: ['err'],
    columns: [counter('redis_errors_total', 'Error replies that begin with this word.')],
  },
  spike: {
    name: 'spike',
    labels: ['event_name'],
    columns: [
      gauge('redis_latency_spike_last', 'Unix time of the last latency spike.'),
      gauge('redis_latency_spike_duration_seconds', 'How long it took.'),
    ],
  },
  thread: {
    name: 'thread',
    labels: ['thread'],
    columns: [counter('redis_active_time_io_thread_seconds_total', 'Time that the I/O thread was busy (Valkey).')],
  },
  replica: {
    name: 'replica',
    labels: ['slave_ip', 'slave_port', 'slave_state'],
    columns: [
      gauge('redis_connected_slave_offset_bytes', 'How far the replica has come in the stream of its master.'),
      gauge('redis_connected_slave_lag_seconds', 'Seconds since the replica last told how far it is.'),
    ],
  },
  master: {
    name: 'master',
    labels: ['master_host', 'master_port'],
    columns: [
      gauge('redis_master_link_up', 'Whether the replica is connected to its master.'),
      gauge('redis_master_last_io_seconds_ago', 'Seconds since the master last said something.'),
      gauge('redis_master_sync_in_progress', 'Whether the replica is being filled by its master.'),
      gauge('redis_slave_repl_offset', 'How far the replica has come in the stream of its master.'),
    ],
  },
  slave: {
    name: 'slave',
    labels: ['master_host', 'master_port', 'read_only'],
    columns: [gauge('redis_slave_info', 'Always 1, on a replica.')],
  },
  bufferLimit: {
    name: 'buffer_limit',
    labels: ['class', 'limit'],
    columns: [
      gauge('redis_config_client_output_buffer_limit_bytes', 'Output that clients of the class may have waiting.'),
      gauge('redis_config_client_output_buffer_limit_overcome_seconds', 'How long they may be above the soft limit.'),
    ],
  },
  certificate: {
    name: 'certificate',
    labels: ['certificate', 'serial'],
    columns: [gauge('redis_tls_certificate_info', 'Always 1 for each certificate of the server (Valkey).')],
  },
  engine: {
    name: 'engine',
    labels: ['engine', 'module', 'abi_version'],
    columns: [
      gauge('redis_scripting_engine_info', 'Always 1 for each scripting engine (Valkey).'),
      gauge('redis_scripting_engine_memory_used_bytes', 'Memory of the engine.'),
      gauge('redis_scripting_engine_memory_overhead_bytes', 'Memory that the engine needs beside its scripts.'),
    ],
  },
} as const satisfies Record<string, TableSpec>;

/** Every table of a Redis. */
export const redisTables: readonly TableSpec[] = [
  serverTable,
  infoTable,
  instanceTable,
  databaseTable,
  commandTable,
  latencyTable,
  percentileTable,
  percentileTotalTable,
  ...Object.values(otherTables),
];
