/** The agent in one thread: counts from the start, answers a moment later, leaves when the program does. */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { AgentRequest } from '../wire/agent/messages.ts';
import { writeLastWords } from './exit-dump.ts';
import { guarded, monotonicSeconds, note, timers } from './guard.ts';
import { ProcessFacts } from './process-facts.ts';
import { BadRequest } from './requests.ts';
import { AgentServer } from './server.ts';
import { removeStaleSockets, socketPlace } from './socket-place.ts';
import { cachesOf, clearedOf, metricsOf } from './thread-answer.ts';
import type { Answers } from './thread-answer.ts';
import { MainEnd, WorkerEnd } from './thread-bus.ts';
import { Thread } from './thread.ts';
import { askThreads, askThreadsInPlace } from './threads.ts';
import { Workers } from './workers.ts';

/** The program gets this long to start before anything of ours is loaded. */
const SETTLE_MS = 25;

/** How the agent came into the process. */
export interface AgentOptions {
  /** Brought in while the program ran: only such an agent can be stopped. */
  readonly attached: boolean;
  /** Takes back what the entry point did, after the rest. */
  readonly onStop: () => void;
}

function later(what: string, action: () => void): NodeJS.Timeout {
  return timers.setTimeout(() => guarded(what, action), SETTLE_MS).unref();
}

/** The agent of the main thread: it has the socket, and asks the other threads. */
export class MainAgent {
  private readonly options: AgentOptions;
  private readonly bus = new MainEnd();
  private readonly thread: Thread;
  private readonly facts = new ProcessFacts();
  private readonly exitDirectory = process.env.CODOPERF_EXIT_DIR;
  private server: AgentServer | undefined;
  private socket: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly exit = (): void => {
    guarded('last words', () => this.sayLastWords());
    guarded('socket', () => this.removeSocket());
  };

  constructor(options: AgentOptions) {
    this.options = options;
    const { bus } = this;
    const workers = new Workers(
      () => bus.open(),
      (thread) => bus.listening.delete(thread),
    );
    this.thread = new Thread(true, workers);
  }

  start(): void {
    this.thread.start();
    process.on('exit', this.exit);
    this.timer = later('settle', () => this.settle());
  }

  private settle(): void {
    this.thread.settle();
    this.facts.pool.settle();
    this.open().catch((error: unknown) => {
      note('no socket', error);
      // Nobody could ask it to leave.
      if (this.options.attached) this.stop();
    });
  }

  private async open(): Promise<void> {
    const place = await socketPlace(process.env);
    this.server = new AgentServer((request) => this.answer(request));
    await this.server.listen(place);
    this.socket = place;
    await removeStaleSockets(path.dirname(place));
  }

  private async answer(request: AgentRequest): Promise<unknown> {
    const facts = this.facts.read();
    if (request.op === 'hello') return facts;
    if (request.op === 'stop' && !this.options.attached) {
      throw new BadRequest('bad_request', 'this agent was not brought in by --attach, and ends with its process');
    }
    const answers = await askThreads(this.thread, this.bus, request);
    switch (request.op) {
      case 'metrics':
        return metricsOf(facts, monotonicSeconds(), answers);
      case 'caches':
        return cachesOf(facts, monotonicSeconds(), answers);
      case 'clear':
        return clearedOf(facts, answers);
      case 'stop':
        // The reply goes first.
        later('stop', () => this.stop());
        return null;
    }
  }

  private sayLastWords(): void {
    const { exitDirectory } = this;
    if (exitDirectory === undefined || exitDirectory === '') return;
    const facts = this.facts.read();
    const at = monotonicSeconds();
    const ask = (op: 'metrics' | 'caches'): Answers => askThreadsInPlace(this.thread, this.bus, { id: 0, op });
    const metrics = metricsOf(facts, at, ask('metrics'));
    writeLastWords(exitDirectory, { metrics, caches: cachesOf(facts, at, ask('caches')) });
  }

  private removeSocket(): void {
    const { socket } = this;
    this.socket = undefined;
    if (socket !== undefined) fs.rmSync(socket, { force: true });
  }

  private stop(): void {
    timers.clearTimeout(this.timer);
    process.off('exit', this.exit);
    this.thread.stop();
    this.bus.close();
    this.server?.close();
    this.removeSocket();
    this.options.onStop();
  }
}

/** The agent of a worker thread: it answers the main thread. */
export class WorkerAgent {
  private readonly options: AgentOptions;
  private readonly thread: Thread;
  private readonly bus: WorkerEnd;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: AgentOptions) {
    this.options = options;
    this.thread = new Thread(false, new Workers(ignore, ignore));
    this.bus = new WorkerEnd(async (question) => {
      if (question.op === 'stop' && options.attached) this.stop();
      return await this.thread.answer(question);
    });
  }

  start(): void {
    this.thread.start();
    this.bus.open();
    this.timer = later('settle', () => this.thread.settle());
  }

  private stop(): void {
    timers.clearTimeout(this.timer);
    this.thread.stop();
    this.bus.close();
    this.options.onStop();
  }
}

function ignore(): void {
  // The main thread alone keeps a list of who listens.
}
