/**
 * What has to be there before the first line of the program, and costs little. The rest of the agent, which is most of
 * it, is loaded a moment later, or as soon as it is needed: by a worker, by a request, or for the last words. A program
 * that ends before never pays for it.
 */
import process from 'node:process';
import { guarded } from './guard.ts';
import { onFirstMessage } from './missed.ts';
import { PoolThreads } from './pool-threads.ts';
import { startProbe } from './probe-set.ts';
import type { Probe, RunningProbe } from './probe.ts';
import gc from './probes/gc.ts';
import modules from './probes/modules.ts';
import { Workers } from './workers.ts';

/** The program gets this long to start. */
const REST_MS = 20;

/** Probes of what happens from the start: collections, and modules that are loaded. */
const early: readonly Probe[] = [gc, modules];

/** The agent of a thread, as the part that came first calls it. */
export interface Agent {
  /** The thread makes a worker, whose thread has not begun. */
  onWorker(): void;
  /** A worker of the thread was found to have ended. */
  onWorkerEnd(thread: number): void;
  onExit(): void;
}

/** How the agent came into this thread. */
export interface EarlyOptions {
  readonly isMain: boolean;
  /** Brought in while the program ran: only such an agent can be stopped. */
  readonly attached: boolean;
  /** Loads the rest. */
  readonly load: () => { begin(early: Early): Agent };
  /** Takes back what the entry point did, after the rest. */
  readonly onStop: () => void;
}

/** The agent while the program starts. */
export class Early {
  readonly isMain: boolean;
  readonly attached: boolean;
  readonly exitDirectory = process.env.CODOPERF_EXIT_DIR;
  readonly pool = new PoolThreads();
  readonly workers = new Workers(
    () => this.rest()?.onWorker(),
    (thread) => this.rest()?.onWorkerEnd(thread),
  );
  /** Probes that run already, by name. */
  readonly probes = new Map<string, RunningProbe>();
  private readonly options: EarlyOptions;
  private agent: Agent | undefined;
  private loaded = false;
  private readonly timer: NodeJS.Timeout;
  private readonly endWatch: () => void;
  private readonly exit = (): void => {
    const wanted = this.agent !== undefined || this.exitDirectory !== undefined;
    guarded('exit', () => wanted && this.rest()?.onExit());
  };

  constructor(options: EarlyOptions) {
    const { isMain, attached } = options;
    this.options = options;
    this.isMain = isMain;
    this.attached = attached;
    for (const probe of early) {
      const running = probe.scope === 'process' && !isMain ? undefined : startProbe(probe);
      if (running !== undefined) this.probes.set(probe.name, running);
    }
    this.workers.start();
    this.endWatch = onFirstMessage(() => this.rest());
    this.timer = setTimeout(() => guarded('rest', () => this.rest()), REST_MS).unref();
    process.on('exit', this.exit);
  }

  /** The rest of the agent, loaded when it is not there; `undefined` when that failed. */
  rest(): Agent | undefined {
    if (this.loaded) return this.agent;
    this.loaded = true;
    this.agent = this.options.load().begin(this);
    clearTimeout(this.timer);
    this.endWatch();
    return this.agent;
  }

  /** Takes back all that this did. */
  stop(): void {
    process.off('exit', this.exit);
    this.workers.stop();
    this.options.onStop();
  }
}
