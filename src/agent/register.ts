/**
 * The preload: `node --require codoperf/register app.js`, `--import`, or in NODE_OPTIONS. One file without
 * dependencies, also brought into running processes by `--attach`.
 *
 * Only to parse the whole agent takes 5 ms, so most of it is a text in the bundle until `early.ts` asks for it.
 */
import fs from 'node:fs';
import process from 'node:process';
import * as moduleLoads from '../caches/module-loads.ts';
import { Early } from './early.ts';
import * as guard from './guard.ts';
import * as missed from './missed.ts';
import * as probeFailures from './probe-failures.ts';
import { version } from './version.ts';

/**
 * Has `agent.ts` as CommonJS in a comment, which requires the shared modules by their file names. Written by the
 * bundler (`scripts/agent-bundle.mjs`).
 */
declare function REST(): void;
const { builtin, guarded, note } = guard;
const { toString } = Function.prototype;

/** Globals that the agent uses, as they are before the program runs, which may put others in their place. */
const globals: Readonly<Record<string, unknown>> = {
  JSON: { parse: JSON.parse, stringify: JSON.stringify },
  performance,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
};

/** Modules with a state, or with what must be taken from Node.js before the program runs. */
const shared: Readonly<Record<string, unknown>> = {
  'guard.ts': guard,
  'missed.ts': missed,
  'module-loads.ts': moduleLoads,
  'probe-failures.ts': probeFailures,
};

/** Marks a thread that has the agent, of whatever version. */
const AGENT = Symbol.for('codoperf.agent');
/** Set to `true` by who attaches, before the file is loaded. */
const ATTACHED = Symbol.for('codoperf.attach');

guarded('start', () => {
  if (AGENT in globalThis) return;
  const mark = { value: Object.freeze({ version }), configurable: true };
  if (!Reflect.defineProperty(globalThis, AGENT, mark)) {
    note('start', 'the global object is frozen');
    return;
  }
  const attached = (globalThis as { [ATTACHED]?: unknown })[ATTACHED] === true;
  const isMain = isMainThread();
  const early = new Early({ isMain, attached, load, onStop: unregister });
  // The main thread wants to know which workers listen, a program that is attached to has started long ago, and every
  // operation of a cache is to be seen.
  if (!isMain || attached || process.env.CODOPERF_LRU_AUTO === '1') early.rest();
});

function load(): typeof import('./agent.ts') {
  const module = { exports: {} };
  const holder = toString.call(REST);
  const code = holder.slice(holder.indexOf('/*') + 2, holder.lastIndexOf('*/'));
  const names = ['module', 'require', ...Object.keys(globals)];
  const run = builtin('node:vm').compileFunction(code, names, { filename: __filename });
  run(module, (id: string) => shared[id] ?? builtin(id), ...Object.values(globals));
  return module.exports as typeof import('./agent.ts');
}

/** As `worker_threads` says, which costs a millisecond to load. */
function isMainThread(): boolean {
  try {
    const [pid, , tid] = fs.readlinkSync('/proc/thread-self').split('/');
    return pid === tid;
  } catch {
    return builtin('node:worker_threads').isMainThread;
  }
}

/** Takes back what this file did, so that it can be loaded again. */
function unregister(): void {
  Reflect.deleteProperty(globalThis, AGENT);
  Reflect.deleteProperty(globalThis, ATTACHED);
  const { cache } = builtin('node:module').createRequire(__filename);
  delete cache[__filename];
}
