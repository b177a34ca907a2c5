/**
 * The command tree of commander, made from the table of commands. commander parses, lays out help and
 * finds suggestions; what a value may be, and what an error says, is ours.
 */
import { Command as CommanderCommand, CommanderError, Help, Option } from 'commander';
import type { OptionSpec, OptionValue } from '../config/option.ts';
import { optionKey } from '../config/option.ts';
import { badOptionValue } from '../config/merge.ts';
import { BadValue, parseText, rangeOf } from '../config/value.ts';
import type { Command } from './command.ts';
import { globalOptions, interval } from './options.ts';
import { checkPositionals, unknownCommand, usageError } from './usage.ts';
import { version } from './version.ts';

/** A command to run, as the arguments named it. */
export interface Invocation {
  readonly command: Command;
  /** As typed, subcommands after a space: `config show`. */
  readonly name: string;
  /** Options by camelCase key that were given, before or after the command. */
  readonly flags: ReadonlyMap<string, OptionValue>;
  readonly positionals: readonly string[];
}

/** What the arguments ask for. */
export type Request =
  | { readonly kind: 'run'; readonly invocation: Invocation }
  | { readonly kind: 'print'; readonly text: string; readonly stream: 'stdout' | 'stderr'; readonly exitCode: number };

/** Help is laid out for this width everywhere, so that it can be rendered when the package is built. */
const HELP_COLUMNS = 80;
const DESCRIPTION = 'Performance monitor and cache manager for Linux hosts and Node.js services.';
const FOOTER = 'Run `codoperf help COMMAND` for the options of a command.';

/** Options that are also accepted before the command. */
const leadingOptions: readonly OptionSpec[] = [...globalOptions, interval];

/** All options of a command: its own, then the global ones. */
export function optionsOf(command: Command): readonly OptionSpec[] {
  const own = new Set(command.options.map(({ name }) => name));
  return [...command.options, ...globalOptions.filter(({ name }) => !own.has(name))];
}

/** Every command that runs, with the name as typed. */
export function leafCommands(commands: readonly Command[], prefix = ''): { name: string; command: Command }[] {
  return commands.flatMap((command) => {
    const name = prefix + command.name;
    return command.subcommands === undefined ? [{ name, command }] : leafCommands(command.subcommands, `${name} `);
  });
}

/** Reads the arguments. Throws a usage error of the catalogue. */
export function parseArguments(argv: readonly string[], commands: readonly Command[]): Request {
  const tree = new Tree(commands);
  return tree.parse(argv);
}

/** Help of the program (`''`) and of every command, by name as typed. */
export function helpPages(commands: readonly Command[]): Map<string, string> {
  return new Tree(commands).pages();
}

interface Level {
  readonly node: CommanderCommand;
  readonly options: readonly OptionSpec[];
}

class Tree {
  private readonly root: CommanderCommand;
  private readonly nodes = new Map<string, CommanderCommand>();
  private invocation: Invocation | undefined;
  private printed: { text: string; stream: 'stdout' | 'stderr' } = { text: '', stream: 'stdout' };

  constructor(commands: readonly Command[]) {
    this.root = this.prepare(new CommanderCommand('codoperf'), '', leadingOptions);
    this.root.description(DESCRIPTION).version(version, '-V, --version', 'Print the version.');
    this.root.helpCommand('help [command...]', 'Show the help of a command.');
    const levels = [{ node: this.root, options: leadingOptions }];
    for (const command of commands) this.add(command, levels, '');
    this.addHelpCommand(commands);
  }

  parse(argv: readonly string[]): Request {
    try {
      this.root.parse(argv, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      const { text, stream } = this.printed;
      const exitCode = error.code === 'commander.help' && stream === 'stderr' ? 2 : 0;
      return { kind: 'print', text, stream, exitCode };
    }
    return { kind: 'run', invocation: this.invocation as Invocation };
  }

  pages(): Map<string, string> {
    return new Map([...this.nodes].map(([name, node]) => [name, node.helpInformation()]));
  }

  private add(command: Command, parents: readonly Level[], prefix: string): void {
    const name = prefix + command.name;
    const own = command.subcommands === undefined ? optionsOf(command) : globalOptions;
    const node = this.prepare(new CommanderCommand(command.name), name, own);
    const levels = [...parents, { node, options: own }];
    node.description(command.summary).copyInheritedSettings(parents[parents.length - 1].node);
    this.settle(node, name, command.examples);
    parents[parents.length - 1].node.addCommand(node);
    for (const { syntax, help } of command.positionals ?? []) node.argument(syntax, help);
    for (const child of command.subcommands ?? []) this.add(child, levels, `${name} `);
    if (command.subcommands !== undefined) return;
    node.allowExcessArguments(true).action(() => {
      checkPositionals(command, name, node.args);
      const flags = collectFlags(levels, name);
      this.invocation = { command, name, flags, positionals: node.args };
    });
  }

  private prepare(node: CommanderCommand, name: string, options: readonly OptionSpec[]): CommanderCommand {
    this.settle(node, name, []);
    node.enablePositionalOptions();
    const global = new Set(globalOptions);
    for (const spec of options) {
      for (const option of commanderOptions(spec)) {
        node.addOption(name !== '' && global.has(spec) ? option.helpGroup('Global options:') : option);
      }
    }
    return node.helpOption('-h, --help', 'Show this help.');
  }

  private settle(node: CommanderCommand, name: string, examples: readonly string[]): void {
    this.nodes.set(name, node);
    node.exitOverride((error) => {
      throw usageError(error, name) ?? error;
    });
    node.configureOutput({
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      writeOut: (text) => this.print(text, 'stdout'),
      writeErr: (text) => this.print(text, 'stderr'),
      outputError: () => undefined,
    });
    node.configureHelp({
      optionTerm,
      optionDescription,
      formatHelp: (each, helper) => formatHelp(each, helper, name, examples),
    });
  }

  private print(text: string, stream: 'stdout' | 'stderr'): void {
    this.printed = { text: this.printed.text + text, stream };
  }

  /** commander's own help command falls back to the general help where a name has a slip. */
  private addHelpCommand(commands: readonly Command[]): void {
    const help = new CommanderCommand('help').argument('[command...]', 'Whose help to show.');
    help.copyInheritedSettings(this.root);
    this.settle(help, 'help', []);
    help.description('Show the help of a command.').helpOption('-h, --help', 'Show this help.');
    this.root.helpCommand(false).addCommand(help);
    help.action((words: string[]) => {
      const node = this.nodes.get(words.join(' '));
      if (node === undefined) throw unknownCommand(words, commands);
      node.outputHelp();
      throw new CommanderError(0, 'commander.helpDisplayed', '');
    });
  }
}

/** An option of ours as one of commander's, or two when it can be negated. */
function commanderOptions(spec: OptionSpec): Option[] {
  const { kind, name, short, repeatable } = spec;
  const start = short === undefined ? `--${name}` : `-${short}, --${name}`;
  if (kind.type === 'flag') {
    const option = new SpecOption(start, spec);
    return kind.negatable === true ? [option, new Option(`--no-${name}`).hideHelp()] : [option];
  }
  const option = new SpecOption(`${start} <${placeholder(spec)}>`, spec);
  option.argParser((text, before: OptionValue | undefined) => {
    const value = parseOption(spec, text);
    return repeatable === true ? ([...((before as string[] | undefined) ?? []), value] as OptionValue) : value;
  });
  return [option];
}

/** commander's option that remembers our row of the table. */
class SpecOption extends Option {
  readonly spec: OptionSpec;
  constructor(flags: string, spec: OptionSpec) {
    super(flags, spec.help);
    this.spec = spec;
  }
}

function placeholder({ kind, name }: OptionSpec): string {
  if (kind.type === 'text') return kind.placeholder;
  // A unit of several words (`% of one core`) is for the error text.
  if (kind.type === 'number') return kind.unit !== undefined && /^\w+$/.test(kind.unit) ? kind.unit : 'number';
  return name.slice(name.lastIndexOf('-') + 1);
}

function parseOption(spec: OptionSpec, text: string): string | number | boolean {
  try {
    return parseText(spec, text, `--${spec.name}`);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw badOptionValue(`--${spec.name}`, text, error);
  }
}

/** What was given at each level; the level nearer to the command wins. */
function collectFlags(levels: readonly Level[], name: string): Map<string, OptionValue> {
  const flags = new Map<string, OptionValue>();
  const known = new Set(levels[levels.length - 1].options.map((spec) => spec.name));
  for (const { node, options } of levels) {
    const given = node.opts<Record<string, OptionValue>>();
    for (const spec of options) {
      const attribute = new Option(`--${spec.name}`).attributeName();
      if (node.getOptionValueSource(attribute) !== 'cli') continue;
      if (!known.has(spec.name))
        throw usageError(new CommanderError(1, 'commander.unknownOption', `unknown option '--${spec.name}'`), name);
      flags.set(optionKey(spec.name), given[attribute]);
    }
  }
  return flags;
}

function optionTerm(option: Option): string {
  const negatable =
    option instanceof SpecOption && option.spec.kind.type === 'flag' && option.spec.kind.negatable === true;
  return negatable ? option.flags.replace('--', '--[no-]') : option.flags;
}

function optionDescription(option: Option): string {
  if (!(option instanceof SpecOption)) return option.description;
  const { kind, help, default: fallback } = option.spec;
  const extra: string[] = [];
  if (kind.type === 'choice') extra.push(kind.choices.join(', '));
  if (kind.type === 'number') extra.push(rangeOf(kind));
  if (fallback !== undefined && fallback !== false) extra.push(`default: ${String(fallback)}`);
  return extra.length === 0 ? help : `${help} (${extra.join('; ')})`;
}

function formatHelp(node: CommanderCommand, helper: Help, name: string, examples: readonly string[]): string {
  const text = Help.prototype.formatHelp.call(helper, node, helper);
  if (name === '') return `${text}\n${FOOTER}\n`;
  if (examples.length === 0) return text;
  return `${text}\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`;
}
