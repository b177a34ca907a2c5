import type { ProcessCache } from '../../src/core/cache.ts';
import { cacheRegistry } from '../../src/caches/registry.ts';

let counter = 0;

/** A name that no other test uses. */
export function freshName(): string {
  return `test-${++counter}`;
}

/** The facts of one cache. */
export function factsOf(name: string): ProcessCache {
  const found = cacheRegistry()
    .caches()
    .find((cache) => cache.name === name);
  if (found === undefined) throw new Error(`no cache ${name}`);
  return found;
}

/** Names of all caches, the newest last. */
export function factNames(): string[] {
  return cacheRegistry()
    .caches()
    .map(({ name }) => name);
}
