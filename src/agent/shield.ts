/**
 * What the runtime calls of the agent by itself: an error that escaped from a timer, a channel or an observer would
 * end the program as an uncaught exception.
 */
import { note } from './guard.ts';
import { countFailure } from './probe-failures.ts';

/** `act` as a callback that never throws, named `what` in notes. */
export function shielded<Argument = void>(
  what: string,
  act: (argument: Argument) => void,
): (argument: Argument) => void {
  return (argument) => {
    try {
      act(argument);
    } catch (error) {
      countFailure();
      note(what, error);
    }
  };
}

/** What `ask` gives, or `otherwise` where the kernel or the permission model refuses: no failure of the agent. */
export function attempt<Value>(ask: () => Value, otherwise: Value): Value {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
