/**
 * How long modules took to load: `diagnostics_channel` of Node.js >= 22. Older versions only allow to patch
 * `Module.prototype.load`, and nothing of a program is patched here.
 *
 * `require` is synchronous and nests, so a stack gives own time and time with what a module requires. The event names
 * the module as it was written, not the file: the file is the child that the requiring module got meanwhile.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { type CachedModule, moduleCache } from './require-cache.ts';

/** Modules whose times are kept; later ones are in the totals only. */
const MAX_MODULES = 5000;

/** Time to load one module, seconds. */
export interface ModuleTime {
  /** Without the modules that it requires. */
  readonly self: number;
  readonly total: number;
}

/** Loads of one kind. */
export interface LoadTotals {
  loads: number;
  /** For `require`, the sum of own times; for `import()`, from call to settled. */
  seconds: number;
}

interface Frame {
  /** `undefined` for what has a `require` and is in no cache: an ES module, or `-e`. */
  readonly parent: CachedModule | undefined;
  /** Children that the parent had; of an unknown one, modules that there were. */
  readonly before: number;
  readonly started: number;
  /** Milliseconds in modules below. */
  nested: number;
}

interface RequireEvent {
  readonly parentFilename?: string;
}

/** Whether this version of Node.js tells of module loads. */
export function canTimeModules(): boolean {
  return Number.parseInt(process.versions.node, 10) >= 22;
}

/** The module loads since `start()`. */
class ModuleLoads {
  readonly requires: LoadTotals = { loads: 0, seconds: 0 };
  readonly imports: LoadTotals = { loads: 0, seconds: 0 };
  readonly #times = new Map<string, ModuleTime>();
  readonly #stack: Frame[] = [];
  readonly #importsUnderWay = new Map<object, number>();
  #running = false;

  readonly #listeners: Readonly<Record<string, (event: unknown) => void>> = {
    'tracing:module.require:start': (event) => {
      const { parentFilename } = event as RequireEvent;
      const parent = parentFilename === undefined ? undefined : moduleCache()[parentFilename];
      const before = parent === undefined ? Object.keys(moduleCache()).length : parent.children.length;
      this.#stack.push({ parent, before, started: performance.now(), nested: 0 });
    },
    'tracing:module.require:end': () => {
      const frame = this.#stack.pop();
      if (frame !== undefined) this.#required(frame, performance.now() - frame.started);
    },
    'tracing:module.import:start': (event) => void this.#importsUnderWay.set(event as object, performance.now()),
    'tracing:module.import:asyncEnd': (event) => {
      const started = this.#importsUnderWay.get(event as object);
      if (started === undefined) return;
      this.#importsUnderWay.delete(event as object);
      this.imports.loads++;
      this.imports.seconds += (performance.now() - started) / 1000;
    },
  };

  /** Begins to listen. Does nothing on versions that do not tell. */
  start(): void {
    if (!canTimeModules() || this.#running) return;
    this.#running = true;
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  /** Whether it listens. */
  get running(): boolean {
    return this.#running;
  }

  /** Ends to listen and forgets what loaded when. */
  stop(): void {
    this.#running = false;
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
    this.#times.clear();
    this.#stack.length = 0;
    this.#importsUnderWay.clear();
  }

  /** Time of the module in a file, once it was seen to load. */
  timeOf(filename: string): ModuleTime | undefined {
    return this.#times.get(filename);
  }

  #required({ parent, before, nested }: Frame, total: number): void {
    // A module that was there already, or one of Node.js: part of the time of who asked. Modules enter the cache
    // before they run, so the first new one is the one that was asked for.
    const filename = parent === undefined ? Object.keys(moduleCache())[before] : parent.children[before]?.filename;
    if (typeof filename !== 'string' || this.#times.has(filename)) return;
    const self = Math.max(0, total - nested);
    this.requires.loads++;
    this.requires.seconds += self / 1000;
    const above = this.#stack.at(-1);
    if (above !== undefined) above.nested += total;
    if (this.#times.size < MAX_MODULES) this.#times.set(filename, { self: self / 1000, total: total / 1000 });
  }
}

/** The loads that the agent watches, in this thread. */
export const moduleLoads = new ModuleLoads();
