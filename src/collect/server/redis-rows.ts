/** What a Redis said, as the series that redis_exporter makes of it. */
import type { ServerSample } from '../../core/cache.ts';
import { numberIn } from '../../core/decimal.ts';
import type { Column } from '../../core/metric.ts';
import type { Labels, SeriesRow } from '../../core/series.ts';
import { formatValue } from '../../core/series.ts';
import { fieldDivisors } from './redis-info-metrics.ts';
import {
  commandTable,
  databaseTable,
  infoColumn,
  instanceTable,
  latencyTable,
  otherTables,
  percentileTable,
  percentileTotalTable,
  serverTable,
} from './redis-tables.ts';
import type { Texts } from './texts.ts';
import { parseParts } from './texts.ts';

type Known = Readonly<Record<string, string>>;

/** What Redis has unless it is told otherwise, and all there is in a cluster. */
const DEFAULT_DATABASES = 16;
const MAX_DATABASES = 1024;
const MICROSECONDS = 1e6;
const MILLISECONDS = 1e3;
/** The exporter reads these names only where it adds up the time of a command and its subcommands. */
const COUNTED_COMMAND = /^[a-zA-Z0-9|]+$/;
const words: Readonly<Record<string, number>> = { ok: 1, true: 1, err: 0, fail: 0, false: 0 };

/** The series of one sample; `config` adds those of the configuration. */
export function* redisRows({ info, more }: ServerSample, config: Known = {}): Iterable<SeriesRow> {
  yield* serverRowsOf(info, more);
  yield* configRows(config);
  yield* fieldRows(info);
  yield* fieldRows(more.cluster ?? {});
  yield instanceRow(info);
  yield* databaseRows(info, config);
  yield* commandRows(info);
  yield* latencyRows(info, more);
  yield* replicationRows(info);
  yield* valkeyRows(info, more, config);
}

function* rows(
  columns: readonly Column[],
  values: readonly (number | undefined)[],
  labels: Labels = {},
): Iterable<SeriesRow> {
  for (const [i, value] of values.entries()) {
    if (value !== undefined) yield { name: columns[i].metric, labels: { ...labels, ...columns[i].labels }, value };
  }
}

/** Rows of the columns of `serverTable` with these names. */
function* named(values: Readonly<Record<string, number | undefined>>): Iterable<SeriesRow> {
  for (const { metric } of serverTable.columns) {
    const value = values[metric];
    if (value !== undefined) yield { name: metric, labels: {}, value };
  }
}

function scaled(text: string | undefined, divisor: number): number | undefined {
  const value = numberIn(text);
  return value === undefined ? undefined : value / divisor;
}

function* serverRowsOf(info: Known, { clock = {}, slowlog = {} }: ServerSample['more']): Iterable<SeriesRow> {
  const now = numberIn(clock.unix_seconds);
  const uptime = numberIn(info.uptime_in_seconds);
  yield* named({
    redis_up: 1,
    redis_start_time_seconds: now === undefined || uptime === undefined ? undefined : now - uptime,
    redis_hz: numberIn(info.hz),
    redis_configured_hz: numberIn(info.configured_hz),
    redis_slowlog_length: numberIn(slowlog.length),
    redis_slowlog_last_id: numberIn(slowlog.last_id),
    redis_last_slow_execution_duration_seconds: scaled(slowlog.last_usec, MICROSECONDS),
  });
}

function* configRows(config: Known): Iterable<SeriesRow> {
  yield* named({
    redis_config_io_threads: numberIn(config['io-threads']),
    redis_config_maxclients: numberIn(config.maxclients),
    redis_config_maxmemory: numberIn(config.maxmemory),
    redis_config_repl_backlog_size: numberIn(config['repl-backlog-size']),
  });
  const limits = (config['client-output-buffer-limit'] ?? '').split(' ');
  const [bytes, overcome] = otherTables.bufferLimit.columns;
  for (let i = 0; i + 3 < limits.length; i += 4) {
    const [name, hard, soft, seconds] = limits.slice(i, i + 4);
    yield* rows([bytes], [numberIn(hard)], { class: name, limit: 'hard' });
    yield* rows([bytes, overcome], [numberIn(soft), numberIn(seconds)], { class: name, limit: 'soft' });
  }
}

function* fieldRows(info: Known): Iterable<SeriesRow> {
  const [active] = otherTables.thread.columns;
  for (const [field, text] of Object.entries(info)) {
    const thread = /^used_active_time_io_thread_(\d+)$/.exec(field)?.[1];
    if (thread !== undefined) yield* rows([active], [numberIn(text)], { thread });
    const column = infoColumn(field);
    if (column === null) continue;
    const value = Object.hasOwn(words, text) ? words[text] : scaled(text, fieldDivisors.get(field) ?? 1);
    yield* rows([column], [value]);
  }
}

function instanceRow(info: Known): SeriesRow {
  const labels: Record<string, string> = {};
  for (const label of instanceTable.labels) labels[label] = info[label] ?? '';
  if (labels.redis_mode === '') labels.redis_mode = info.server_mode ?? '';
  for (const label of ['valkey_version', 'valkey_release_stage']) {
    if (info[label] !== undefined) labels[label] = info[label];
  }
  if ((info.availability_zone ?? '') !== '') labels.availability_zone = info.availability_zone;
  return { name: instanceTable.columns[0].metric, labels, value: 1 };
}

/** INFO leaves out the databases without keys: those have none. */
function* databaseRows(info: Known, config: Known): Iterable<SeriesRow> {
  const known = new Set<string>();
  for (const [db, text] of Object.entries(info)) {
    if (!/^db\d+$/.test(db)) continue;
    const parts = parseParts(text);
    const items = parts.subexpiry ?? parts.keys_with_volatile_items;
    known.add(db);
    yield* rows(
      databaseTable.columns,
      [
        numberIn(parts.keys),
        numberIn(parts.expires),
        scaled(parts.avg_ttl, MILLISECONDS),
        numberIn(parts.cached_keys),
        numberIn(items),
      ],
      { db },
    );
  }
  const all = info.cluster_enabled === '1' ? 1 : (numberIn(config.databases) ?? DEFAULT_DATABASES);
  for (let i = 0; i < Math.min(all, MAX_DATABASES); i++) {
    if (!known.has(`db${i}`)) yield* rows(databaseTable.columns, [0, 0], { db: `db${i}` });
  }
}

function* commandRows(info: Known): Iterable<SeriesRow> {
  for (const [field, text] of Object.entries(info)) {
    const err = /^errorstat_(.+)$/s.exec(field)?.[1];
    if (err !== undefined) yield* rows(otherTables.error.columns, [numberIn(parseParts(text).count)], { err });
    const cmd = /^cmdstat_(.+)$/s.exec(field)?.[1];
    if (cmd === undefined) continue;
    const parts = parseParts(text);
    yield* rows(
      commandTable.columns,
      [
        numberIn(parts.calls),
        scaled(parts.usec, MICROSECONDS),
        numberIn(parts.rejected_calls),
        numberIn(parts.failed_calls),
        numberIn(parts.slowlog_count),
        scaled(parts.slowlog_time_ms_sum, MILLISECONDS),
        scaled(parts.slowlog_time_ms_max, MILLISECONDS),
      ],
      { cmd },
    );
  }
}

function* latencyRows(info: Known, { histogram = {}, latency = {} }: ServerSample['more']): Iterable<SeriesRow> {
  for (const [field, text] of Object.entries(info)) {
    const cmd = /^latency_percentiles_usec_(.+)$/s.exec(field)?.[1];
    const stats = cmd === undefined ? undefined : info[`cmdstat_${cmd}`];
    if (cmd === undefined || stats === undefined) continue;
    for (const [name, value] of Object.entries(parseParts(text))) {
      const percent = numberIn(name.slice(1));
      if (percent !== undefined)
        yield* rows(percentileTable.columns, [numberIn(value)], { cmd, quantile: formatValue(percent) });
    }
    const { usec, calls } = parseParts(stats);
    yield* rows(percentileTotalTable.columns, [numberIn(usec), numberIn(calls)], { cmd });
  }
  for (const [cmd, text] of Object.entries(histogram)) yield* histogramRows(cmd, parseParts(text), info);
  for (const [event, text] of Object.entries(latency)) {
    const [last, ms] = text.split(',');
    yield* rows(otherTables.spike.columns, [numberIn(last), scaled(ms, MILLISECONDS)], { event_name: event });
  }
}

function* histogramRows(cmd: string, { calls, ...buckets }: Texts, info: Known): Iterable<SeriesRow> {
  const [sum, count] = latencyTable.columns.slice(-2);
  const bucket = latencyTable.columns[0].metric;
  const total = numberIn(calls);
  if (total === undefined) return;
  for (const [usec, text] of Object.entries(buckets)) {
    const value = numberIn(text);
    if (value !== undefined) yield { name: bucket, labels: { cmd, le: formatValue(Number(usec)) }, value };
  }
  yield { name: bucket, labels: { cmd, le: '+Inf' }, value: total };
  yield* rows([sum, count], [microsecondsOf(cmd, info), total], { cmd });
}

/**
 * Time of the command and of all whose names begin so. The exporter means the subcommands of `config` by it and gets
 * `getex` for `get` as well; the same name has the same value here.
 */
function microsecondsOf(cmd: string, info: Known): number {
  let total = 0;
  for (const [field, text] of Object.entries(info)) {
    const name = field.startsWith('cmdstat_') ? field.slice('cmdstat_'.length) : '';
    if (name.startsWith(cmd) && COUNTED_COMMAND.test(name)) total += numberIn(parseParts(text).usec) ?? 0;
  }
  return total;
}

function* replicationRows(info: Known): Iterable<SeriesRow> {
  for (const [field, text] of Object.entries(info)) {
    if (/^slave\d+$/.test(field)) {
      const { ip, port, state, offset, lag } = parseParts(text);
      const labels = { slave_ip: ip ?? '', slave_port: port ?? '', slave_state: state ?? '' };
      yield* rows(otherTables.replica.columns, [numberIn(offset), numberIn(lag)], labels);
    }
    // KeyDB may have several masters: master_1_host and so on.
    const which = /^master(_\d+)?_link_status$/.exec(field);
    if (which !== null) yield* masterRows(info, `master${which[1] ?? ''}`);
  }
  if (info.role !== 'slave') return;
  const labels = { master_host: info.master_host ?? '', master_port: info.master_port ?? '' };
  yield* rows(otherTables.slave.columns, [1], { ...labels, read_only: info.slave_read_only ?? '' });
}

function* masterRows(info: Known, master: string): Iterable<SeriesRow> {
  yield* rows(
    otherTables.master.columns,
    [
      info[`${master}_link_status`] === 'up' ? 1 : 0,
      numberIn(info[`${master}_last_io_seconds_ago`]),
      numberIn(info[`${master}_sync_in_progress`]),
      numberIn(info.slave_repl_offset),
    ],
    { master_host: info[`${master}_host`] ?? '', master_port: info[`${master}_port`] ?? '' },
  );
}

function* valkeyRows(info: Known, { commandlog = {} }: ServerSample['more'], config: Known): Iterable<SeriesRow> {
  const settings = Object.entries(config).filter(([name]) => name.startsWith('commandlog-'));
  yield* named({
    redis_commandlog_slow_length: numberIn(commandlog.slow),
    redis_commandlog_large_request_length: numberIn(commandlog['large-request']),
    redis_commandlog_large_reply_length: numberIn(commandlog['large-reply']),
    ...Object.fromEntries(settings.map(([name, text]) => [`redis_${name.replaceAll('-', '_')}`, numberIn(text)])),
  });
  for (const certificate of ['server', 'client', 'ca']) {
    const serial = info[`tls_${certificate}_cert_serial`];
    if (serial !== undefined) yield* rows(otherTables.certificate.columns, [1], { certificate, serial });
  }
  for (const [field, text] of Object.entries(info)) {
    const parts = parseParts(text);
    if (!field.startsWith('engine_') || parts.name === undefined) continue;
    const labels = { engine: parts.name, module: parts.module ?? '', abi_version: parts.abi_version ?? '' };
    yield* rows(otherTables.engine.columns, [1, numberIn(parts.used_memory), numberIn(parts.memory_overhead)], labels);
  }
}
