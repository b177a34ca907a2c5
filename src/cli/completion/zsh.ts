import type { CompletedCommand, CompletedOption, Values } from './model.ts';

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
/** Inside the specifications of `_arguments`, colons and brackets have a meaning. */
const plain = (text: string): string => text.replace(/[:[\]\\]/g, (character) => `\\${character}`);

/** The script for zsh: works from `$fpath` and when sourced. */
export function zshScript(model: readonly CompletedCommand[]): string {
  return `#compdef codoperf
${model.map((command) => commandFunction(command, model)).join('\n')}
if [ "$funcstack[1]" = '_codoperf' ]; then
  _codoperf "$@"
else
  compdef _codoperf codoperf
fi
`;
}

function functionName(words: readonly string[]): string {
  return ['_codoperf', ...words].join('_').replaceAll('-', '_');
}

function commandFunction(command: CompletedCommand, model: readonly CompletedCommand[]): string {
  const { words, options, subcommands, positionals } = command;
  const specs = options.map(optionSpec);
  if (subcommands.length === 0) {
    const places = positionals.map(({ name, values }, i) => quote(`${i + 1}:${plain(name)}:${action(values)}`));
    return `${functionName(words)}() {\n  _arguments -s \\\n    ${[...specs, ...places].join(' \\\n    ')}\n}`;
  }
  const branches = model
    .filter((each) => each.words.length === words.length + 1 && each.words.slice(0, -1).join(' ') === words.join(' '))
    .map((each) => `        ${each.words[each.words.length - 1]}) ${functionName(each.words)} ;;`);
  return `${functionName(words)}() {
  local line state
  local -a commands=(
    ${subcommands.map(({ name, summary }) => quote(`${name}:${plain(summary)}`)).join('\n    ')}
  )
  _arguments -s -C \\
    ${[...specs, quote('1: :->command'), quote('*:: :->rest')].join(' \\\n    ')}
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${branches.join('\n')}
      esac ;;
  esac
}`;
}

function optionSpec({ names, help, values, repeatable }: CompletedOption): string {
  const tail = quote(`[${plain(help)}]${values === undefined ? '' : `:value:${action(values)}`}`);
  if (names.length > 1) return `${quote(repeatable ? '*' : `(${names.join(' ')})`)}{${names.join(',')}}${tail}`;
  return `${repeatable ? quote('*') : ''}${names[0]}${tail}`;
}

function action(values: Values): string {
  if (values === 'file') return '_files';
  if (values === 'directory') return '_files -/';
  return values === 'any' ? ' ' : `(${values.words.join(' ')})`;
}
