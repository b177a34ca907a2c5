/** The server that `--url` names, as a querier: its login, its limits, and `--instance` on every selector. */
import fs from 'node:fs';
import { CodoperfError, errnoOf } from '../../core/errors.ts';
import { onInstance } from '../../query/promql/instance.ts';
import type { RemoteQuerier } from '../../remote/read.ts';
import { remoteQuerier } from '../../remote/read.ts';

/** How to reach it, as the options say. */
export interface ServerSettings {
  readonly url: string;
  readonly instance: string | undefined;
  readonly headerFile: string | undefined;
  readonly timeoutSeconds: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The name of a header, and what its value may hold. https://www.rfc-editor.org/rfc/rfc9110#section-5 */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_FILE_BYTES = 64 * 1024;
/** For whom a file with a login must not be readable. */
const OTHERS = 0o077;

/** A querier over the server. Throws usage errors; asks nothing yet. */
export function openServer(settings: ServerSettings, env: Env, warn: (message: string) => void): RemoteQuerier {
  const { url, instance, headerFile, timeoutSeconds } = settings;
  return remoteQuerier({
    url,
    headers: headerFile === undefined ? {} : readHeaders(headerFile, warn),
    token: filled(env.CODOPERF_URL_TOKEN),
    user: filled(env.CODOPERF_URL_USER),
    password: filled(env.CODOPERF_URL_PASSWORD),
    timeoutMs: timeoutSeconds * 1000,
    ...(instance !== undefined && { rewrite: (expr: string) => onInstance(expr, instance) }),
  });
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text?.trim();
}

/** Headers, one a line; `#` begins a comment. No error shows a value: it may be a secret. */
function readHeaders(file: string, warn: (message: string) => void): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [i, line] of readShort(file, warn).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    const value = line.slice(colon + 1).trim();
    if (colon < 0 || !NAME.test(name) || !VALUE.test(value))
      throw new CodoperfError('BAD_CONFIGURATION', { file, line: i + 1, detail: "it is not 'Name: value'" });
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function readShort(file: string, warn: (message: string) => void): string {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const { mode, size } = fs.fstatSync(fd);
      if (size > MAX_FILE_BYTES)
        throw new CodoperfError('BAD_CONFIGURATION', { file, line: 1, detail: 'it is too large' });
      if ((mode & OTHERS) !== 0) warn(`other users may read ${file}, which may hold a login: chmod 600 ${file}`);
      return fs.readFileSync(fd, 'utf8');
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (error instanceof CodoperfError) throw error;
    throw new CodoperfError('CONFIGURATION_UNREADABLE', { file, reason: errnoOf(error) ?? 'unknown reason' }, error);
  }
}
