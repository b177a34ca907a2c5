/** The options of `query`; those about a server are the same for every command that can ask one. */
import type { OptionSpec } from '../../config/option.ts';
import { duration } from '../options.ts';

/** A server that holds the series. */
const url: OptionSpec = {
  name: 'url',
  kind: { type: 'text', placeholder: 'url' },
  help: 'Ask this Prometheus-compatible server (Prometheus, VictoriaMetrics, Mimir, Thanos) instead of this host.',
};
/** One host of a fleet. */
const instance: OptionSpec = {
  name: 'instance',
  kind: { type: 'text', placeholder: 'name' },
  help: 'With --url: only the series of this host, by their label instance, with or without a port.',
  configurable: false,
};
/** Logins and tenants, which have no place on a command line. */
const headerFile: OptionSpec = {
  name: 'header-file',
  kind: { type: 'text', placeholder: 'file', completes: 'file' },
  help:
    "With --url: a file of HTTP headers, one a line, such as 'Authorization: Bearer …'. Variables: " +
    'CODOPERF_URL_TOKEN, or CODOPERF_URL_USER and CODOPERF_URL_PASSWORD.',
};
/** Patience with a server. */
export const timeout: OptionSpec = {
  name: 'timeout',
  kind: { type: 'number', min: 0.1, max: 3600, unit: 'seconds' },
  help: 'With --url: how long the server may take for an answer.',
  default: 30,
};
/** What every command that can ask a server takes. */
export const serverOptions: readonly OptionSpec[] = [url, instance, headerFile, timeout];

/** How long to collect. */
export const queryDuration: OptionSpec = {
  ...duration,
  help:
    'How long to collect before the answer (default: 10, or one sample for an expression that looks at nothing but ' +
    'the present).',
  default: undefined,
  configurable: false,
};
/** When. */
export const time: OptionSpec = {
  name: 'time',
  kind: { type: 'text', placeholder: 'time' },
  help: 'With --url: the moment to ask for, or the end of --range; RFC 3339 or Unix seconds (default: now).',
  configurable: false,
};
/** How far back. */
export const range: OptionSpec = {
  name: 'range',
  kind: { type: 'text', placeholder: 'duration' },
  help: 'Show the values over this time up to the end (30s, 1h30m), not only the last one.',
  configurable: false,
};
/** How finely. */
export const step: OptionSpec = {
  name: 'step',
  kind: { type: 'text', placeholder: 'duration' },
  help: 'Time between two values of a range (default: the interval, or about 240 values with --url).',
  configurable: false,
};
/** How to write it. */
export const queryFormat: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json', 'csv', 'chart'] },
  help: 'How to write the result; chart shows a range (default: by the extension of --output-file, else text).',
  configurable: false,
};
