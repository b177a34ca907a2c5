/**
 * What a command is: one file in `cli/commands/` whose default export names it, lists its options and
 * loads its code only when it runs, so that `--help` stays as cheap as Node.js itself.
 */
import type { OptionSpec, OptionValue } from '../config/option.ts';
import type { Log } from './log.ts';
import type { Output } from './output.ts';
import type { Stop } from './signals.ts';

/**
 * Option values by camelCase name (`monitorType`, `pathProcfs`), after flags, environment, files and
 * defaults were merged. `undefined`: nobody set it and it has no default.
 */
export type OptionValues = Readonly<Record<string, OptionValue | undefined>>;

/** Where a command writes and what it may know of its surroundings; injected so that tests own them. */
export interface CommandIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current directory. */
  readonly cwd: string;
  /** Every command, for those that describe the others. */
  readonly commands: readonly Command[];
  /** Messages: stderr and the log file. */
  readonly log: Log;
  /** Asks the command to end early and still give a whole result. */
  readonly stop: Stop;
  /** Settings that only a configuration file can hold (`collectors`), checked by its schema. */
  readonly settings: Settings;
  /** Whether the process is ours: a host program that calls `main` keeps its own V8 settings. */
  readonly ownsProcess: boolean;
}

/** What a configuration file can hold beside options. */
export interface Settings {
  /** Collectors switched on or off by name. */
  readonly collectors?: Readonly<Record<string, boolean>>;
}

/** The default export of a file in `cli/commands/`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Positional arguments as commander writes them: `<file>`, `[command...]`. */
  readonly positionals?: readonly {
    readonly syntax: string;
    readonly help: string;
    /** The only values it takes; anything else is a usage error with a suggestion. */
    readonly choices?: readonly string[];
  }[];
  readonly options: readonly OptionSpec[];
  /** The command does not depend on configuration files, not even on broken ones. */
  readonly ignoresConfigFiles?: boolean;
  /** Shown at the end of `--help`; every one is run by a test. */
  readonly examples: readonly string[];
  /** Subcommands (`config check`); a command with some does nothing by itself. */
  readonly subcommands?: readonly Command[];
  /**
   * Runs the command and resolves to the exit code. Throws `CodoperfError` for anything a user can
   * mend. After SIGTERM and SIGHUP, `main` replaces the code by 143 and 129.
   */
  run?(options: OptionValues, positionals: readonly string[], io: CommandIo): Promise<number>;
}
