/** Where the inspector of a process listens, once it is open, by the options that the process was started with. */

/** An address of the inspector. */
export interface InspectorPlace {
  readonly host: string;
  /** 0: one that the kernel chooses. */
  readonly port: number;
  /** Whether it is to be open from the start. */
  readonly open: boolean;
}

/** What Node.js takes without options. */
const DEFAULT: InspectorPlace = { host: '127.0.0.1', port: 9229, open: false };
const OPTION = /^--(?:inspect(?:-brk|-wait|-port)?|debug-port)(?:=(.*))?$/s;
const TAKES_NEXT = new Set(['--inspect-port', '--debug-port']);

/**
 * The place by a command line (separated by NUL) and `NODE_OPTIONS`; the last option counts. An option of the program
 * itself can look the same, and `process.title` overwrites the command line, so that this is what is likely and no
 * more.
 */
export function inspectorPlace(cmdline: string, nodeOptions: string): InspectorPlace {
  const words = [...nodeOptions.split(/\s+/), ...cmdline.split('\0').slice(1)];
  let place = DEFAULT;
  for (const [i, word] of words.entries()) {
    if (word === '--') break;
    const option = OPTION.exec(word);
    if (option === null) continue;
    const value = option[1] ?? (TAKES_NEXT.has(word) ? words[i + 1] : undefined);
    const open = place.open || (word.startsWith('--inspect') && !word.startsWith('--inspect-port'));
    place = { ...place, ...(value === undefined ? {} : hostAndPort(value)), open };
  }
  return place;
}

/** `PORT`, `HOST` or `HOST:PORT`, an IPv6 address in brackets. */
function hostAndPort(value: string): Partial<InspectorPlace> {
  if (/^\d+$/.test(value)) return { port: Number(value) };
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  return {
    ...(host === undefined || host === '' ? {} : { host: host === 'localhost' ? DEFAULT.host : host }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
