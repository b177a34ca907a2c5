/**
 * Clears what `require` keeps, by rules that make it safe (`docs/caches.md`): only where the process allows it, only
 * application files, never what leads to a native addon, and with every link that would keep the old module alive.
 * What is still used by the program cannot be freed, and is named.
 */
import path from 'node:path';
import process from 'node:process';
import v8 from 'node:v8';
import vm from 'node:vm';
import type { ClearOutcome, ClearRequest } from './clearing.ts';
import { removeStale, staleDirectories } from './compile-cache.ts';
import { type CachedModule, cachedModules, isAddon, moduleCache, pathCache } from './require-cache.ts';

const NAMED = 5;

/** Clears module caches as far as that is safe and this process allows it. Never rejects. */
export async function clearModules(request: ClearRequest): Promise<ClearOutcome> {
  const outcome: ClearOutcome = { caches: [], refused: [] };
  const { name, prefix } = request;
  if (name === undefined && prefix === undefined) return { ...outcome, refused: ['a name or a prefix is needed'] };
  if (process.env.CODOPERF_ALLOW_MODULE_CLEAR !== '1') {
    const why = 'not allowed: start the process with CODOPERF_ALLOW_MODULE_CLEAR=1';
    return { ...outcome, refused: [`${name ?? 'require'}: ${why}`] };
  }
  if (name !== 'compile-cache') await attempt('require', outcome, () => clearRequire(request, outcome));
  if (prefix === undefined && (name === 'compile-cache' || name === '*')) {
    await attempt('compile-cache', outcome, () => clearCompileCache(request.dry, outcome));
  }
  return outcome;
}

async function attempt(name: string, outcome: ClearOutcome, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    outcome.refused.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function clearCompileCache(dry: boolean, outcome: ClearOutcome): void {
  const stale = staleDirectories();
  const entries_before = stale.reduce((files, each) => files + each.files, 0);
  if (stale.length === 0) return;
  const bytes_freed = dry ? null : stale.reduce((bytes, each) => bytes + removeStale(each), 0);
  const entries_after = dry ? null : staleDirectories().reduce((files, each) => files + each.files, 0);
  outcome.caches.push({ name: 'compile-cache', pid: process.pid, entries_before, entries_after, bytes_freed });
}

async function clearRequire(request: ClearRequest, outcome: ClearOutcome): Promise<void> {
  const gc = request.dry ? undefined : collector();
  const heapBefore = heapAfter(gc);
  // In a function of its own: what this one still held over the `await` could not be collected.
  const remains = dropWanted(request, outcome);
  if (remains === undefined) return;
  const [cleared] = outcome.caches;
  // A weak reference holds its target until the running job is over.
  await new Promise((resolve) => setImmediate(resolve));
  const heap = heapAfter(gc);
  outcome.caches[0] = {
    ...cleared,
    entries_after: cachedModules().length,
    bytes_freed: heap === null || heapBefore === null ? null : Math.max(0, heapBefore - heap),
  };
  const alive = gc === undefined ? [] : remains.filter(({ ref }) => ref.deref() !== undefined);
  if (alive.length > 0) refuse(outcome, 'are still used by the program, so they are not freed', alive);
}

/** Drops what was asked for and may be; `undefined` when that is nothing, or it was only to be told. */
function dropWanted({ name, prefix, dry }: ClearRequest, outcome: ClearOutcome): Remains[] | undefined {
  const below = prefix === undefined ? '' : absolute(prefix);
  const wanted = (filename: string): boolean =>
    filename.startsWith(below) && (name === undefined || name === '*' || name === 'require' || name === filename);
  const modules = cachedModules();
  const asked = modules.filter((each) => wanted(each.filename) && isApplication(each));
  const withAddon = leadingToAddon(modules);
  const native = asked.filter((each) => withAddon.has(each));
  if (native.length > 0) refuse(outcome, 'lead to a native addon, which cannot be loaded twice', native);
  if (!modules.some(isMain)) outcome.refused.push('ES modules cannot be cleared: they are freed by a restart only');
  const targets = asked.filter((each) => each.loaded && !withAddon.has(each));
  if (targets.length === 0) return undefined;
  const counts = { entries_before: modules.length, entries_after: null, bytes_freed: null };
  outcome.caches.push({ name: 'require', pid: process.pid, ...counts });
  return dry ? undefined : dropModules(targets);
}

function refuse(outcome: ClearOutcome, why: string, modules: readonly { readonly filename: string }[]): void {
  const named = modules.slice(0, NAMED).map(({ filename }) => filename);
  const more = modules.length > NAMED ? ` and ${modules.length - NAMED} more` : '';
  outcome.refused.push(`require: ${modules.length} modules ${why}: ${named.join(', ')}${more}`);
}

/** The program itself; there is none where it is an ES module. */
function isMain({ id }: CachedModule): boolean {
  return id === '.';
}

/** A prefix of paths, from the working directory where it is relative; a slash at its end stays. */
function absolute(prefix: string): string {
  return path.resolve(prefix) + (prefix.endsWith(path.sep) && prefix !== path.sep ? path.sep : '');
}

/** A file below the working directory, outside of `node_modules`, that is not the program itself. */
function isApplication(module: CachedModule & { readonly filename: string }): boolean {
  const inside = path.relative(process.cwd(), module.filename);
  const parts = inside.split(path.sep);
  return parts[0] !== '..' && !path.isAbsolute(inside) && !isMain(module) && !parts.includes('node_modules');
}

/** Native addons, and every module from which one is reached. */
function leadingToAddon(modules: readonly CachedModule[]): Set<CachedModule> {
  const parents = new Map<CachedModule, CachedModule[]>();
  for (const each of modules) {
    for (const child of each.children) {
      const known = parents.get(child);
      if (known === undefined) parents.set(child, [each]);
      else known.push(each);
    }
  }
  const reached = new Set(modules.filter(isAddon));
  for (const each of reached) for (const parent of parents.get(each) ?? []) reached.add(parent);
  return reached;
}

interface Remains {
  readonly filename: string;
  readonly ref: WeakRef<object>;
}

/** Takes modules out of the cache, out of the children of all others and out of the remembered paths. */
function dropModules(targets: readonly (CachedModule & { readonly filename: string })[]): Remains[] {
  const cache = moduleCache();
  const paths = pathCache();
  const dropped = new Set<CachedModule>(targets);
  const files = new Set(targets.map(({ filename }) => filename));
  // The parents of `createRequire()` are modules, too, and in no cache.
  const parents = new Set(targets.map(({ parent }) => parent).filter((each) => each !== undefined && each !== null));
  for (const { children } of [...cachedModules(), ...parents]) {
    for (let i = children.length - 1; i >= 0; i--) if (dropped.has(children[i])) children.splice(i, 1);
  }
  for (const filename of files) delete cache[filename];
  for (const [request, filename] of Object.entries(paths)) if (files.has(filename)) delete paths[request];
  return targets.map((each) => ({ filename: each.filename, ref: new WeakRef(held(each)) }));
}

/** What the program may still hold of a module: what it exports, and where that is a plain value, the module. */
function held(each: CachedModule): object {
  const { exports } = each;
  return (typeof exports === 'object' && exports !== null) || typeof exports === 'function' ? exports : each;
}

/** The collector, which V8 hands out when asked while it runs; `undefined` where it does not. */
function collector(): (() => void) | undefined {
  if (typeof globalThis.gc === 'function') return () => globalThis.gc?.({ execution: 'sync', type: 'major' });
  v8.setFlagsFromString('--expose-gc');
  const gc: unknown = vm.runInNewContext('globalThis.gc');
  return typeof gc === 'function' ? (gc as () => void) : undefined;
}

/** Used heap after a collection, bytes; `null` without a collector. */
function heapAfter(gc: (() => void) | undefined): number | null {
  if (gc === undefined) return null;
  gc();
  return process.memoryUsage().heapUsed;
}
