/** What a Memcached said, as the series that memcached_exporter makes of it. */
import type { ServerSample } from '../../core/cache.ts';
import { numberIn } from '../../core/decimal.ts';
import type { Column } from '../../core/metric.ts';
import type { Labels, SeriesRow } from '../../core/series.ts';
import type { StatColumn } from './memcached-tables.ts';
import {
  commandColumn,
  cpuColumns,
  crawlerColumns,
  extstoreColumns,
  itemColumns,
  limitColumns,
  lruHitColumn,
  mallocedColumn,
  proxyColumns,
  slabColumns,
  slabCommandColumn,
  statColumns,
  upColumn,
  versionColumn,
} from './memcached-tables.ts';
import type { Texts } from './texts.ts';
import { emptyTexts } from './texts.ts';

type Known = Readonly<Record<string, string>>;

const commands = ['get', 'delete', 'incr', 'decr', 'cas', 'touch'];
const lruParts = { hot: 'hits_to_hot', warm: 'hits_to_warm', cold: 'hits_to_cold', temporary: 'hits_to_temp' };
const MICROSECONDS = 1e6;

/** The series of one sample; `config` (`stats settings`) adds those of the settings. */
export function* memcachedRows({ info, more }: ServerSample, config: Known = {}): Iterable<SeriesRow> {
  yield* row(upColumn, 1);
  if (info.version !== undefined) yield* row(versionColumn, 1, { version: info.version });
  yield* fields(statColumns, info);
  for (const column of cpuColumns) yield* row(column, cpuSeconds(info[column.field]));
  yield* row(mallocedColumn, numberIn(more.slabs?.total_malloced ?? info.total_malloced));
  // Their presence says that the server is of that sort.
  if (info.extstore_limit_maxbytes !== undefined) yield* fields(extstoreColumns, info);
  if (info.proxy_backend_total !== undefined) yield* fields(proxyColumns, info);
  yield* fields(limitColumns, config);
  if (config.lru_crawler === 'yes') yield* fields(crawlerColumns, config);
  yield* commandRows(commandColumn, info, {}, true);
  for (const [slab, item] of classes(more.items ?? {})) {
    yield* fields(itemColumns, item, { slab });
    for (const [lru, field] of Object.entries(lruParts)) yield* row(lruHitColumn, numberIn(item[field]), { slab, lru });
  }
  for (const [slab, figures] of classes(more.slabs ?? {})) {
    yield* fields(slabColumns, figures, { slab });
    yield* commandRows(slabCommandColumn, figures, { slab }, false);
  }
}

function* row({ metric }: Column, value: number | undefined, labels: Labels = {}): Iterable<SeriesRow> {
  if (value !== undefined) yield { name: metric, labels, value };
}

function* fields(columns: readonly StatColumn[], stats: Known, labels: Labels = {}): Iterable<SeriesRow> {
  for (const column of columns) {
    const text = stats[column.field];
    yield* row(column, text === 'yes' ? 1 : text === 'no' ? 0 : numberIn(text), labels);
  }
}

/** `12.000345` is 12 s and 345 µs, and so is `12.345`: the part behind the point is a number of its own. */
function cpuSeconds(text: string | undefined): number | undefined {
  const [, seconds, micros] = /^(\d+)\.(\d+)$/.exec(text ?? '') ?? [];
  return micros === undefined ? undefined : Number(seconds) + Number(micros) / MICROSECONDS;
}

function* commandRows(column: Column, stats: Known, labels: Labels, withMisses: boolean): Iterable<SeriesRow> {
  const count = (command: string, status: string, value: number | undefined): Iterable<SeriesRow> =>
    row(column, value, { ...labels, command, status });
  for (const command of commands) {
    yield* count(command, 'hit', numberIn(stats[`${command}_hits`]));
    if (withMisses) yield* count(command, 'miss', numberIn(stats[`${command}_misses`]));
  }
  yield* count('cas', 'badval', numberIn(stats.cas_badval));
  if (withMisses) yield* count('flush', 'hit', numberIn(stats.cmd_flush));
  // The server counts a cas as a set too.
  const names = ['cmd_set', 'cas_hits', 'cas_badval', ...(withMisses ? ['cas_misses'] : [])];
  const [sets, ...cas] = names.map((name) => numberIn(stats[name]) ?? Number.NaN);
  const own = cas.reduce((left, each) => left - each, sets);
  yield* count('set', 'hit', Number.isNaN(own) ? undefined : own);
}

/** Fields `<class>:<name>` by class. */
function classes(stats: Known): Map<string, Texts> {
  const found = new Map<string, Texts>();
  for (const [field, text] of Object.entries(stats)) {
    const [, slab, name] = /^(\d+):(.+)$/s.exec(field) ?? [];
    if (slab === undefined) continue;
    const own = found.get(slab) ?? emptyTexts();
    own[name] = text;
    found.set(slab, own);
  }
  return found;
}
