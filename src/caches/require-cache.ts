/** What `require` keeps in this thread. */
import process from 'node:process';

/** A module as `require.cache` holds it. */
export interface CachedModule {
  readonly id: string;
  readonly filename: string | null;
  readonly loaded: boolean;
  readonly children: CachedModule[];
  /** The one that required it first. */
  readonly parent?: CachedModule | null;
  readonly exports: unknown;
}

type Cache = Record<string, CachedModule | undefined>;

let cache: Cache | undefined;

/** `node:module`, loaded when it is needed: this file is part of what starts with every program. */
function nodeModule(): typeof import('node:module') {
  return process.getBuiltinModule('node:module');
}

/** `require.cache`, by file name. */
export function moduleCache(): Cache {
  // Wherever a `require` begins, its cache is that of all of them.
  cache ??= nodeModule().createRequire('/codoperf.js').cache as Cache;
  return cache;
}

/** What `require` remembers of resolved paths: request and places to file name. */
export function pathCache(): Record<string, string> {
  const { _pathCache: paths } = nodeModule() as unknown as { _pathCache?: Record<string, string> };
  return paths ?? {};
}

/** All modules that have a file. */
export function cachedModules(): (CachedModule & { readonly filename: string })[] {
  return Object.values(moduleCache()).filter(
    (each): each is CachedModule & { filename: string } => typeof each?.filename === 'string',
  );
}

/** Whether a module is a native addon, which cannot be loaded twice. */
export function isAddon({ filename }: CachedModule): boolean {
  return filename?.endsWith('.node') === true;
}
