// JSON Schema 2020-12 in short words, and the parts that every result of codoperf has.

export const number = { type: 'number' };
export const text = { type: 'string' };
export const flag = { type: 'boolean' };
export const count = { type: 'integer', minimum: 0 };
export const time = { type: 'string', format: 'date-time' };
export const orNull = ({ type, ...rest }) => ({ type: [type, 'null'], ...rest });
export const list = (items) => ({ type: 'array', items });
export const oneOf = (...values) => ({ enum: values });
export const ref = (name) => ({ $ref: `#/$defs/${name}` });

/** An object with these keys, all of them always there, and no other. */
export const fixed = (properties, rest = {}) => ({
  type: 'object',
  ...rest,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/** An object whose keys are names from the host: devices, mount points, processes. */
export const named = (what, value, rest = {}) => ({
  type: 'object',
  ...rest,
  description: `By ${what}.`,
  additionalProperties: value,
});

export const nullable = (schema) => ({ anyOf: [schema, { type: 'null' }] });
export const mapValues = (keys, value) => Object.fromEntries(keys.map((key) => [key, value(key)]));

export const severity = oneOf('info', 'warning', 'critical');
export const status = oneOf('ok', 'info', 'warning', 'critical', 'unknown');

export const hostFacts = fixed({
  hostname: orNull(text),
  kernel: orNull(text),
  machine: orNull(text),
  cpus_online: orNull(count),
  memory_bytes: orNull(number),
  boot_time: orNull(time),
});

/** What codoperf itself cost; the ratio is of one core. */
export const overhead = fixed({ cpu_seconds: number, cpu_ratio: orNull(number), max_rss_bytes: number });

export const head = (title) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
});

/** A published schema as a generated file. */
export const schemaFile = (name, schema) => ({
  file: `schemas/${name}.schema.json`,
  text: `${JSON.stringify(schema, null, 2)}\n`,
});

/** A finding of any command; `resource` is the schema of its resource. */
export const finding = (resource) =>
  fixed({
    rule_id: text,
    severity,
    resource,
    subject: orNull(text),
    summary: text,
    evidence: list(fixed({ stat: text, value: orNull(number), unit: text, limit: orNull(number) })),
    recommendation: orNull(text),
  });
