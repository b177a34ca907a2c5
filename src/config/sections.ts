/** How options are laid out in a configuration file; without the schema, which costs more to load. */
import type { OptionSpec } from './option.ts';

/** A command as its configuration sees it. */
export interface CommandOptions {
  /** As typed, subcommands after a space: `monitor-stats`, `config show`. */
  readonly name: string;
  readonly options: readonly OptionSpec[];
}

/** The section of a command: `monitor_stats`. */
export function sectionName(command: string): string {
  return command.replace(/[- ]/g, '_');
}

/** The options that a file may set. */
export function fileOptions(options: readonly OptionSpec[]): OptionSpec[] {
  return options.filter(({ configurable }) => configurable === undefined || configurable === true);
}
