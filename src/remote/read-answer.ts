/** Prometheus's JSON, believed in nothing: whatever is not exactly of its form is refused, and only its fields are kept. */
import type { Metric, QueryResult, Sample } from '../core/querier.ts';
import type { Refusal } from './read-failure.ts';

/** The answer is not of the form that the API promises; the message says what is wrong. */
export class StrangeAnswer extends Error {
  override readonly name = 'StrangeAnswer';
}

const MAX_TEXT = 500;
const MAX_NOTES = 20;
const VALUE = /^(?:NaN|[+-]?Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

/** The JSON object of a body, or `undefined` when it is none. */
export function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // HTML, or cut off.
  }
}

/** What the object says of an error, if it says so. */
export function refusalIn(answer: Readonly<Record<string, unknown>>): Refusal | undefined {
  const { status, errorType, error, message } = answer;
  const text = error ?? message;
  if ((status !== 'error' && text === undefined) || status === 'success') return undefined;
  const shortened = (each: unknown): string => (typeof each === 'string' ? each.slice(0, MAX_TEXT) : '');
  return { errorType: shortened(errorType), message: shortened(text) || 'it gives no reason' };
}

/** The result of a query. Throws `StrangeAnswer`. */
export function queryResultIn({ status, data, ...rest }: Readonly<Record<string, unknown>>): QueryResult {
  if (status !== 'success' || !isObject(data)) throw new StrangeAnswer('its JSON is not that of a query');
  const warnings = notes(rest.warnings);
  const infos = notes(rest.infos);
  // VictoriaMetrics and Thanos say so when some of their nodes did not answer.
  if (rest.isPartial === true) warnings.push('the answer is partial: some parts of the server did not answer');
  const { resultType, result } = data;
  switch (resultType) {
    case 'scalar':
    case 'string':
      return { resultType, result: sample(result, resultType === 'string'), warnings, infos };
    case 'vector': {
      const { kept, left } = seriesIn(result, 'value', (value) => sample(value));
      return { resultType, result: kept, warnings: [...warnings, ...left], infos };
    }
    case 'matrix': {
      const { kept, left } = seriesIn(result, 'values', samples);
      return { resultType, result: kept, warnings: [...warnings, ...left], infos };
    }
    default:
      throw new StrangeAnswer(`a result of the type ${JSON.stringify(resultType)?.slice(0, 40)}`);
  }
}

/** Series with what they hold under `key`; native histograms, which have other keys, are left out and counted. */
function seriesIn<K extends string, T>(
  result: unknown,
  key: K,
  read: (held: unknown) => T,
): { kept: ({ readonly metric: Metric } & Readonly<Record<K, T>>)[]; left: string[] } {
  if (!Array.isArray(result)) throw new StrangeAnswer('a result that is no list');
  let left = 0;
  const kept: ({ readonly metric: Metric } & Readonly<Record<K, T>>)[] = [];
  for (const each of result as unknown[]) {
    if (!isObject(each)) throw new StrangeAnswer('a series that is no object');
    const metric = labels(each.metric);
    if (key in each) kept.push({ metric, [key]: read(each[key]) } as (typeof kept)[number]);
    else if ('histogram' in each || 'histograms' in each) left++;
    else throw new StrangeAnswer(`a series without ${key}`);
  }
  return { kept, left: left === 0 ? [] : [`${left} series are native histograms, which are left out`] };
}

function labels(metric: unknown): Metric {
  if (!isObject(metric)) throw new StrangeAnswer('a series without labels');
  const entries = Object.entries(metric).map(([name, value]): [string, string] => {
    if (typeof value !== 'string')
      throw new StrangeAnswer(`a label ${JSON.stringify(name.slice(0, 40))} that is no text`);
    return [name, value];
  });
  return Object.fromEntries(entries);
}

function samples(list: unknown): Sample[] {
  if (!Array.isArray(list)) throw new StrangeAnswer('samples that are no list');
  return (list as unknown[]).map((each) => sample(each));
}

function sample(pair: unknown, anyText = false): Sample {
  const [time, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
  if (typeof time !== 'number' || typeof value !== 'string' || !(anyText || VALUE.test(value)))
    throw new StrangeAnswer(`a sample ${JSON.stringify(pair)?.slice(0, 60)}`);
  return [time, value];
}

function notes(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  const texts = (list as unknown[]).filter((each) => typeof each === 'string');
  return texts.slice(0, MAX_NOTES).map((text) => text.slice(0, MAX_TEXT));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
