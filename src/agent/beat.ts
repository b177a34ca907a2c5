/**
 * The agent's only regular wake-up: one timer a thread, which all probes share, as in an idle program the wake-ups
 * are what the agent costs. It never keeps the program alive.
 */
import { shielded } from './shield.ts';

/** Milliseconds between two beats. */
export const beatMs = 1000;

const calls = new Set<() => void>();
let timer: NodeJS.Timeout | undefined;

/** Calls `act`, named `what` in notes, about once a second until the function that comes back is called. */
export function everyBeat(what: string, act: () => void): () => void {
  const call = shielded(what, act);
  calls.add(call);
  timer ??= setInterval(beat, beatMs).unref();
  return () => {
    calls.delete(call);
    if (calls.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function beat(): void {
  for (const call of calls) call();
}
