/** The value of each option and where it came from: flags > variables > files > defaults. */
import { CodoperfError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { LoadedConfig } from './load.ts';
import type { OptionSpec, OptionValue } from './option.ts';
import { optionKey, variableName } from './option.ts';
import { BadValue, parseText, parseVariable } from './value.ts';

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'flag'; readonly option: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'default' };

/** A value with its origin; `undefined` when nobody set it and it has no default. */
export interface Setting {
  readonly spec: OptionSpec;
  readonly value: OptionValue | undefined;
  readonly origin: Origin;
}

/** The sources of values, besides the defaults. */
export interface Sources {
  /** By camelCase key. */
  readonly flags: ReadonlyMap<string, OptionValue>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The strongest first. */
  readonly files: readonly LoadedConfig[];
}

/** The settings of a command, in the order of its options. Throws BAD_OPTION_VALUE for a variable. */
export function mergeSettings(command: string, options: readonly OptionSpec[], sources: Sources): Setting[] {
  return options.map((spec) => mergeOne(command, spec, sources));
}

function mergeOne(command: string, spec: OptionSpec, { flags, env, files }: Sources): Setting {
  const flag = flags.get(optionKey(spec.name));
  if (flag !== undefined) return { spec, value: flag, origin: { kind: 'flag', option: `--${spec.name}` } };
  const variable = readVariable(spec, env);
  if (variable !== undefined)
    return { spec, value: variable, origin: { kind: 'variable', name: variableName(spec.name) } };
  if (spec.configurable === undefined || spec.configurable === true) {
    for (const file of files) {
      const found = file.valueFor(command, spec);
      if (found !== undefined)
        return { spec, value: found.value, origin: { kind: 'file', path: file.path, line: found.line } };
    }
  }
  return { spec, value: spec.default, origin: { kind: 'default' } };
}

/** The value of the option's variable; an empty one counts as not set. */
export function readVariable(spec: OptionSpec, env: Sources['env']): OptionValue | undefined {
  if (spec.configurable === false) return undefined;
  const name = variableName(spec.name);
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  try {
    return parseVariable(spec, text, name);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw badOptionValue(name, text, error);
  }
}

/** A value that an option cannot have, as the error that the user sees. */
export function badOptionValue(option: string, value: string, { message, fix }: BadValue): CodoperfError {
  return new CodoperfError('BAD_OPTION_VALUE', { option, value: shorten(printable(value)), detail: message, fix });
}

/** The value itself when the option takes it: a program's values are checked as those of the command line. */
export function checkedValue<T extends string | number>(spec: OptionSpec, value: T): T {
  const label = `--${spec.name}`;
  try {
    parseText(spec, String(value), label);
    return value;
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw badOptionValue(label, String(value), error);
  }
}

const LONGEST_ECHO = 80;

function shorten(text: string): string {
  return text.length <= LONGEST_ECHO ? text : `${text.slice(0, LONGEST_ECHO - 1)}…`;
}

/** The origin in words: `--interval`, `CODOPERF_INTERVAL`, `./codoperf.config.yaml:3`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return origin.option;
    case 'variable':
      return origin.name;
    case 'file':
      return `${origin.path}:${origin.line}`;
    case 'default':
      return 'default';
  }
}
