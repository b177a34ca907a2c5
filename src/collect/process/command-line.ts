/**
 * What a process was started as, short enough for a report and without secrets: passwords and tokens
 * stand in arguments, so none is shown but the script that an interpreter runs.
 */

const LONGEST = 80;
const interpreters = /^(node|nodejs|bun|deno|python[\d.]*|ruby[\d.]*|perl[\d.]*|php[\d.]*|bash|sh|dash|zsh)$/;
/** A word that looks like an option, an assignment or an address. */
const suspicious = /^-|=|:\/\/|@/;

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A title that a process gave itself (`nginx: worker process`), up to the first word that may be secret. */
function shortTitle(title: string): string {
  const words = title.split(/\s+/);
  const cut = words.findIndex((word, i) => i > 0 && suspicious.test(word));
  return cut < 0 ? words.join(' ') : [...words.slice(0, cut), '…'].join(' ');
}

/**
 * `/proc/<pid>/cmdline`, arguments that end in NUL bytes, as the program's name, the script it runs if
 * it is an interpreter, and `…` for any other argument; `undefined` when there is none (kernel, zombie).
 */
export function shortCommandLine(cmdline: string): string | undefined {
  const [program, ...args] = cmdline.replace(/\0+$/, '').split('\0');
  if (program === '') return undefined;
  if (args.length === 0 && /\s/.test(program)) return shortTitle(program).slice(0, LONGEST);
  const name = lastPart(program);
  const script = args[0];
  const words = [name];
  if (interpreters.test(name) && script !== undefined && !suspicious.test(script)) words.push(script);
  if (args.length >= words.length) words.push('…');
  return words.join(' ').slice(0, LONGEST);
}
