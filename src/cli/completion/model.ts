/** What can follow what on the command line, drawn from the table of commands; each shell has a view of it. */
import type { OptionSpec } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { globalOptions, interval } from '../options.ts';
import { optionsOf } from '../program.ts';

/** What completes a value. */
export type Values = { readonly words: readonly string[] } | 'file' | 'directory' | 'any';

/** One spelling of an option. */
export interface CompletedOption {
  /** With dashes, the long one first. */
  readonly names: readonly string[];
  readonly help: string;
  /** What follows it; `undefined` for a flag. */
  readonly values: Values | undefined;
  readonly repeatable: boolean;
}

/** What can stand after the words of a command; the first one is the program itself. */
export interface CompletedCommand {
  /** As typed, without the program's name. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
  readonly positionals: readonly { readonly name: string; readonly values: Values }[];
}

const helpOption: CompletedOption = {
  names: ['--help', '-h'],
  help: 'Show this help.',
  values: undefined,
  repeatable: false,
};
const versionOption: CompletedOption = {
  names: ['--version', '-V'],
  help: 'Print the version.',
  values: undefined,
  repeatable: false,
};
const HELP_SUMMARY = 'Show the help of a command.';

/** The model of all commands. */
export function completionModel(commands: readonly Command[]): CompletedCommand[] {
  const names = commands.map(({ name }) => name);
  const top: CompletedCommand = {
    words: [],
    summary: '',
    options: [...[...globalOptions, interval].flatMap(completedOptions), helpOption, versionOption],
    subcommands: [...commands.map(({ name, summary }) => ({ name, summary })), { name: 'help', summary: HELP_SUMMARY }],
    positionals: [],
  };
  const help: CompletedCommand = {
    words: ['help'],
    summary: HELP_SUMMARY,
    options: [helpOption],
    subcommands: [],
    positionals: [{ name: 'command', values: { words: names } }],
  };
  return [top, ...commands.flatMap((command) => completedCommands(command, [])), help];
}

function completedCommands(command: Command, above: readonly string[]): CompletedCommand[] {
  const { name, summary, subcommands = [], positionals = [] } = command;
  const words = [...above, name];
  const specs = subcommands.length > 0 ? globalOptions : optionsOf(command);
  const own: CompletedCommand = {
    words,
    summary,
    options: [...specs.flatMap(completedOptions), helpOption],
    subcommands: subcommands.map((child) => ({ name: child.name, summary: child.summary })),
    positionals: positionals.map(({ syntax, choices }) => ({
      name: syntax.replace(/[<>[\].]/g, ''),
      values: choices === undefined ? 'file' : { words: choices },
    })),
  };
  return [own, ...subcommands.flatMap((child) => completedCommands(child, words))];
}

function completedOptions(spec: OptionSpec): CompletedOption[] {
  const { kind, name, short, help } = spec;
  const names = short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
  const repeatable = spec.repeatable === true;
  const own = { names, help, values: valuesOf(spec), repeatable };
  if (kind.type !== 'flag' || kind.negatable !== true) return [own];
  return [own, { names: [`--no-${name}`], help, values: undefined, repeatable }];
}

function valuesOf({ kind }: OptionSpec): Values | undefined {
  if (kind.type === 'flag') return undefined;
  if (kind.type === 'choice') return { words: kind.choices };
  return kind.type === 'text' ? (kind.completes ?? 'any') : 'any';
}
