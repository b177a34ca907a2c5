/**
 * The worker threads that this thread made, as it sees them itself: also a worker without the agent, or one that is
 * blocked, has a parent that knows how busy it is.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { guarded } from './guard.ts';
import { threadName } from './worker-name.ts';

const CHANNEL = 'worker_threads';

/** A living worker, from outside. */
export interface SeenWorker {
  readonly thread: number;
  readonly name: string;
  /** Seconds since its event loop began; `null` before that. */
  readonly loop: { readonly active: number; readonly idle: number } | null;
}

/** Follows the workers of this thread. Nothing is put on the program's own objects. */
export class Workers {
  private readonly known = new Map<number, Worker>();
  private readonly onNew: () => void;
  private readonly onEnd: (thread: number) => void;
  private readonly listener = (message: unknown): void => {
    // What a listener of a channel throws ends the program.
    guarded('worker', () => this.add((message as { worker: Worker }).worker));
  };

  /** `onNew` is called before a worker's thread begins, `onEnd` some time after it ended. */
  constructor(onNew: () => void, onEnd: (thread: number) => void) {
    this.onNew = onNew;
    this.onEnd = onEnd;
  }

  start(): void {
    subscribe(CHANNEL, this.listener);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.listener);
    this.known.clear();
  }

  /** Those that have not ended. */
  living(): SeenWorker[] {
    this.dropEnded();
    return [...this.known].map(([thread, worker]) => ({
      thread,
      name: workerName(worker),
      loop: guarded('worker', () => loopOf(worker)) ?? null,
    }));
  }

  private add(worker: Worker): void {
    this.dropEnded();
    this.known.set(worker.threadId, worker);
    this.onNew();
  }

  /** Finds out which have ended: they have no thread any more. */
  dropEnded(): void {
    for (const [thread, worker] of this.known) {
      if (worker.threadId === thread) continue;
      this.known.delete(thread);
      this.onEnd(thread);
    }
  }
}

function loopOf(worker: Worker): SeenWorker['loop'] {
  const { active, idle } = worker.performance.eventLoopUtilization();
  if (active === 0 && idle === 0) return null;
  // An idle worker can seem to have been idle for less than nothing: https://github.com/nodejs/node/issues/40525
  return { active: Math.max(active, 0) / 1000, idle: Math.max(idle, 0) / 1000 };
}

/** The name that the program gave it, which Node.js tells from 22.20 and 24.6 on. */
function workerName(worker: Worker): string {
  return threadName((worker as { readonly threadName?: string | null }).threadName);
}
