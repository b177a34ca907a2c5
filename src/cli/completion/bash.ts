import type { CompletedCommand, Values } from './model.ts';

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The script for bash 4 and later; needs no bash-completion package. */
export function bashScript(model: readonly CompletedCommand[]): string {
  const valued = new Set(
    model.flatMap(({ options }) => options.filter(({ values }) => values !== undefined).flatMap(({ names }) => names)),
  );
  const known = model.filter(({ words }) => words.length > 0).map(({ words }) => quote(words.join(' ')));
  return `# bash completion for codoperf
# shellcheck shell=bash disable=SC2207
_codoperf_files() {
  # File names can hold blanks: one a line, and quoted by readline.
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
  compopt -o filenames 2> /dev/null
}
_codoperf() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word i positional=0
  # --option=value arrives as three words.
  if [[ $cur == '=' ]]; then cur=''
  elif [[ $prev == '=' && COMP_CWORD -ge 2 ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${[...valued].join('|')})
        if [[ \${COMP_WORDS[i+1]} == '=' ]]; then ((i += 2)); else ((i++)); fi
        continue ;;
      -*) continue ;;
    esac
    case "\${command:+$command }$word" in
      ${known.join('|')}) command="\${command:+$command }$word" ;;
      *) ((positional++)) ;;
    esac
  done
  COMPREPLY=()
  case "$command|$prev" in
${model.flatMap(valueCases).join('\n')}
  esac
  local options='' words=''
  case $command in
${model.map(commandCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ $words == '<file>' ]]; then
    _codoperf_files -f
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F _codoperf codoperf
`;
}

function valueCases({ words, options }: CompletedCommand): string[] {
  return options.flatMap(({ names, values }) => {
    if (values === undefined) return [];
    const patterns = names.map((name) => quote(`${words.join(' ')}|${name}`)).join('|');
    return [`    ${patterns}) ${valueReply(values)}return ;;`];
  });
}

function valueReply(values: Values): string {
  if (values === 'any') return '';
  if (values === 'file') return '_codoperf_files -f; ';
  if (values === 'directory') return '_codoperf_files -d; ';
  return `COMPREPLY=($(compgen -W ${quote(values.words.join(' '))} -- "$cur")); `;
}

function commandCase({ words, options, subcommands, positionals }: CompletedCommand): string {
  const lines = [`options=${quote(options.flatMap(({ names }) => names).join(' '))}`];
  if (subcommands.length > 0) lines.push(`words=${quote(subcommands.map(({ name }) => name).join(' '))}`);
  for (const [i, { values }] of positionals.entries()) {
    if (values === 'any') continue;
    lines.push(
      `((positional == ${i})) && words=${quote(typeof values === 'string' ? '<file>' : values.words.join(' '))}`,
    );
  }
  return `    ${quote(words.join(' '))})\n      ${lines.join('\n      ')} ;;`;
}
