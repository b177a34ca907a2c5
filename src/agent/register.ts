/**
 * The preload: `node --require codoperf/register app.js`, `--import`, or in NODE_OPTIONS. One file without
 * dependencies, also brought into running processes by `--attach`.
 */
import fs from 'node:fs';
import { MainAgent, WorkerAgent } from './agent.ts';
import { builtin, guarded, note } from './guard.ts';
import { version } from './version.ts';

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
  const Agent = isMainThread() ? MainAgent : WorkerAgent;
  new Agent({ attached, onStop: unregister }).start();
});

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
