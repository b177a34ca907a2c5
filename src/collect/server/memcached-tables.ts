/**
 * The series of a Memcached, under the names, labels and types of memcached_exporter: some gauges are counters there.
 * https://github.com/prometheus/memcached_exporter, pkg/exporter/exporter.go
 */
import type { Column, TableSpec, Unit } from '../../core/metric.ts';

/** A series and the field of `stats`, or of one of its parts, that it shows. */
export interface StatColumn extends Column {
  readonly field: string;
}

function unitOf(metric: string): Unit {
  if (/_bytes(_total|_fragmented|_limit|_used|_read|_written|_evicted)?(_total)?$/.test(metric)) return 'bytes';
  return /_seconds(_total)?$/.test(metric) ? 'seconds' : 'count';
}

function figures(type: Column['type'], part: string, text: string): StatColumn[] {
  return text
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const [field, name = field] = pair.split('=');
      const metric = `memcached_${name}`;
      return { field, metric, type, unit: unitOf(metric), help: `\`${field}\` of \`${part}\`.` };
    });
}

/** Fields of `stats`. */
export const statColumns: readonly StatColumn[] = [
  ...figures(
    'counter',
    'stats',
    `uptime=uptime_seconds bytes_read=read_bytes_total bytes_written=written_bytes_total
    total_connections=connections_total rejected_connections=connections_rejected_total
    conn_yields=connections_yielded_total listen_disabled_num=connections_listener_disabled_total
    total_items=items_total evictions=items_evicted_total reclaimed=items_reclaimed_total
    store_too_large=item_too_large_total store_no_memory=item_no_memory_total direct_reclaims=direct_reclaims_total
    lru_crawler_starts=lru_crawler_starts_total crawler_items_checked=lru_crawler_items_checked_total
    crawler_reclaimed=lru_crawler_reclaimed_total moves_to_cold=lru_crawler_moves_to_cold_total
    moves_to_warm=lru_crawler_moves_to_warm_total moves_within_lru=lru_crawler_moves_within_lru_total`,
  ),
  ...figures(
    'gauge',
    'stats',
    `time=time_seconds bytes=current_bytes limit_maxbytes=limit_bytes curr_items=current_items
    curr_connections=current_connections accepting_conns=accepting_connections`,
  ),
];

/** CPU time, which is written as seconds, a point, microseconds. */
export const cpuColumns: readonly StatColumn[] = figures(
  'counter',
  'stats',
  'rusage_user=process_user_cpu_seconds_total rusage_system=process_system_cpu_seconds_total',
);

/** Fields of `stats` of a server with external storage. */
export const extstoreColumns: readonly StatColumn[] = [
  ...figures(
    'counter',
    'stats',
    `extstore_compact_lost=extstore_compact_lost_total extstore_compact_rescues=extstore_compact_rescued_total
    extstore_compact_skipped=extstore_compact_skipped_total extstore_page_allocs=extstore_pages_allocated_total
    extstore_page_evictions=extstore_pages_evicted_total extstore_page_reclaims=extstore_pages_reclaimed_total
    extstore_objects_evicted=extstore_objects_evicted_total extstore_objects_read=extstore_objects_read_total
    extstore_objects_written=extstore_objects_written_total extstore_bytes_evicted=extstore_bytes_evicted_total
    extstore_bytes_written=extstore_bytes_written_total extstore_bytes_read=extstore_bytes_read_total
    extstore_bytes_used`,
  ),
  ...figures(
    'gauge',
    'stats',
    `extstore_pages_free extstore_pages_used extstore_objects_used extstore_bytes_fragmented
    extstore_limit_maxbytes=extstore_bytes_limit extstore_io_queue=extstore_io_queue_depth`,
  ),
];

/** Fields of `stats` of a server that is a proxy. */
export const proxyColumns: readonly StatColumn[] = [
  ...figures(
    'counter',
    'stats',
    `proxy_conn_requests=proxy_conn_requests_total proxy_conn_errors=proxy_conn_errors_total
    proxy_conn_oom=proxy_conn_oom_total proxy_config_reloads=proxy_config_reloads_total
    proxy_config_reload_fails=proxy_config_reload_fails_total proxy_config_cron_runs=proxy_config_cron_runs_total
    proxy_config_cron_fails=proxy_config_cron_fails_total proxy_backend_marked_bad=proxy_backend_marked_bad_total
    proxy_request_failed_depth=proxy_request_failed_depth_total round_robin_fallback=round_robin_fallback_total
    unexpected_napi_ids=unexpected_napi_ids_total`,
  ),
  ...figures('gauge', 'stats', 'proxy_req_active proxy_backend_total proxy_backend_failed'),
];

/** Fields of `stats settings` that are numbers. */
export const limitColumns: readonly StatColumn[] = figures('gauge', 'stats settings', 'maxconns=max_connections');

/** Fields of `stats settings` about the crawler, shown while it is on. */
export const crawlerColumns: readonly StatColumn[] = figures(
  'gauge',
  'stats settings',
  `lru_crawler=lru_crawler_enabled lru_crawler_sleep lru_crawler_tocrawl=lru_crawler_to_crawl
  lru_maintainer_thread=lru_crawler_maintainer_thread hot_lru_pct=lru_crawler_hot_percent
  warm_lru_pct=lru_crawler_warm_percent hot_max_factor=lru_crawler_hot_max_factor
  warm_max_factor=lru_crawler_warm_max_factor`,
);

/** Fields of `stats items`, for each slab class. */
export const itemColumns: readonly StatColumn[] = [
  ...figures(
    'gauge',
    'stats items',
    `number=slab_current_items age=slab_items_age_seconds number_hot=slab_hot_items number_warm=slab_warm_items
    number_cold=slab_cold_items number_temp=slab_temporary_items age_hot=slab_hot_age_seconds
    age_warm=slab_warm_age_seconds`,
  ),
  ...figures(
    'counter',
    'stats items',
    `crawler_reclaimed=slab_items_crawler_reclaimed_total evicted=slab_items_evicted_total
    evicted_nonzero=slab_items_evicted_nonzero_total evicted_time=slab_items_evicted_time_seconds
    evicted_unfetched=slab_items_evicted_unfetched_total expired_unfetched=slab_items_expired_unfetched_total
    outofmemory=slab_items_outofmemory_total reclaimed=slab_items_reclaimed_total
    tailrepairs=slab_items_tailrepairs_total mem_requested=slab_mem_requested_bytes
    moves_to_cold=slab_items_moves_to_cold moves_to_warm=slab_items_moves_to_warm
    moves_within_lru=slab_items_moves_within_lru`,
  ),
];

/** Fields of `stats slabs`, for each slab class. */
export const slabColumns: readonly StatColumn[] = figures(
  'gauge',
  'stats slabs',
  `chunk_size=slab_chunk_size_bytes chunks_per_page=slab_chunks_per_page total_pages=slab_current_pages
  total_chunks=slab_current_chunks used_chunks=slab_chunks_used free_chunks=slab_chunks_free
  free_chunks_end=slab_chunks_free_end mem_requested=slab_mem_requested_bytes`,
);

/** Memory of all slabs, which `stats slabs` tells once. */
export const mallocedColumn: Column = {
  metric: 'memcached_malloced_bytes',
  type: 'gauge',
  unit: 'bytes',
  help: '`total_malloced` of `stats slabs`.',
};

const counter = (metric: string, help: string): Column => ({ metric, type: 'counter', unit: 'count', help });
const gauge = (metric: string, help: string): Column => ({ metric, type: 'gauge', unit: 'count', help });

/** Requests by command and by what came of them. */
export const commandColumn = counter(
  'memcached_commands_total',
  'Requests by command and status: hit, miss, badval. A set counts as a hit, and not when it was a cas.',
);
/** The same by slab class. */
export const slabCommandColumn = counter('memcached_slab_commands_total', 'Requests that met items of the slab class.');
/** Hits by slab class and by the part of its LRU. */
export const lruHitColumn = counter('memcached_slab_lru_hits_total', 'Hits by part of the LRU.');
/** Whether it answered. */
export const upColumn = gauge('memcached_up', 'Whether the server answered.');
/** Which version it is. */
export const versionColumn: Column = {
  ...gauge('memcached_version', 'Always 1; the label has the version.'),
  unit: 'info',
};

/** Every table of a Memcached. */
export const memcachedTables: readonly TableSpec[] = [
  {
    name: 'server',
    labels: [],
    columns: [
      upColumn,
      ...statColumns,
      ...cpuColumns,
      mallocedColumn,
      ...limitColumns,
      ...crawlerColumns,
      ...extstoreColumns,
      ...proxyColumns,
    ],
  },
  { name: 'version', labels: ['version'], columns: [versionColumn] },
  { name: 'command', labels: ['command', 'status'], columns: [commandColumn] },
  {
    name: 'slab',
    labels: ['slab'],
    columns: [...itemColumns, ...slabColumns.filter(({ field }) => field !== 'mem_requested')],
  },
  { name: 'slab_command', labels: ['slab', 'command', 'status'], columns: [slabCommandColumn] },
  { name: 'slab_lru', labels: ['slab', 'lru'], columns: [lruHitColumn] },
];
