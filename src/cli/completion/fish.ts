import type { CompletedCommand, CompletedOption } from './model.ts';

const quote = (text: string): string => `'${text.replace(/['\\]/g, (character) => `\\${character}`)}'`;

/** The script for fish. */
export function fishScript(model: readonly CompletedCommand[]): string {
  const lines = model.flatMap((command) => commandLines(command));
  return ['# fish completion for codoperf', 'complete -c codoperf -f', ...lines, ''].join('\n');
}

function commandLines({ words, options, subcommands, positionals }: CompletedCommand): string[] {
  const here = condition(
    words,
    subcommands.map(({ name }) => name),
  );
  const files = positionals.some(({ values }) => values === 'file');
  const choices = positionals.flatMap(({ values }) => (typeof values === 'string' ? [] : values.words));
  return [
    ...subcommands.map(({ name, summary }) => `complete -c codoperf -n ${here} -a ${name} -d ${quote(summary)}`),
    ...(choices.length > 0 ? [`complete -c codoperf -n ${here} -a ${quote(choices.join(' '))}`] : []),
    ...(files ? [`complete -c codoperf -n ${here} -F`] : []),
    ...options.map((option) => `complete -c codoperf -n ${here} ${optionWords(option)} -d ${quote(option.help)}`),
  ];
}

function condition(words: readonly string[], children: readonly string[]): string {
  if (words.length === 0) return '__fish_use_subcommand';
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const deeper = children.length === 0 ? [] : [`not __fish_seen_subcommand_from ${children.join(' ')}`];
  return quote([...seen, ...deeper].join('; and '));
}

function optionWords({ names, values }: CompletedOption): string {
  const switches = names
    .map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
    .join(' ');
  if (values === undefined) return switches;
  if (values === 'any') return `${switches} -x`;
  if (values === 'file') return `${switches} -r -F`;
  return values === 'directory'
    ? `${switches} -x -a '(__fish_complete_directories)'`
    : `${switches} -x -a ${quote(values.words.join(' '))}`;
}
