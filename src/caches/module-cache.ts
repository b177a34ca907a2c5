/**
 * What `require` and the compile cache of this process hold. Collected when asked, within bounds: the size of a file is
 * asked for once, and no longer than 10 ms at a time.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { type CacheStats, type ConfigValue, type ProcessCache, unknownStats } from '../core/cache.ts';
import { compileCacheState } from './compile-cache.ts';
import { moduleLoads } from './module-loads.ts';
import { cachedModules, isAddon } from './require-cache.ts';

const SIZING_MS = 10;
const LISTED = 10;
const MAX_PATH = 512;

/** Bytes by file name; -1 of a file that is no longer there. */
const sizes = new Map<string, number>();
const began = performance.now();

/** The module caches of this thread: `require`, and `compile-cache` on Node.js >= 22. */
export function moduleCaches(): ProcessCache[] {
  const compile = compileCacheState();
  const caches = [requireCache(compile === undefined ? null : compile.config.enabled === true)];
  // One for the whole process.
  if (compile !== undefined && isMainThread) {
    const { files, bytes, ...rest } = compile;
    caches.push(cacheOf('compile-cache', { entries: files, weight: bytes }, rest.config, rest.detail));
  }
  return caches;
}

function cacheOf(
  kind: string,
  stats: Partial<CacheStats>,
  config: ProcessCache['config'],
  detail: ProcessCache['detail'],
): ProcessCache {
  return {
    type: 'module',
    name: kind,
    kind,
    thread: threadId,
    stats: { ...unknownStats(), ...stats },
    config: { weight_unit: 'bytes', ...config },
    groups: [],
    observed_seconds: (performance.now() - began) / 1000,
    hit_seconds: null,
    concurrent_loads: null,
    coalesced_loads: null,
    errors: 0,
    detail,
  };
}

interface Row {
  readonly path: string;
  readonly bytes: number | null;
  readonly self_seconds: number | null;
  readonly total_seconds: number | null;
}

function requireCache(compile_cache: boolean | null): ProcessCache {
  const modules = cachedModules();
  measureFiles(modules.map(({ filename }) => filename));
  const rows = modules.map(({ filename }): Row => {
    const time = moduleLoads.timeOf(filename);
    const bytes = sizes.get(filename) ?? -1;
    return {
      path: filename.slice(-MAX_PATH),
      bytes: bytes < 0 ? null : bytes,
      self_seconds: time?.self ?? null,
      total_seconds: time?.total ?? null,
    };
  });
  const unsized = modules.filter(({ filename }) => !sizes.has(filename)).length;
  const { requires, running } = moduleLoads;
  return cacheOf(
    'require',
    {
      entries: rows.length,
      weight: unsized > 0 ? null : sum(rows, 'bytes'),
      loads: running ? requires.loads : null,
      load_seconds: running ? requires.seconds : null,
    },
    { timed: running, compile_cache },
    {
      native_addons: modules.filter(isAddon).length,
      links: modules.reduce((links, { children }) => links + children.length, 0),
      unsized_modules: unsized,
      largest_modules: largest(rows, 'bytes'),
      slowest_modules: largest(rows, 'total_seconds'),
      packages: heaviestPackages(rows),
    },
  );
}

/** Asks for the sizes that are not known yet, for a bounded time. */
function measureFiles(filenames: readonly string[]): void {
  const started = performance.now();
  for (const filename of filenames) {
    if (sizes.has(filename)) continue;
    if (performance.now() - started > SIZING_MS) return;
    sizes.set(filename, fs.statSync(filename, { throwIfNoEntry: false })?.size ?? -1);
  }
}

function sum(rows: readonly Row[], field: 'bytes' | 'self_seconds'): number | null {
  const known = rows.map((row) => row[field]).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

function largest(rows: readonly Row[], field: 'bytes' | 'total_seconds'): ConfigValue[] {
  return rows
    .filter((row) => row[field] !== null)
    .toSorted((a, b) => (b[field] ?? 0) - (a[field] ?? 0))
    .slice(0, LISTED)
    .map((row) => ({ ...row }));
}

/** The packages with the most bytes or, where times are known, the most time. */
function heaviestPackages(rows: readonly Row[]): ConfigValue[] {
  return [...byPackage(rows)]
    .map(([name, own]) => ({
      name,
      modules: own.length,
      bytes: sum(own, 'bytes'),
      self_seconds: sum(own, 'self_seconds'),
    }))
    .toSorted((a, b) => (b.self_seconds ?? 0) - (a.self_seconds ?? 0) || (b.bytes ?? 0) - (a.bytes ?? 0))
    .slice(0, LISTED);
}

function byPackage(rows: readonly Row[]): Map<string, Row[]> {
  const packages = new Map<string, Row[]>();
  for (const row of rows) {
    const name = packageOf(row.path);
    const own = packages.get(name);
    if (own === undefined) packages.set(name, [row]);
    else own.push(row);
  }
  return packages;
}

/** Name of the package that a file belongs to; `(application)` outside of `node_modules`. */
function packageOf(filename: string): string {
  const parts = filename.split(path.sep);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return '(application)';
  return parts.slice(at + 1, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join('/');
}
