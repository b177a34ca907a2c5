/** Waits in a loop: one listener for the whole run, one timer and one promise a wait. */
import type { Clock } from '../core/clock.ts';

/** Sleeps until a moment of the clock, or until it is stopped. */
export class Sleeper {
  private readonly clock: Clock;
  private readonly stop: AbortSignal;
  private timer: NodeJS.Timeout | undefined;
  private resolve: (() => void) | undefined;

  constructor(clock: Clock, stop: AbortSignal) {
    this.clock = clock;
    this.stop = stop;
    stop.addEventListener('abort', this.wake, { once: true });
  }

  /** Resolves at the monotonic second `at`; at the next turn of the event loop when that has passed. */
  until(at: number): Promise<void> {
    const delayMs = Math.ceil((at - this.clock.monotonicSeconds()) * 1000);
    return new Promise((resolve) => {
      if (this.stop.aborted) {
        resolve();
      } else if (delayMs <= 0) {
        setImmediate(resolve);
      } else {
        this.resolve = resolve;
        this.timer = setTimeout(this.wake, delayMs);
      }
    });
  }

  /** Stops listening. */
  close(): void {
    this.stop.removeEventListener('abort', this.wake);
  }

  private readonly wake = (): void => {
    clearTimeout(this.timer);
    const { resolve } = this;
    this.resolve = undefined;
    resolve?.();
  };
}
