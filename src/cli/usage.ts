/** What was wrong with the arguments, as errors of the catalogue that say how to put it right. */
import type { CommanderError } from 'commander';
import { didYouMean } from '../config/suggest.ts';
import { listed } from '../config/value.ts';
import { CodoperfError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { Command } from './command.ts';

/** Longer arguments are shown in part: an error is read on a screen. */
const LONGEST_ECHO = 80;

/** An argument as an error may show it: one line, no control characters, not endless. */
function echo(argument: string): string {
  const text = printable(argument);
  return text.length <= LONGEST_ECHO ? text : `${text.slice(0, LONGEST_ECHO - 1)}…`;
}

/** commander's complaint about the command `name` (`''`: the program), or `undefined` when it is help or the version. */
export function usageError(error: CommanderError, name: string): CodoperfError | undefined {
  const program = name === '' ? 'codoperf' : `codoperf ${name}`;
  const { message } = error;
  const quoted = /'(.*)'/s.exec(message.replace(/\n\(Did you mean [^\n]*$/, ''))?.[1] ?? '';
  const suggestion = suggestionOf(message, error.code === 'commander.unknownCommand' && name !== '' ? `${name} ` : '');
  switch (error.code) {
    case 'commander.unknownOption':
      if (name !== '' && /^(-i.*|--interval(=.*)?)$/s.test(quoted))
        return new CodoperfError('INTERVAL_WITHOUT_USE', { command: name });
      return new CodoperfError('UNKNOWN_OPTION', { option: echo(quoted), suggestion, program });
    case 'commander.unknownCommand':
      return new CodoperfError('UNKNOWN_COMMAND', {
        command: echo(name === '' ? quoted : `${name} ${quoted}`),
        suggestion,
        program,
      });
    case 'commander.optionMissingArgument':
      return new CodoperfError('BAD_USAGE', {
        detail: `option '${/--[^ ]+/.exec(quoted)?.[0] ?? ''}' needs a value`,
        program,
      });
    case 'commander.missingArgument':
      return new CodoperfError('BAD_USAGE', { detail: `the argument '${echo(quoted)}' is missing`, program });
    case 'commander.help':
    case 'commander.helpDisplayed':
    case 'commander.version':
      return undefined;
    default:
      return new CodoperfError('BAD_USAGE', { detail: printable(message.replace(/^error: /, '')), program });
  }
}

/** commander's `(Did you mean one of a, b?)` in our words. */
function suggestionOf(message: string, prefix: string): string {
  const names = /\(Did you mean (?:one of )?([^\n]*)\?\)$/.exec(message)?.[1];
  return names === undefined ? '' : `. Did you mean ${listed(names.split(', ').map((each) => prefix + each))}?`;
}

/** The error for `help X` where there is no X. */
export function unknownCommand(words: readonly string[], commands: readonly Command[]): CodoperfError {
  const names = commands.flatMap((command) => [
    command.name,
    ...(command.subcommands ?? []).map((child) => `${command.name} ${child.name}`),
  ]);
  const command = words.join(' ');
  return new CodoperfError('UNKNOWN_COMMAND', {
    command: echo(command),
    suggestion: didYouMean(command, names),
    program: 'codoperf',
  });
}

/** Throws when a positional argument is one too many, or not one of its choices. */
export function checkPositionals({ positionals = [], options }: Command, name: string, given: readonly string[]): void {
  const program = `codoperf ${name}`;
  const variadic = positionals.some(({ syntax }) => syntax.includes('...'));
  if (!variadic && given.length > positionals.length) {
    const extra = given[positionals.length];
    const home = options.find(({ kind }) => kind.type === 'choice' && kind.choices.includes(extra));
    const hint = home === undefined ? '' : `. Did you mean --${home.name} ${extra}?`;
    throw new CodoperfError('BAD_USAGE', { detail: `unexpected argument '${echo(extra)}'${hint}`, program });
  }
  for (const [i, { syntax, choices }] of positionals.entries()) {
    if (choices === undefined || i >= given.length || choices.includes(given[i])) continue;
    const detail = `${syntax} must be one of ${choices.join(', ')}${didYouMean(given[i], choices)} (got '${echo(given[i])}')`;
    throw new CodoperfError('BAD_USAGE', { detail, program });
  }
}
