/**
 * One option of the command line. The table of all options generates the parser, help, completion,
 * the reference page, the `CODOPERF_*` variables and the configuration schema.
 */

/** A plain value that an option, a variable or a configuration key can hold. */
export type OptionValue = string | number | boolean | readonly string[] | readonly number[];

/** What kind of text an option takes; each kind has one parser, one schema and one error text. */
export type OptionKind =
  | { readonly type: 'flag'; readonly negatable?: boolean }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly unit?: string; readonly integer?: boolean }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'text'; readonly placeholder: string };

/** One row of the option table. */
export interface OptionSpec {
  /** Long name without dashes: `monitor-type`; camelCase in code, snake_case in files, CODOPERF_MONITOR_TYPE in the environment. */
  readonly name: string;
  readonly short?: string;
  readonly kind: OptionKind;
  readonly help: string;
  readonly default?: OptionValue;
  /** May be given several times; the value is a list. */
  readonly repeatable?: boolean;
  /** Whether a configuration file and the environment may set it (not `--once`, not `--since`). Default: true. */
  readonly configurable?: boolean;
}
