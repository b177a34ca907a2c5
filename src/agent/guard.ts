/**
 * What keeps the agent harmless: nothing of it throws into the program, and the modules that a program may never need
 * are loaded when they are used first.
 */
import process from 'node:process';

/** Loads one of Node.js's own modules; `net` and `worker_threads` cost start-up time that most programs do not pay. */
export const builtin: typeof process.getBuiltinModule = process.getBuiltinModule.bind(process);

const { hrtime } = process;

/** CLOCK_MONOTONIC in seconds: the same in every thread, and in every process of the machine. */
export function monotonicSeconds(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds + nanoseconds / 1e9;
}

/** Tells those who ask with `NODE_DEBUG=codoperf` what the agent leaves out, and why. */
export function note(what: string, why?: unknown): void {
  try {
    builtin('node:util').debuglog('codoperf')('%s: %s', what, why instanceof Error ? why.message : String(why));
  } catch {
    return; // A program that broke the console gets no notes.
  }
}

/** Does `action`; when that throws, notes it and gives `undefined`. */
export function guarded<T>(what: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    note(what, error);
    return undefined;
  }
}

/** `text` or its beginning of at most `most` characters, the last of them `…`. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
