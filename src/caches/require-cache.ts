/** What `require` keeps in this thread. */
import Module, { createRequire } from 'node:module';
import path from 'node:path';

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

/** Where any `require` begins: its cache is that of all of them. */
const { cache } = createRequire(path.join(path.sep, 'codoperf.js'));

/** `require.cache`, by file name. */
export function moduleCache(): Record<string, CachedModule | undefined> {
  return cache;
}

/** What `require` remembers of resolved paths: request and places to file name. */
export function pathCache(): Record<string, string> {
  const { _pathCache: paths } = Module as unknown as { _pathCache?: Record<string, string> };
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
