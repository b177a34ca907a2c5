/**
 * What a command is: one file in `cli/commands/` whose default export names it, lists its options and
 * loads its code only when it runs, so that `--help` stays as cheap as Node.js itself.
 */
import type { OptionSpec, OptionValue } from '../config/option.ts';

/** Option values by camelCase name, after flags, environment, files and defaults were merged. */
export type OptionValues = Readonly<Record<string, OptionValue | undefined>>;

/** Where a command writes and what it may know of its surroundings; injected so that tests own them. */
export interface CommandIo {
  readonly stdout: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The default export of a file in `cli/commands/`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Positional arguments as commander writes them: `<file>`, `[command...]`. */
  readonly positionals?: readonly { readonly syntax: string; readonly help: string }[];
  readonly options: readonly OptionSpec[];
  /** Shown at the end of `--help`; every one is run by a test. */
  readonly examples: readonly string[];
  /** Subcommands (`config check`); a command with some does nothing by itself. */
  readonly subcommands?: readonly Command[];
  /** Runs the command and resolves to the exit code. Throws `CodoperfError` for anything a user can mend. */
  run?(options: OptionValues, positionals: readonly string[], io: CommandIo): Promise<number>;
}
