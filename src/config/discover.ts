/**
 * Which configuration files there are, the strongest first: the one named by `--config` or
 * `CODOPERF_CONFIG` alone, or else `./codoperf.config.{yaml,json}`, the user's and the system's.
 */
import fs from 'node:fs';
import path from 'node:path';
import { CodoperfError, errnoOf } from '../core/errors.ts';
import type { Identity } from './places.ts';
import { placePath } from './places.ts';

/** The text of one configuration file. */
export interface ConfigFile {
  /** As the user would type it. */
  readonly path: string;
  readonly text: string;
}

/** What was found, and what was left out and why. */
export interface Discovery {
  /** The strongest first. */
  readonly files: readonly ConfigFile[];
  /** One sentence for each file that was ignored. */
  readonly ignored: readonly string[];
}

/** Where to look. */
export interface DiscoverOptions extends Identity {
  readonly cwd: string;
  /** A file named by the user; no other is read then. */
  readonly explicit?: string;
  /** The system's directory; `/etc/codoperf`. */
  readonly systemDirectory?: string;
}

const PROJECT_FILE = 'codoperf.config';
const FILE = 'config';
const extensions = ['yaml', 'json'];
const LARGEST_FILE_BYTES = 1024 * 1024;
const WRITE_BY_GROUP = 0o020;
const WRITE_BY_ANYBODY = 0o002;

/** Finds and reads the configuration files. Throws CONFIGURATION_UNREADABLE. */
export function discoverConfig(options: DiscoverOptions): Discovery {
  const { cwd, explicit, systemDirectory = '/etc/codoperf' } = options;
  if (explicit !== undefined) return { files: [readNamed(explicit, cwd)], ignored: [] };
  const files: ConfigFile[] = [];
  const ignored: string[] = [];
  const user = placePath('config', options);
  const bases = [`./${PROJECT_FILE}`, path.join(user, FILE)];
  if (user !== systemDirectory) bases.push(path.join(systemDirectory, FILE));
  for (const base of bases) {
    const project = base === bases[0];
    let chosen: string | undefined;
    for (const name of extensions.map((extension) => `${base}.${extension}`)) {
      const absolute = path.resolve(cwd, name);
      if (!isThere(absolute)) continue;
      if (chosen !== undefined) {
        ignored.push(`ignoring ${name}, because ${chosen} is there too`);
        continue;
      }
      chosen = name;
      const objection = project ? distrust(absolute, options.uid) : undefined;
      if (objection === undefined) files.push({ path: name, text: readText(absolute, name) });
      else ignored.push(`ignoring ${name}, because ${objection}`);
    }
  }
  return { files, ignored };
}

/** A directory that we may not look into (`sudo -u nobody` keeps the caller's HOME) holds nothing for us. */
function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return false;
    throw error;
  }
}

function readNamed(explicit: string, cwd: string): ConfigFile {
  return { path: explicit, text: readText(path.resolve(cwd, explicit), explicit) };
}

/**
 * Why a file in the current directory is not to be trusted: whoever can plant one in /tmp or in a
 * shared checkout could choose where we write and what we read.
 */
function distrust(file: string, uid: number): string | undefined {
  const link = fs.lstatSync(file);
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 'it is a symbolic link to nothing';
  for (const { uid: owner } of [link, stat]) {
    if (owner !== uid && owner !== 0) return `it belongs to uid ${owner}, not to you or root`;
  }
  const { mode, gid } = stat;
  // With user-private groups (the default of most distributions) a file is 0664 and still its owner's.
  if ((mode & WRITE_BY_ANYBODY) !== 0 || ((mode & WRITE_BY_GROUP) !== 0 && gid !== stat.uid)) {
    return `others may write to it (mode ${(mode & 0o777).toString(8)}; mend with chmod go-w)`;
  }
  return undefined;
}

function readText(absolute: string, shown: string): string {
  try {
    return readBounded(absolute);
  } catch (error) {
    const reason = reasons[errnoOf(error) ?? ''] ?? errnoOf(error) ?? (error as Error).message;
    throw new CodoperfError('CONFIGURATION_UNREADABLE', { file: shown, reason }, error);
  }
}

function readBounded(absolute: string): string {
  // A pipe (`--config <(…)`) is read to its end; a disk or a terminal is no configuration.
  const fd = fs.openSync(absolute, 'r');
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isDirectory()) throw new Error('it is a directory');
    if (!stat.isFile() && !stat.isFIFO()) throw new Error('it is not a file');
    if (stat.size > LARGEST_FILE_BYTES) throw new Error(`it has more than ${LARGEST_FILE_BYTES} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(fs.readFileSync(fd));
  } finally {
    fs.closeSync(fd);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'permission denied',
  ELOOP: 'its symbolic links go round in a circle',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};
