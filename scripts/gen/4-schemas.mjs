// schemas/{monitor-stats,sample,once}.schema.json from the registry of sections: JSON Schema 2020-12 of what
// `monitor-stats` writes. A statistic that is added to a section is in them at once.
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
  schemaFile as file,
  status,
  text,
  time,
} from '../json-schema.mjs';

/** The figures of one statistic: of one sample, or of the window. */
const currentStat = ({ help, unit }) => ({ type: ['number', 'null'], description: `${help} Unit: ${unit}.` });
const windowStat = ({ help, unit }) => ({ ...ref(unit), description: help });

/** The figures of a statistic over the window, by its unit. */
const windowStats = (units) =>
  mapValues(units, (unit) =>
    fixed({
      unit: { const: unit },
      ...mapValues(['min', 'mean', 'p50', 'p95', 'p99', 'max', 'last'], () => orNull(number)),
      samples: count,
    }),
  );

const statsOf = ({ stats }, statSchema) => Object.fromEntries(stats.map((stat) => [stat.name, statSchema(stat)]));

function sectionSchema(section, statSchema) {
  const group = fixed(statsOf(section, statSchema));
  if (section.subject === undefined) return group;
  return named(section.subject, group);
}

/** `resources`: `null` where the monitor type leaves one out, and for a section that was not asked for. */
function resourcesSchema({ resources, sections }, statSchema, extra) {
  const one = (resource) => {
    const own = sections.filter((section) => section.resource === resource);
    const properties = { ...extra[resource] };
    for (const section of own) {
      if (section.key === '') Object.assign(properties, statsOf(section, statSchema));
      else properties[section.key] = nullable(sectionSchema(section, statSchema));
    }
    return resource === 'processes' ? fixed(properties) : nullable(fixed(properties));
  };
  return fixed(mapValues(resources, one));
}

const processUse = fixed({
  pid: count,
  command: text,
  ...mapValues(
    [
      'cpu_cores',
      'user_cores',
      'system_cores',
      'run_queue_wait_ratio',
      'resident_bytes',
      'read_bytes_per_second',
      'write_bytes_per_second',
      'major_faults_per_second',
      'threads',
      'open_fds',
    ],
    () => orNull(number),
  ),
  exited: flag,
});

const verdict = fixed({
  status,
  summary: text,
  resources: list(
    fixed({
      resource: oneOf('cpu', 'memory', 'disk', 'network', 'nodejs'),
      status,
      utilisation: text,
      saturation: text,
      errors: text,
      top: orNull(text),
    }),
  ),
});

const windowSchema = fixed({
  start: time,
  end: time,
  duration_seconds: number,
  interval_seconds: number,
  effective_interval_seconds: number,
  samples: count,
  missed: count,
  gaps: count,
  interrupted: flag,
});

const collector = (outcomeNames) =>
  fixed({
    name: text,
    success: flag,
    failure: orNull(text),
    duration_seconds: number,
    outcomes: { type: 'object', properties: mapValues(outcomeNames, () => count), additionalProperties: false },
  });

function reportProperties(parts, schemaName) {
  const { resources, monitorTypes, processOrders, outcomeNames } = parts;
  const tops = mapValues(
    processOrders.map((order) => `top_${order}`),
    () => list(ref('process')),
  );
  return {
    schema: { const: schemaName },
    version: text,
    monitor_type: oneOf(...monitorTypes),
    host: hostFacts,
    window: windowSchema,
    verdict,
    resources: resourcesSchema(parts, windowStat, { processes: { count: orNull(count), ...tops } }),
    findings: list(finding(oneOf(...resources))),
    collectors: list(collector(outcomeNames)),
    overhead,
  };
}

export default async function schemas({ load }) {
  const [section, registry, ledger, settings, outcome] = await Promise.all(
    [
      'src/report/section.ts',
      'src/report/sections.gen.ts',
      'src/report/process-ledger.ts',
      'src/cli/monitor-stats/settings.ts',
      'src/core/outcome.ts',
    ].map(load),
  );
  const parts = { ...section, ...registry, ...ledger, ...settings, ...outcome };
  const units = [...new Set(parts.sections.flatMap(({ stats }) => stats.map(({ unit }) => unit)))];
  const $defs = { process: processUse, ...windowStats(units) };
  const report = {
    ...head('The result of codoperf monitor-stats --format json.'),
    $defs,
    ...fixed(reportProperties(parts, 'codoperf/monitor-stats@1')),
  };
  const sample = {
    ...head('A line of codoperf monitor-stats --format ndjson: a sample each, then one summary.'),
    $defs: {
      ...$defs,
      sample: fixed({
        schema: { const: 'codoperf/sample@1' },
        t: time,
        elapsed_seconds: number,
        gap: flag,
        resources: resourcesSchema(parts, currentStat, {}),
      }),
      summary: fixed(reportProperties(parts, 'codoperf/summary@1')),
    },
    anyOf: [ref('sample'), ref('summary')],
  };
  const once = {
    ...head('The result of codoperf monitor-stats --once --format json: the series of one sample.'),
    ...fixed({
      schema: { const: 'codoperf/once@1' },
      series: list(
        fixed({
          name: { type: 'string', pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$' },
          labels: named('label', text),
          value: orNull(number),
        }),
      ),
    }),
  };
  return [file('monitor-stats', report), file('sample', sample), file('once', once)];
}
