/**
 * Node.js's compile cache (>= 22.1): one directory for each version, architecture, set of V8 flags and user
 * (`v22.23.3-x64-9de703df-0`) under a common one. Those of other versions are never read again by this one, and an
 * upgrade leaves them behind.
 */
import fs from 'node:fs';
import Module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { ConfigValue } from '../core/cache.ts';

/** What is looked at of one directory; beyond it, figures are unknown. */
const MAX_FILES = 5000;
const DIRECTORY = /^(v\d+\.\d+\.\d+(?:-[\w.]+)?)-([a-z0-9_]+)-[0-9a-f]{1,8}-(\d+)$/;
/** A file of the cache: the hash of what it was compiled from, and while it is written something behind it. */
const CACHE_FILE = /^[0-9a-f]{1,16}(?:\.\w+)?$/;

interface ModuleApi {
  getCompileCacheDir?(): string | undefined;
}

/** A directory of another version. */
export interface StaleDirectory {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

/** The compile cache of this process. */
export interface CompileCacheState {
  readonly files: number | null;
  readonly bytes: number | null;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly detail: Readonly<Record<string, ConfigValue>>;
}

const api = Module as unknown as ModuleApi;

/** Its state; `undefined` where Node.js has none. */
export function compileCacheState(): CompileCacheState | undefined {
  if (api.getCompileCacheDir === undefined) return undefined;
  const directory = api.getCompileCacheDir();
  const own = directory === undefined ? undefined : content(directory);
  const stale = staleDirectories();
  return {
    files: own?.files ?? null,
    bytes: own?.bytes ?? null,
    config: {
      enabled: directory !== undefined,
      directory: directory ?? null,
      disabled_by_environment: process.env.NODE_DISABLE_COMPILE_CACHE === '1',
      portable: process.env.NODE_COMPILE_CACHE_PORTABLE === '1',
    },
    detail: {
      base_directory: baseDirectory(),
      stale_directories: stale.map((each) => ({ ...each })),
      stale_bytes: stale.reduce((bytes, each) => bytes + each.bytes, 0),
    },
  };
}

/** Where the directories of all versions are. */
function baseDirectory(): string {
  const own = api.getCompileCacheDir?.();
  return own === undefined ? path.join(os.tmpdir(), 'node-compile-cache') : path.dirname(own);
}

/** Directories of other versions of Node.js, of this architecture and this user. */
export function staleDirectories(): StaleDirectory[] {
  const base = baseDirectory();
  return names(base)
    .filter((name) => {
      const [, version, arch, uid] = DIRECTORY.exec(name) ?? [];
      return version !== undefined && version !== process.version && arch === process.arch && uid === ownUid();
    })
    .map((name) => {
      const found = content(path.join(base, name));
      return found && { path: path.join(base, name), ...found };
    })
    .filter((each) => each !== undefined);
}

/**
 * Removes the files of the cache in a stale directory, then the directory; anything else in it stays, and so does the
 * directory. Returns the bytes that were freed.
 */
export function removeStale({ path: directory }: StaleDirectory): number {
  let freed = 0;
  for (const name of names(directory)) {
    const file = path.join(directory, name);
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || !CACHE_FILE.test(name)) continue;
    fs.unlinkSync(file);
    freed += stat.size;
  }
  if (names(directory).length === 0) fs.rmdirSync(directory);
  return freed;
}

function ownUid(): string {
  return String(process.getuid?.() ?? 0);
}

/** Files and bytes of a directory that is one, and is ours; never through a symbolic link. */
function content(directory: string): { files: number; bytes: number } | undefined {
  const own = fs.lstatSync(directory, { throwIfNoEntry: false });
  if (own?.isDirectory() !== true || own.uid !== process.getuid?.()) return undefined;
  const files = names(directory);
  if (files.length > MAX_FILES) return undefined;
  let bytes = 0;
  for (const name of files) {
    const stat = fs.lstatSync(path.join(directory, name), { throwIfNoEntry: false });
    if (stat?.isFile() === true) bytes += stat.size;
  }
  return { files: files.length, bytes };
}

function names(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    // Not there, or not ours to read: nothing to tell.
    return [];
  }
}
