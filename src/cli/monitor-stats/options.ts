/** The options that only `monitor-stats` has; the program and the library check their values with them. */
import type { OptionSpec } from '../../config/option.ts';

/** What to watch. */
export const monitorType: OptionSpec = {
  name: 'monitor-type',
  kind: { type: 'choice', choices: ['cpu', 'memory', 'disk', 'network', 'all'] },
  help: 'What to watch.',
  default: 'all',
};
/** How to write the result. */
export const format: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json', 'ndjson', 'csv', 'prometheus', 'sysstat-json'] },
  help: 'How to write the result (default: by the extension of --output-file, else text).',
};
/** One sample, raw. */
export const once: OptionSpec = {
  name: 'once',
  kind: { type: 'flag' },
  help: 'Show the raw series of a single sample instead of measuring over time (prometheus or json).',
  configurable: false,
};
/** What the monitor itself may cost. */
export const maxOverhead: OptionSpec = {
  name: 'max-overhead',
  kind: { type: 'number', min: 0.1, max: 100, unit: '% of one core' },
  help: 'CPU that codoperf itself may use; above it, the interval doubles.',
  default: 10,
};
