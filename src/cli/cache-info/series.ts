/** The answer of `cache-info` as series: caches of programs under our names, servers under those of their exporters. */
import { probes } from '../../agent/probes.gen.ts';
import { serverTables } from '../../collect/server/server-rows.ts';
import type { CacheStats } from '../../core/cache.ts';
import { cacheCounters } from '../../core/cache.ts';
import type { Column, TableSpec } from '../../core/metric.ts';
import type { Labels, SeriesRow } from '../../core/series.ts';
import type { ReportedCache, ReportedFunction } from '../../report/cache-report.ts';
import { renderExposition } from '../../report/exposition.ts';
import type { CacheAnswer } from './context.ts';

const gauges = ['entries', 'weight', 'capacity'] as const satisfies readonly (keyof CacheStats)[];

/** Prometheus's text format of everything that was found. */
export function renderCacheSeries({ report, serverSeries }: CacheAnswer): string {
  const rows = [...report.caches.flatMap(cacheRows), ...report.functions.flatMap(functionRows), ...serverSeries];
  const columns = columnsByMetric();
  return renderExposition(rows, (metric) => columns.get(metric) ?? describe(metric));
}

function columnsByMetric(): Map<string, Column> {
  const tables = [...probes.flatMap(({ tables: own }) => own), ...Object.values(serverTables).flat()];
  return new Map(
    tables.flatMap(({ columns, documented }) => [...columns, ...(documented ?? [])]).map((each) => [each.metric, each]),
  );
}

/** A field of a server that is described when it is met (`redis_cluster_*`). */
function describe(metric: string): Column | undefined {
  const fields: readonly TableSpec[] = serverTables.redis.filter(({ describe: own }) => own !== undefined);
  const [column] = fields.flatMap((table) => table.describe?.(metric.replace(/^redis_/, '')) ?? []);
  return column;
}

function labelsOf({ pid, thread }: { pid: number | null; thread: number | null }): Labels {
  return {
    ...(pid === null ? {} : { pid: String(pid) }),
    ...(thread === null || thread === 0 ? {} : { thread: String(thread) }),
  };
}

function cacheRows(cache: ReportedCache): SeriesRow[] {
  const { stats, name, type, groups } = cache;
  if (stats === null || type === 'server') return [];
  const labels = { ...labelsOf(cache), cache: name, type };
  const row = (metric: string, value: number | null, more: Labels = {}): SeriesRow[] =>
    value === null ? [] : [{ name: `codoperf_cache_${metric}`, labels: { ...labels, ...more }, value }];
  return [
    ...cacheCounters.flatMap((each) => row(`${each}_total`, stats[each])),
    ...gauges.flatMap((each) => row(each, stats[each])),
    ...groups.flatMap(({ prefix, hits, misses, sets }) => [
      ...row('group_hits_total', hits, { group: prefix }),
      ...row('group_misses_total', misses, { group: prefix }),
      ...row('group_sets_total', sets, { group: prefix }),
    ]),
  ];
}

function functionRows(each: ReportedFunction): SeriesRow[] {
  const labels = { ...labelsOf(each), function: each.name };
  const row = (metric: string, value: number | null): SeriesRow[] =>
    value === null ? [] : [{ name: `codoperf_function_${metric}_total`, labels, value }];
  return [
    ...row('calls', each.calls),
    ...row('errors', each.errors),
    ...row('duration_seconds', each.duration_seconds),
    ...row('cpu_seconds', each.cpu_seconds),
    ...row('heap_bytes', each.heap_bytes),
  ];
}
