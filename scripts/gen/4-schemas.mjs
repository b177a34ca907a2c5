// schemas/{monitor-stats,sample,once}.schema.json from the registry of sections: JSON Schema 2020-12 of what
// `monitor-stats` writes. A statistic that is added to a section is in them at once.

const number = { type: 'number' };
const text = { type: 'string' };
const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', format: 'date-time' };
const orNull = ({ type, ...rest }) => ({ type: [type, 'null'], ...rest });
const list = (items) => ({ type: 'array', items });
const oneOf = (...values) => ({ enum: values });
const ref = (name) => ({ $ref: `#/$defs/${name}` });

/** An object with these keys, all of them always there, and no other. */
const fixed = (properties, rest = {}) => ({
  type: 'object',
  ...rest,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/** An object whose keys are names from the host: devices, mount points, processes. */
const named = (what, value, rest = {}) => ({
  type: 'object',
  ...rest,
  description: `By ${what}.`,
  additionalProperties: value,
});

const nullable = (schema) => ({ anyOf: [schema, { type: 'null' }] });
const mapValues = (keys, value) => Object.fromEntries(keys.map((key) => [key, value(key)]));

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

const severity = oneOf('info', 'warning', 'critical');
const status = oneOf('ok', 'info', 'warning', 'critical', 'unknown');

const finding = (resources) =>
  fixed({
    rule_id: text,
    severity,
    resource: oneOf(...resources),
    subject: orNull(text),
    summary: text,
    evidence: list(fixed({ stat: text, value: orNull(number), unit: text, limit: orNull(number) })),
    recommendation: orNull(text),
  });

const verdict = fixed({
  status,
  summary: text,
  resources: list(
    fixed({
      resource: oneOf('cpu', 'memory', 'disk', 'network'),
      status,
      utilisation: text,
      saturation: text,
      errors: text,
      top: orNull(text),
    }),
  ),
});

const hostFacts = fixed({
  hostname: orNull(text),
  kernel: orNull(text),
  machine: orNull(text),
  cpus_online: orNull(count),
  memory_bytes: orNull(number),
  boot_time: orNull(time),
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
    findings: list(finding(resources)),
    collectors: list(collector(outcomeNames)),
    overhead: fixed({ cpu_seconds: number, cpu_ratio: orNull(number), max_rss_bytes: number }),
  };
}

const head = (title) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
});

const file = (name, schema) => ({ file: `schemas/${name}.schema.json`, text: `${JSON.stringify(schema, null, 2)}\n` });

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
