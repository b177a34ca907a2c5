// schemas/{cache-info,run}.schema.json: what `cache-info --format json` and `run --format json` write.
import {
  count,
  finding,
  fixed,
  flag,
  head,
  hostFacts,
  list,
  mapValues,
  named,
  nullable,
  number,
  oneOf,
  orNull,
  overhead,
  ref,
  schemaFile,
  severity,
  text,
  time,
} from '../json-schema.mjs';

const windowSchema = fixed({
  start: time,
  end: time,
  duration_seconds: number,
  interval_seconds: number,
  samples: count,
  missed: count,
  interrupted: flag,
});

const advice = fixed({
  rule_id: text,
  severity,
  summary: text,
  value: text,
  reason: text,
  source: text,
  command: orNull(text),
});

const derived = [
  'hit_ratio',
  'lookups_per_second',
  'evictions_per_second',
  'window_seconds',
  'load_mean_seconds',
  'hit_mean_seconds',
];

/** Settings and details differ from kind to kind: any JSON value by name. */
const anything = (what) => named(what, {});

const cache = ({ cacheTypes, unknownStats }) =>
  fixed({
    type: oneOf(...cacheTypes),
    name: text,
    kind: text,
    pid: orNull(count),
    thread: orNull(count),
    stats: nullable(fixed(mapValues([...Object.keys(unknownStats()), ...derived], () => orNull(number)))),
    config: anything('setting'),
    groups: list(fixed({ prefix: text, hits: count, misses: count, sets: count })),
    key_groups: nullable(
      list(
        fixed({
          prefix: text,
          sampled: count,
          ...mapValues(
            ['keys_estimate', 'memory_bytes_estimate', 'without_ttl_ratio', 'ttl_p50_seconds', 'ttl_p95_seconds'],
            () => orNull(number),
          ),
        }),
      ),
    ),
    detail: anything('name'),
    notes: list(text),
    advice: list(advice),
  });

const measured = fixed({
  name: text,
  pid: count,
  thread: count,
  calls: count,
  errors: count,
  duration_seconds: number,
  mean_seconds: orNull(number),
  max_seconds: number,
  cpu_seconds: orNull(number),
  heap_bytes: orNull(number),
});

const cleared = ({ cacheTypes }) =>
  fixed({
    type: oneOf(...cacheTypes),
    name: text,
    pid: orNull(count),
    entries_before: orNull(count),
    entries_after: orNull(count),
    bytes_freed: orNull(number),
  });

const process = fixed({
  pid: count,
  name: text,
  command: orNull(text),
  node: orNull(text),
  state: oneOf('answered', 'silent', 'refused', 'vanished', 'hostile', 'denied'),
  reason: orNull(text),
  silent_threads: list(count),
});

const figures = (...names) => mapValues(names, () => orNull(number));

const http = nullable(
  fixed({ requests: count, errors: count, aborted: count, ...figures('mean_seconds', 'p99_seconds', 'in_flight') }),
);

const thread = fixed({
  thread: count,
  name: text,
  state: oneOf('answered', 'silent', 'bare'),
  loop: fixed(figures('active_ratio', 'delay_p50_seconds', 'delay_p99_seconds', 'delay_max_seconds')),
  gc: fixed(figures('pauses', 'seconds', 'ratio')),
  ...figures('heap_used_bytes', 'heap_limit_bytes'),
  http_server: http,
  http_client: http,
});

const runProcess = fixed({
  pid: count,
  name: text,
  node: text,
  cluster: orNull(text),
  at_exit: flag,
  ...figures('duration_seconds', 'cpu_seconds', 'resident_bytes', 'threadpool_max_seconds'),
  threads: list(thread),
  caches: list(ref('cache')),
  functions: list(ref('function')),
});

export default async function schemas({ load }) {
  const model = await load('src/core/cache.ts');
  const $defs = { cache: cache(model), function: measured };
  const tail = { notes: list(text), findings: list(finding({ const: 'caches' })), overhead };
  const cacheInfo = {
    ...head('The result of codoperf cache-info --format json.'),
    $defs,
    ...fixed({
      schema: { const: 'codoperf/cache-info@1' },
      version: text,
      cache_type: oneOf(...model.cacheTypes, 'all'),
      host: hostFacts,
      window: windowSchema,
      processes: list(process),
      unwatched: list(fixed({ pid: count, name: text })),
      caches: list(ref('cache')),
      functions: list(ref('function')),
      cleared: nullable(list(cleared(model))),
      would_clear: nullable(list(cleared(model))),
      ...tail,
    }),
  };
  const run = {
    ...head('The result of codoperf run --format json.'),
    $defs,
    ...fixed({
      schema: { const: 'codoperf/run@1' },
      version: text,
      host: hostFacts,
      command: list(text),
      exit_code: orNull(count),
      signal: orNull(text),
      window: windowSchema,
      processes: list(runProcess),
      ...tail,
    }),
  };
  return [schemaFile('cache-info', cacheInfo), schemaFile('run', run)];
}
