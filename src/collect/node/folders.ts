/**
 * The folders that agents keep their sockets in, and whether they can be trusted. Everything is looked at with
 * `lstat`: in /tmp anybody can plant a folder or a link that leads elsewhere, and what answers behind it would be
 * shown as a process, or told what to clear.
 */
import fs from 'node:fs';
import path from 'node:path';
import { AGENTS_FOLDER, runtimePath, temporaryRuntime } from '../../core/runtime-place.ts';

const ANY_ACCESS_BY_OTHERS = 0o077;
const WRITE_BY_OTHERS = 0o022;
const ROOT = 0;

/** Whose agents are looked for, and where; the defaults are this machine and this user. */
export interface AgentPlaces {
  readonly procfs: string;
  /** Prefix of `/run` and `/tmp`: the host's root inside a container. */
  readonly rootfs: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user id. */
  readonly uid: number;
}

/** Something in the place of a socket that is left alone, and why. */
export interface DeniedPath {
  readonly path: string;
  readonly reason: string;
}

/** A folder of sockets that belongs to one user alone. */
export interface AgentFolder {
  readonly path: string;
  readonly uid: number;
}

/** Fills in what is not given. */
export function agentPlaces(given: Partial<AgentPlaces> = {}): AgentPlaces {
  return { procfs: '/proc', rootfs: '/', env: process.env, uid: process.geteuid?.() ?? -1, ...given };
}

/**
 * Runtime directories to look into, the user's own first. With `CODOPERF_RUNTIME_DIR` that one alone. The same
 * user's programs may run with or without a session, so both of his places count; root sees everybody's.
 */
export function runtimeDirectories(places: AgentPlaces): string[] {
  const { env, uid, rootfs } = places;
  const chosen = runtimePath(env, uid);
  if (env.CODOPERF_RUNTIME_DIR !== undefined && env.CODOPERF_RUNTIME_DIR !== '') return [chosen];
  const below = (directory: string): string => path.join(rootfs, directory);
  const own = [chosen, below(`/run/user/${uid}/codoperf`), below(temporaryRuntime(uid))];
  if (uid !== ROOT) return [...new Set(own)];
  const sessions = entries(below('/run/user')).map((name) => below(`/run/user/${name}/codoperf`));
  const temporary = entries(below('/tmp')).filter((name) => /^codoperf-\d+$/.test(name));
  return [...new Set([...own, below('/run/codoperf'), ...sessions, ...temporary.map((name) => below(`/tmp/${name}`))])];
}

function entries(directory: string): string[] {
  try {
    return fs.readdirSync(directory).toSorted();
  } catch {
    return []; // Not there, or not for us to list: nobody's agents are below it.
  }
}

/** The folder of sockets below a runtime directory; `undefined` when there is none, a reason when it is not safe. */
export function agentFolder(runtime: string, uid: number): AgentFolder | DeniedPath | undefined {
  const folder = path.join(runtime, AGENTS_FOLDER);
  const above = fs.lstatSync(runtime, { throwIfNoEntry: false });
  if (above === undefined) return undefined;
  const reason = wrongWith(above, uid, WRITE_BY_OTHERS);
  if (reason !== undefined) return { path: runtime, reason };
  const stat = statBelow(folder);
  if (stat === undefined) return undefined;
  const wrong = wrongWith(stat, uid, ANY_ACCESS_BY_OTHERS);
  if (wrong !== undefined) return { path: folder, reason: wrong };
  if (stat.uid !== above.uid)
    return { path: folder, reason: `it belongs to uid ${stat.uid}, and ${runtime} to ${above.uid}` };
  return { path: folder, uid: stat.uid };
}

function statBelow(folder: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(folder, { throwIfNoEntry: false });
  } catch {
    return undefined; // The directory above is closed to us: as good as absent.
  }
}

function wrongWith(stat: fs.Stats, uid: number, forbidden: number): string | undefined {
  if (stat.isSymbolicLink()) return 'it is a symbolic link';
  if (!stat.isDirectory()) return 'it is not a directory';
  if (uid !== ROOT && stat.uid !== uid) return `it belongs to uid ${stat.uid}, not to ${uid}`;
  if ((stat.mode & forbidden) !== 0) return `others may use it (mode ${(stat.mode & 0o777).toString(8)})`;
  return undefined;
}
