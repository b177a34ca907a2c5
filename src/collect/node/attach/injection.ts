/**
 * What is evaluated in the other process. Its text travels with the agent's source: the other user need not be able
 * to read our files, or have them among its mounts; nothing enters its module cache, no hook on `require` sees it.
 */

/** What goes into the process. */
export interface Parcel {
  /** The pid that the process must have for itself. */
  readonly pid: number;
  /** Name of the agent's file, for stack traces. */
  readonly file: string;
  readonly source: string;
}

/** What comes of it. */
export type Delivery =
  | { readonly wrong: number }
  | { readonly failed: string }
  | { readonly uid: number; readonly env: Readonly<Record<string, string>> };

/**
 * The agent begins in a turn of the event loop of its own, never amid the program's code: evaluating interrupts even
 * a loop without end.
 */
const DELIVER = `(parcel, cliRequire) => {
  if (process.pid !== parcel.pid) return { wrong: process.pid };
  const builtin = (name) => (process.getBuiltinModule ? process.getBuiltinModule(name) : cliRequire(name));
  const { setImmediate } = builtin('node:timers');
  const pending = Symbol.for('codoperf.attach.pending');
  const begin = () => {
    globalThis[Symbol.for('codoperf.attach')] = true;
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const agent = builtin('node:vm').compileFunction(parcel.source, names, { filename: parcel.file });
    const module = { exports: {} };
    const require = builtin('node:module').createRequire(parcel.file);
    agent.call(module.exports, module.exports, require, module, parcel.file, builtin('node:path').dirname(parcel.file));
  };
  return new Promise((resolve) => {
    const turn = setImmediate(() => {
      delete globalThis[pending];
      try {
        if (Symbol.for('codoperf.agent') in globalThis) throw 'it has one already, whose socket is somewhere else';
        begin();
        const { CODOPERF_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
        resolve({ uid: process.geteuid(), env: { CODOPERF_RUNTIME_DIR, XDG_RUNTIME_DIR } });
      } catch (error) {
        delete globalThis[Symbol.for('codoperf.attach')];
        resolve({ failed: String(error?.stack ?? error).slice(0, 500) });
      }
    });
    Object.defineProperty(globalThis, pending, { value: turn, configurable: true });
  });
}`;

/** Brings the agent in; its value is a promise of a `Delivery`. */
export function delivery(parcel: Parcel): string {
  return `(${DELIVER})(${JSON.stringify(parcel)}, typeof require === 'function' ? require : undefined)`;
}

/** Takes back an agent that has not begun; `true` when there was one. */
export const WITHDRAW = `(() => {
  const pending = Symbol.for('codoperf.attach.pending');
  const turn = globalThis[pending];
  clearImmediate(turn);
  return turn !== undefined && delete globalThis[pending];
})()`;

/** Closes the inspector, which ends every session with it. */
export const CLOSE_INSPECTOR = `(process.getBuiltinModule ?? require)('node:inspector').close()`;

/** The value of `delivery` as it should be; throws for anything else, as the process is not to be trusted. */
export function readDelivery(value: unknown): Delivery {
  const { wrong, failed, uid, env } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof wrong === 'number') return { wrong };
  if (typeof failed === 'string') return { failed };
  if (typeof uid !== 'number' || typeof env !== 'object') throw new Error('it answered something else');
  const texts = Object.entries(env ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return { uid, env: Object.fromEntries(texts) };
}
