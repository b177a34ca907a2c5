/** Checks for what came over a socket: every reader gives a value of its type within bounds, or throws `BadReply`. */
import type { ConfigValue } from '../../core/cache.ts';

/** Longer texts are cut: a name is for people. */
const LONGEST_TEXT = 512;
const DEEPEST_CONFIG = 5;
const MOST_IN_CONFIG = 2000;

/** A peer sent something else than it should have; `message` says what. */
export class BadReply extends Error {
  override readonly name = 'BadReply';
}

/** Properties by name, none of them trusted. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value that reads the item `what` of a list or a field. */
export type ReadValue<T> = (value: unknown, what: string) => T;

/** An object that is no list. */
export function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadReply(`${what} is no object`);
  return value as Fields;
}

/** A text, cut to 512 characters. */
export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new BadReply(`${what} is no text`);
  return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT - 1)}…`;
}

/** A finite number. */
export function finite(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new BadReply(`${what} is no number`);
  return value;
}

/** A number from 0 to 2^53 without a fraction: a pid, a thread, a count. */
export function whole(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new BadReply(`${what} is no whole number`);
  }
  return value;
}

/** What `read` takes, or `null` when it is not known. */
export function orNull<T>(read: ReadValue<T>): ReadValue<T | null> {
  return (value, what) => (value === null ? null : read(value, what));
}

/** One of these words. */
export function oneOf<const T extends string>(words: readonly T[]): ReadValue<T> {
  return (value, what) => {
    const word = words.find((each) => each === value);
    if (word === undefined) throw new BadReply(`${what} is none of ${words.join(', ')}`);
    return word;
  };
}

/** A list of at most `most` items. */
export function list<T>(value: unknown, what: string, most: number, read: ReadValue<T>): T[] {
  if (!Array.isArray(value)) throw new BadReply(`${what} is no list`);
  if (value.length > most) throw new BadReply(`${what} has ${value.length} items, and at most ${most} are taken`);
  return value.map((item: unknown) => read(item, what));
}

/** Settings: JSON of little depth and size. `__proto__` is left out, as assigning it would do more than that. */
export function config(value: unknown, what: string): Record<string, ConfigValue> {
  let left = MOST_IN_CONFIG;
  const read = (item: unknown, depth: number): ConfigValue => {
    if (--left < 0) throw new BadReply(`${what} has more than ${MOST_IN_CONFIG} values`);
    if (item === null || typeof item === 'boolean') return item;
    if (typeof item === 'number') return finite(item, what);
    if (typeof item === 'string') return text(item, what);
    if (depth > DEEPEST_CONFIG) throw new BadReply(`${what} is nested more than ${DEEPEST_CONFIG} deep`);
    if (Array.isArray(item)) return item.map((each: unknown) => read(each, depth + 1));
    const entries = Object.entries(fields(item, what)).filter(([key]) => key !== '__proto__');
    return Object.fromEntries(entries.map(([key, each]) => [text(key, what), read(each, depth + 1)]));
  };
  return read(fields(value, what), 0) as Record<string, ConfigValue>;
}
