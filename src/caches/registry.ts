/**
 * What is tracked in this thread. Several copies of codoperf meet in one process (the preloaded agent, `codoperf/caches`
 * of the program, another version of it in a dependency), so the state is one plain object behind a global symbol, and
 * each copy brings its own code to it. Nothing in the state may change its meaning under the same symbol.
 *
 * The registry must not keep a cache alive that the program dropped: entries reach theirs through a `WeakRef`, and
 * leave when it is gone.
 */
import process from 'node:process';
import type { MeasuredFunction, ProcessCache } from '../core/cache.ts';
import type { ClearOutcome, ClearRequest, ClearResult } from './clearing.ts';
import { clearModules } from './module-clear.ts';

/** Caches of one thread; a program that makes one for each request must not fill the registry. */
export const MAX_CACHES = 1000;
const MAX_FUNCTIONS = 1000;
const MAX_NAME_LENGTH = 128;
/** How long an asynchronous cache may take to empty itself. */
const CLEAR_SECONDS = 10;

/** A tracked cache, as all copies see it. */
export interface TrackedCache {
  readonly name: string;
  /** Whether the program has dropped the cache. */
  gone(): boolean;
  /** The facts of this moment; `undefined` once the cache is gone. */
  facts(): ProcessCache | undefined;
  /** Empties it, or removes the keys with a prefix; with `dry` only tells what is there. */
  clear(prefix: string | undefined, dry: boolean): ClearResult | Promise<ClearResult>;
}

/** A measured function, as all copies see it. */
export interface TrackedFunction {
  facts(): MeasuredFunction;
}

interface State {
  readonly caches: Set<TrackedCache>;
  readonly functions: Map<string, TrackedFunction>;
  /** Caches and functions that came when the registry was full. */
  overflow: number;
}

/** The tracked caches and measured functions of this thread. */
export interface CacheRegistry {
  caches(): ProcessCache[];
  functions(): MeasuredFunction[];
  /** Never rejects: what went wrong is in `refused`. */
  clear(request: ClearRequest): Promise<ClearOutcome>;
  /** Caches and functions that are not in the lists, because there are too many. */
  readonly overflow: number;
}

const SYMBOL = Symbol.for('codoperf.caches@1');

const place = globalThis as { [SYMBOL]?: State };
const ownState: State = { caches: new Set(), functions: new Map(), overflow: 0 };

/** What is there, to be read: a copy that only looks, such as an attached agent, leaves nothing behind. */
function currentState(): State {
  const there = place[SYMBOL];
  return there?.caches instanceof Set && there.functions instanceof Map ? there : ownState;
}

/** What all copies see, to be written to. */
function sharedState(): State {
  const state = currentState();
  // Where the global object is frozen, this copy keeps its state for itself.
  if (state === ownState) Reflect.defineProperty(globalThis, SYMBOL, { value: state, configurable: true });
  return state;
}

/** A name that no other cache of the thread has: `users`, then `users#2`. */
export function freeName(wanted: string): string {
  const base = wanted.slice(0, MAX_NAME_LENGTH);
  const taken = new Set([...currentState().caches].map(({ name }) => name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}#${n}`;
    if (!taken.has(name)) return name;
  }
}

/** Takes in a cache; `false` when there are too many, which is said once on stderr and counted. */
export function addCache(cache: TrackedCache): boolean {
  const state = sharedState();
  if (state.caches.size >= MAX_CACHES) dropGone();
  if (state.caches.size >= MAX_CACHES) {
    overflow('caches', MAX_CACHES);
    return false;
  }
  state.caches.add(cache);
  return true;
}

/** Takes a cache out again. */
export function removeCache(cache: TrackedCache): void {
  currentState().caches.delete(cache);
}

/** The function measured under a name; made by `create` when it is new, `undefined` when there are too many. */
export function functionNamed<T extends TrackedFunction>(name: string, create: (name: string) => T): T | undefined {
  const { functions } = sharedState();
  const base = name.slice(0, MAX_NAME_LENGTH);
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}#${n}`;
    const known = functions.get(key);
    if (known !== undefined && tallies.has(known)) return known as T;
    // One of another copy counts in its own way: this copy begins one of its own.
    if (known !== undefined) continue;
    if (functions.size >= MAX_FUNCTIONS) {
      overflow('functions', MAX_FUNCTIONS);
      return undefined;
    }
    const made = create(key);
    tallies.add(made);
    functions.set(key, made);
    return made;
  }
}

/** The functions that this copy made. */
const tallies = new WeakSet<TrackedFunction>();

function overflow(what: string, limit: number): void {
  if (currentState().overflow++ > 0) return;
  process.emitWarning(`more than ${limit} ${what} in one thread: the others are not counted`, {
    code: 'CODOPERF_TOO_MANY_CACHES',
  });
}

function dropGone(): void {
  const { caches } = currentState();
  for (const cache of caches) if (cache.gone()) caches.delete(cache);
}

/** The facts of a cache; one whose own getters throw is left out of this answer. */
function factsOf(cache: TrackedCache): ProcessCache | undefined {
  try {
    return cache.facts();
  } catch {
    return undefined;
  }
}

const registry: CacheRegistry = {
  caches() {
    dropGone();
    return [...currentState().caches].map(factsOf).filter((facts) => facts !== undefined);
  },
  functions() {
    return [...currentState().functions.values()].map((tracked) => tracked.facts());
  },
  clear(request) {
    return request.type === 'module' ? clearModules(request) : clearTracked(request);
  },
  get overflow() {
    return currentState().overflow;
  },
};

/** The registry of this thread. */
export function cacheRegistry(): CacheRegistry {
  return registry;
}

async function clearTracked({ name, prefix, dry }: ClearRequest): Promise<ClearOutcome> {
  const outcome: ClearOutcome = { caches: [], refused: [] };
  if (name === undefined && prefix === undefined) {
    outcome.refused.push('a name or a prefix is needed');
    return outcome;
  }
  dropGone();
  const targets = [...currentState().caches].filter(
    (cache) => name === undefined || name === '*' || name === cache.name,
  );
  for (const cache of targets) {
    const result = await clearOne(cache, prefix, dry);
    if (result === undefined) continue;
    if ('refused' in result) outcome.refused.push(`${cache.name}: ${result.refused}`);
    else outcome.caches.push({ name: cache.name, pid: process.pid, ...result, bytes_freed: null });
  }
  return outcome;
}

async function clearOne(cache: TrackedCache, prefix: string | undefined, dry: boolean): Promise<ClearResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ClearResult>((resolve) => {
    timer = setTimeout(() => resolve({ refused: `not done after ${CLEAR_SECONDS} s` }), CLEAR_SECONDS * 1000);
    timer.unref();
  });
  try {
    return await Promise.race([cache.clear(prefix, dry), late]);
  } catch (error) {
    return { refused: `it threw: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    clearTimeout(timer);
  }
}
