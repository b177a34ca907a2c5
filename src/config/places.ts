/**
 * Where codoperf keeps things: `CODOPERF_{RUNTIME,STATE,CONFIG}_DIR` > XDG base directories > root's
 * `/run`, `/var/lib` and `/etc` > the defaults of XDG in the home directory, and for sockets, which
 * have none, `/tmp/codoperf-UID`. https://specifications.freedesktop.org/basedir-spec/0.8/
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CodoperfError, errnoOf } from '../core/errors.ts';
import { LONGEST_SOCKET_PATH_BYTES, runtimePath, temporaryRuntime } from '../core/runtime-place.ts';

/** Sockets; history and logs; configuration files. */
export type Place = 'runtime' | 'state' | 'config';

/** Who asks; injected so that tests own it. */
export interface Identity {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
}

const OWNER_ONLY = 0o700;
const ANY_ACCESS_BY_OTHERS = 0o077;
const WRITE_BY_OTHERS = 0o022;

const places = {
  state: { variable: 'CODOPERF_STATE_DIR', xdg: 'XDG_STATE_HOME', root: '/var/lib/codoperf', home: '.local/state' },
  config: { variable: 'CODOPERF_CONFIG_DIR', xdg: 'XDG_CONFIG_HOME', root: '/etc/codoperf', home: '.config' },
} as const;

/** The user that this process runs as. */
export function currentIdentity(env: Identity['env'] = process.env): Identity {
  return { env, uid: process.geteuid?.() ?? -1, home: env.HOME ?? os.homedir() };
}

/** The directory of a place, which need not exist. */
export function placePath(place: Place, { env, uid, home }: Identity): string {
  if (place === 'runtime') return runtimePath(env, uid);
  const { variable, xdg, root, home: below } = places[place];
  const own = env[variable];
  if (own !== undefined && own !== '') return path.resolve(own);
  const base = env[xdg];
  // The XDG specification asks to ignore relative paths.
  if (base !== undefined && path.isAbsolute(base)) return path.join(base, 'codoperf');
  if (uid === 0) return root;
  return path.join(home, below, 'codoperf');
}

/**
 * The directory of a place, made for the owner alone (0700) when it is not there. Throws
 * UNSAFE_DIRECTORY when it is not a directory of this user's own that nobody else may write to.
 */
export function ensurePlace(place: Place, who: Identity): string {
  const directory = placePath(place, who);
  try {
    fs.mkdirSync(path.dirname(directory), { recursive: true });
    fs.mkdirSync(directory, { mode: OWNER_ONLY });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST')
      throw new CodoperfError('UNSAFE_DIRECTORY', { path: directory, reason: reasonOf(error) }, error);
  }
  checkDirectory(directory, who);
  return directory;
}

/** As `ensurePlace`, without making it: `undefined` when it is not there. */
export function existingPlace(place: Place, who: Identity): string | undefined {
  const directory = placePath(place, who);
  if (fs.lstatSync(directory, { throwIfNoEntry: false }) === undefined) return undefined;
  checkDirectory(directory, who);
  return directory;
}

/** `lstat`, not `stat`: in /tmp anybody can plant a link that leads elsewhere. */
function checkDirectory(directory: string, { uid }: Identity): void {
  const stat = fs.lstatSync(directory);
  const forbidden = directory === temporaryRuntime(uid) ? ANY_ACCESS_BY_OTHERS : WRITE_BY_OTHERS;
  let reason: string | undefined;
  if (!stat.isDirectory()) reason = stat.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a directory';
  else if (stat.uid !== uid) reason = `it belongs to uid ${stat.uid}, not to ${uid}`;
  else if ((stat.mode & forbidden) !== 0) reason = `others may use it (mode ${(stat.mode & 0o777).toString(8)})`;
  if (reason !== undefined) throw new CodoperfError('UNSAFE_DIRECTORY', { path: directory, reason });
}

function reasonOf(error: unknown): string {
  return errnoOf(error) ?? String(error);
}

/** `path` when a socket can have it; throws SOCKET_PATH_TOO_LONG otherwise. */
export function socketPath(socket: string): string {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= LONGEST_SOCKET_PATH_BYTES) return socket;
  throw new CodoperfError('SOCKET_PATH_TOO_LONG', { path: socket, bytes, limit: LONGEST_SOCKET_PATH_BYTES });
}
