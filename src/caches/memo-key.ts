/**
 * The default key of a memoized call: the list of its arguments, told apart as `===` and `JSON` together would, so that
 * `1` is not `"1"` and `{a, b}` is `{b, a}`.
 *
 * Keyed are: primitives but symbols, `Date`s, and arrays and plain objects of those, without cycles and at most 32
 * deep. Not keyed are functions, symbols, class instances, `Map`s, promises and buffers, because two of them that look
 * alike may differ.
 */

/** Ahead of a key that is made of several parts; a text that begins so is made of parts too. */
const MARK = '\u0000';
const MAX_DEPTH = 32;

class CannotKey extends Error {}

/** The key of a call, or `undefined` when its arguments cannot be keyed. */
export function defaultKey(parameters: readonly unknown[]): unknown {
  if (parameters.length === 1) {
    const [only] = parameters;
    // Most calls: a text or a number is its own key.
    if (typeof only === 'number' || (typeof only === 'string' && !only.startsWith(MARK))) return only;
  }
  try {
    return MARK + parameters.map((each) => encode(each, 0)).join(',');
  } catch (error) {
    if (error instanceof CannotKey) return undefined;
    throw error;
  }
}

function encode(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new CannotKey();
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      return value === null ? 'null' : encodeObject(value, depth + 1);
    default:
      throw new CannotKey();
  }
}

function encodeObject(value: object, depth: number): string {
  if (Array.isArray(value)) return `[${value.map((each) => encode(each, depth)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return `Date(${(value as Date).getTime()})`;
  if (prototype !== Object.prototype && prototype !== null) throw new CannotKey();
  if (Object.getOwnPropertySymbols(value).length > 0) throw new CannotKey();
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${encode(each, depth)}`);
  return `{${fields.sort().join(',')}}`;
}
