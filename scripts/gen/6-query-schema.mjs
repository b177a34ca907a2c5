// schemas/query.schema.json: what `query --format json` writes.
import {
  count,
  fixed,
  flag,
  head,
  hostFacts,
  list,
  named,
  number,
  oneOf,
  orNull,
  overhead,
  ref,
  schemaFile,
  text,
  time,
} from '../json-schema.mjs';

const metric = named('label', text);
/** Unix seconds, and the value as text. */
const sample = { type: 'array', prefixItems: [number, text], minItems: 2, maxItems: 2 };

/** Prometheus's `data` object. https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
const dataOf = (resultType, result) => fixed({ resultType: { const: resultType }, result });
const data = {
  anyOf: [
    dataOf('scalar', ref('sample')),
    dataOf('string', ref('sample')),
    dataOf('vector', list(fixed({ metric, value: ref('sample') }))),
    dataOf('matrix', list(fixed({ metric, values: list(ref('sample')) }))),
  ],
};

export default function schemas() {
  const report = {
    ...head('The result of codoperf query --format json.'),
    $defs: { sample },
    ...fixed({
      schema: { const: 'codoperf/query@1' },
      version: text,
      expression: text,
      source: fixed({
        kind: oneOf('live', 'server'),
        url: orNull(text),
        instance: orNull(text),
        product: orNull(text),
        version: orNull(text),
      }),
      host: hostFacts,
      window: fixed({
        start: time,
        end: time,
        duration_seconds: number,
        interval_seconds: number,
        samples: count,
        missed: count,
        interrupted: flag,
      }),
      data,
      warnings: list(text),
      infos: list(text),
      notes: list(text),
      findings: { type: 'array', maxItems: 0 },
      overhead,
    }),
  };
  return [schemaFile('query', report)];
}
