/**
 * One option of the command line. The table of all options generates the parser, help, completion,
 * the reference page, the `CODOPERF_*` variables and the configuration schema.
 */

/** A plain value that an option, a variable or a configuration key can hold. */
export type OptionValue = string | number | boolean | readonly string[] | readonly number[];

/** What kind of text an option takes; each kind has one parser, one schema and one error text. */
export type OptionKind =
  | { readonly type: 'flag'; readonly negatable?: boolean }
  | {
      readonly type: 'number';
      readonly min: number;
      readonly max: number;
      readonly unit?: string;
      readonly integer?: boolean;
      /** The value must be greater than `min`, not equal to it. */
      readonly aboveMin?: boolean;
    }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'text'; readonly placeholder: string; readonly completes?: 'file' | 'directory' };

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
  readonly configurable?: boolean | 'environment';
}

/** The option's key in code: `monitor-type` is `monitorType`, `path.procfs` is `pathProcfs`. */
export function optionKey(name: string): string {
  return name.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The option's place in a configuration file: `['monitor_type']`, `['path', 'procfs']`. */
export function configPath(name: string): readonly string[] {
  return name.split('.').map((part) => part.replaceAll('-', '_'));
}

/** The option's environment variable: `CODOPERF_MONITOR_TYPE`, `CODOPERF_PATH_PROCFS`. */
export function variableName(name: string): string {
  return `CODOPERF_${name.replace(/[-.]/g, '_').toUpperCase()}`;
}
