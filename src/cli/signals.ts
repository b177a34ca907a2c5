/**
 * Signals, turned into something that a command can await. The first Ctrl-C asks it to end early and
 * still give a whole result; the second ends the process at once. SIGTERM and SIGHUP ask the same
 * and change the exit code. Nothing is installed on a host program for longer than `main` runs.
 */

/** Why a command was asked to end early; `closed`: the reader of stdout went away. */
export type StopReason = 'interrupt' | 'terminate' | 'hangup' | 'closed';

/** The request to end early, as a command sees it. */
export interface Stop {
  /** Aborts with the first request: hand it to timers, streams and `fetch`. */
  readonly signal: AbortSignal;
  /** `undefined` as long as nobody asked. */
  readonly reason: StopReason | undefined;
  /** Calls `listener` at each SIGUSR2 ("print a summary now"); returns how to stop that. */
  onSummary(listener: () => void): () => void;
}

/** Exit codes of a process that a signal ended: 128 + its number, as shells report it. */
export const signalExitCode = { hangup: 129, interrupt: 130, terminate: 143 } as const;

const reasons = { SIGINT: 'interrupt', SIGTERM: 'terminate', SIGHUP: 'hangup' } as const;
type Caught = keyof typeof reasons;
const caught = Object.keys(reasons) as Caught[];

/** The handlers of one run of `main`. */
export class Signals implements Stop {
  reason: StopReason | undefined;
  private readonly controller = new AbortController();
  private readonly summaries = new Set<() => void>();
  private readonly force: (exitCode: number, signal: NodeJS.Signals) => void;

  /** `force` ends the process at the second signal; by default with the signal's own action. */
  constructor(force?: (exitCode: number) => void) {
    this.force =
      force ??
      ((_, signal) => {
        this.uninstall();
        process.kill(process.pid, signal);
      });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  install(): void {
    for (const name of caught) process.on(name, this.onSignal);
  }

  uninstall(): void {
    for (const name of caught) process.off(name, this.onSignal);
    for (const listener of this.summaries) process.off('SIGUSR2', listener);
    this.summaries.clear();
  }

  onSummary(listener: () => void): () => void {
    // Node.js hands a listener the signal's name; without a listener SIGUSR2 ends the process.
    const call = (): void => listener();
    this.summaries.add(call);
    process.on('SIGUSR2', call);
    return () => {
      this.summaries.delete(call);
      process.off('SIGUSR2', call);
    };
  }

  /** Asks the command to end early; only the first reason counts. */
  stop(reason: StopReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.controller.abort(reason);
  }

  private readonly onSignal = (name: NodeJS.Signals): void => {
    const reason = reasons[name as Caught];
    if (this.reason === undefined || this.reason === 'closed') {
      this.reason = undefined;
      this.stop(reason);
      return;
    }
    this.force(signalExitCode[reason], name);
  };
}
