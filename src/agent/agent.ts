/** The agent of a thread from a moment after its start: it measures, answers, and leaves with the program. */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { AgentRequest } from '../wire/agent/messages.ts';
import type { Agent, Early } from './early.ts';
import { writeLastWords } from './exit-dump.ts';
import { guarded, monotonicSeconds, note } from './guard.ts';
import { ProcessFacts } from './process-facts.ts';
import { BadRequest } from './requests.ts';
import { AgentServer } from './server.ts';
import { removeStaleSockets, socketPlace } from './socket-place.ts';
import { cachesOf, clearedOf, metricsOf } from './thread-answer.ts';
import type { Answers } from './thread-answer.ts';
import { MainEnd, WorkerEnd } from './thread-bus.ts';
import { Thread } from './thread.ts';
import { askThreads, askThreadsInPlace } from './threads.ts';

/** After the rest of the agent was loaded; the event loop turns in between. */
const SETTLE_MS = 10;

/** Starts it. */
export function begin(early: Early): Agent {
  return early.isMain ? new MainAgent(early) : new WorkerAgent(early);
}

function later(what: string, action: () => void): NodeJS.Timeout {
  return setTimeout(() => guarded(what, action), SETTLE_MS).unref();
}

/** The agent of the main thread: it has the socket, and asks the other threads. */
class MainAgent implements Agent {
  private readonly early: Early;
  private readonly bus = new MainEnd();
  private readonly thread: Thread;
  private readonly facts: ProcessFacts;
  private readonly timer: NodeJS.Timeout;
  private server: AgentServer | undefined;
  private socket: string | undefined;

  constructor(early: Early) {
    this.early = early;
    this.facts = new ProcessFacts(early.pool);
    this.thread = new Thread(early);
    this.timer = later('settle', () => this.settle());
  }

  onWorker(): void {
    this.bus.open();
  }

  onWorkerEnd(thread: number): void {
    this.bus.listening.delete(thread);
  }

  onExit(): void {
    guarded('last words', () => this.sayLastWords());
    guarded('socket', () => this.removeSocket());
  }

  private settle(): void {
    this.thread.settle();
    this.early.pool.settle();
    this.open().catch((error: unknown) => {
      note('no socket', error);
      // Nobody could ask it to leave.
      if (this.early.attached) this.stop();
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
    if (request.op === 'stop' && !this.early.attached) {
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
    const { exitDirectory } = this.early;
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
    clearTimeout(this.timer);
    this.thread.stop();
    this.bus.close();
    this.server?.close();
    this.removeSocket();
    this.early.stop();
  }
}

/** The agent of a worker thread: it answers the main thread, which alone keeps a list of who listens. */
class WorkerAgent implements Agent {
  private readonly early: Early;
  private readonly thread: Thread;
  private readonly bus: WorkerEnd;
  private readonly timer: NodeJS.Timeout;

  constructor(early: Early) {
    this.early = early;
    this.thread = new Thread(early);
    this.bus = new WorkerEnd(async (question) => {
      if (question.op === 'stop' && early.attached) this.stop();
      return await this.thread.answer(question);
    });
    this.bus.open();
    this.timer = later('settle', () => this.thread.settle());
  }

  onWorker(): void {
    // It says itself that it listens.
  }

  onWorkerEnd(): void {
    // The main thread will not hear of it in the next answer.
  }

  onExit(): void {
    // Its figures go with it.
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.thread.stop();
    this.bus.close();
    this.early.stop();
  }
}
