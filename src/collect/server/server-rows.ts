/** The series of a cache server, under the names of the exporter that everybody has. */
import type { ServerSample } from '../../core/cache.ts';
import type { TableSpec } from '../../core/metric.ts';
import type { SeriesRow } from '../../core/series.ts';
import { memcachedRows } from './memcached-rows.ts';
import { memcachedTables } from './memcached-tables.ts';
import { redisRows } from './redis-rows.ts';
import { redisTables } from './redis-tables.ts';

/** The tables that the series are of, for types, units and the reference. */
export const serverTables: Readonly<Record<'redis' | 'memcached', readonly TableSpec[]>> = {
  redis: redisTables,
  memcached: memcachedTables,
};

/**
 * Every known figure of a sample, raw. `config` (`CacheServer.config()`) adds what the exporters take from there;
 * without a sample the server did not answer, which is a series too.
 */
export function serverRows(
  kind: 'redis' | 'memcached',
  sample: ServerSample | null,
  config?: Readonly<Record<string, string>>,
): Iterable<SeriesRow> {
  if (sample === null) return [{ name: `${kind}_up`, labels: {}, value: 0 }];
  return kind === 'redis' ? redisRows(sample, config) : memcachedRows(sample, config);
}
