/**
 * The text of an option or a variable as a value, and in words what a value must be. The
 * configuration schema says the same of values that have a type already.
 */
import type { OptionKind, OptionSpec, OptionValue } from './option.ts';
import { didYouMean } from './suggest.ts';

/** Why a text is no value for an option, and what would be one. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

type NumberKind = Extract<OptionKind, { type: 'number' }>;

const DECIMAL = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const TRUE = ['1', 'true', 'yes', 'on'];
const FALSE = ['0', 'false', 'no', 'off'];

/** What a value of this kind must be: `must be a number of seconds from 0.01 to 86400`. */
export function expectation(kind: OptionKind): string {
  switch (kind.type) {
    case 'flag':
      return 'must be true or false';
    case 'choice':
      return `must be one of ${listed(kind.choices)}`;
    case 'text':
      return 'must be a text that is not empty';
    case 'number':
      return `must be a ${kind.integer === true ? 'whole number' : 'number'}${kind.unit === undefined ? '' : ` of ${kind.unit}`} ${rangeOf(kind)}`;
  }
}

/** `from 0.01 to 86400`, `above 0, up to 31536000`. */
export function rangeOf({ min, max, aboveMin }: NumberKind): string {
  return aboveMin === true ? `above ${min}, up to ${max}` : `from ${min} to ${max}`;
}

/** `a, b or c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items[items.length - 1]}`;
}

/** One text as one value. `label` is how the user names the option: `--interval`, `CODOPERF_INTERVAL`. */
export function parseText(spec: OptionSpec, text: string, label: string): string | number | boolean {
  const { kind } = spec;
  switch (kind.type) {
    case 'flag':
      return parseFlag(text, label);
    case 'choice':
      if (kind.choices.includes(text)) return text;
      throw new BadValue(`${expectation(kind)}${didYouMean(text, kind.choices)}`, `Give ${label} one of these.`);
    case 'text':
      if (text !== '' && !text.includes('\0')) return text;
      throw new BadValue(expectation(kind), `Give ${label} a ${kind.placeholder}, or leave it out.`);
    case 'number':
      return parseNumber(kind, text, label);
  }
}

/** A variable's text as the option's value; lists are separated by commas. */
export function parseVariable(spec: OptionSpec, text: string, label: string): OptionValue {
  if (spec.repeatable !== true) return parseText(spec, text, label);
  const values = text.split(',').map((part) => parseText(spec, part.trim(), label));
  return values as string[] | number[];
}

function parseFlag(text: string, label: string): boolean {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw new BadValue(`must be one of ${listed([...TRUE, ...FALSE])}`, `Set ${label} to 1 or 0, or unset it.`);
}

function parseNumber(kind: NumberKind, text: string, label: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const whole = kind.integer !== true || Number.isInteger(value);
  const { min, max } = kind;
  if (whole && (kind.aboveMin === true ? value > min : value >= min) && value <= max) return value;
  throw new BadValue(expectation(kind), numberFix(kind, text, value, label));
}

function numberFix(kind: NumberKind, text: string, value: number, label: string): string {
  const suffixed = /^(\d+(?:\.\d+)?)\s*([a-z%]+)$/i.exec(text);
  if (value > kind.max) return `Use ${label} ${kind.max} or less.`;
  if (value < kind.min || /^-\d/.test(text)) return lowest(kind, label);
  if (value === kind.min) return lowest(kind, label);
  if (text.startsWith('--')) return `Put a value between ${label} and ${text}.`;
  if (/^\d+,\d+$/.test(text)) return `Write the fraction with a point: ${label} ${text.replace(',', '.')}`;
  if (/^0[xob]/i.test(text))
    return `Write it in decimal: ${label} ${Number.isNaN(Number(text)) ? kind.max : Number(text)}`;
  if (suffixed !== null)
    return `Leave the unit out${kind.unit === undefined ? '' : ` (it is ${kind.unit})`}: ${label} ${suffixed[1]}`;
  return `Write it in plain digits, such as ${label} ${Math.max(kind.min, 1)}`;
}

function lowest(kind: NumberKind, label: string): string {
  return kind.aboveMin === true ? `Use a ${label} above ${kind.min}.` : `Use ${label} ${kind.min} or more.`;
}
