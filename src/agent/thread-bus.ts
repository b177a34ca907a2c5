/**
 * How the main thread asks the other ones. Questions go over a BroadcastChannel on which every thread with the agent
 * listens; answers over a second one on which only the main thread does, because what a channel carries is copied for
 * each listener. A worker opens that one for a moment, to post. None of it keeps a thread alive.
 *
 * Workers say so when they begin to listen, so that one that does not answer can be told from one without the agent.
 */
import type { BroadcastChannel as Channel } from 'node:worker_threads';
import { builtin, guarded, monotonicSeconds, note } from './guard.ts';
import type { ThreadAnswer, ThreadQuestion } from './thread-answer.ts';

const QUESTIONS = 'codoperf.agent.questions@1';
const ANSWERS = 'codoperf.agent.answers@1';
/** A thread that works and has begun a clear may take as long as its caches do (10 s for each slow one). */
const CLEAR_PATIENCE_MS = 30_000;
const NAP_MS = 1;

interface Question {
  readonly id: number;
  readonly question: ThreadQuestion;
  /** CLOCK_MONOTONIC seconds after which nobody waits: a thread that was blocked until then must not clear any more. */
  readonly until: number;
}

interface Answer {
  readonly from: number;
  /** The question; `null` to say that the thread listens now. */
  readonly id: number | null;
  /** Absent while the thread is at it. */
  readonly answer?: ThreadAnswer;
}

function open(name: string): Channel {
  const channel = new (builtin('node:worker_threads').BroadcastChannel)(name);
  channel.unref();
  return channel;
}

/** Calls `take` with each message; what a listener throws would end the program. */
function hear(channel: Channel, take: (data: unknown) => void): void {
  channel.addEventListener('message', (event) => {
    guarded('message', () => take((event as MessageEvent).data));
  });
}

/** A worker's end: listens for questions. */
export class WorkerEnd {
  private readonly respond: (question: ThreadQuestion) => Promise<ThreadAnswer>;
  private channel: Channel | undefined;

  constructor(respond: (question: ThreadQuestion) => Promise<ThreadAnswer>) {
    this.respond = respond;
  }

  open(): void {
    this.channel = open(QUESTIONS);
    hear(this.channel, (data) => {
      this.take(data as Question).catch((error: unknown) => note('question', error));
    });
    this.post(null);
  }

  close(): void {
    this.channel?.close();
  }

  private async take({ id, question, until }: Question): Promise<void> {
    if (monotonicSeconds() > until) return;
    // Only a clear takes longer than a moment.
    if (question.op === 'clear') this.post(id);
    this.post(id, await this.respond(question));
  }

  private post(id: number | null, answer?: ThreadAnswer): void {
    const channel = open(ANSWERS);
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, and this is none
      channel.postMessage({ from: builtin('node:worker_threads').threadId, id, answer } satisfies Answer);
    } finally {
      channel.close();
    }
  }
}

/** One question under way. */
class Round {
  readonly answers = new Map<number, ThreadAnswer>();
  /** Threads that said that they are at it. */
  readonly busy = new Set<number>();
  private readonly listening: ReadonlySet<number>;

  constructor(listening: ReadonlySet<number>) {
    this.listening = listening;
  }

  take({ from, answer }: Answer): void {
    if (answer === undefined) this.busy.add(from);
    else {
      this.busy.delete(from);
      this.answers.set(from, answer);
    }
  }

  /** Whether every thread that listens has answered. */
  get complete(): boolean {
    return [...this.listening].every((thread) => this.answers.has(thread));
  }
}

/** The main thread's end: asks. Opened with the first worker. */
export class MainEnd {
  /** Threads that run the agent; those that ended drop out when they do not answer. */
  readonly listening = new Set<number>();
  private readonly rounds = new Map<number, { readonly round: Round; readonly changed: () => void }>();
  private questions: Channel | undefined;
  private answers: Channel | undefined;
  private lastId = 0;

  open(): void {
    if (this.answers !== undefined) return;
    this.answers = open(ANSWERS);
    hear(this.answers, (data) => this.take(data as Answer));
    this.questions = open(QUESTIONS);
  }

  close(): void {
    this.answers?.close();
    this.questions?.close();
    this.answers = undefined;
    this.questions = undefined;
  }

  /** The answers that come within `timeoutMs`; of threads that began a clear by then, also later ones. */
  async ask(question: ThreadQuestion, timeoutMs: number): Promise<ThreadAnswer[]> {
    if (this.listening.size === 0) return [];
    const { id, round } = this.post(question, timeoutMs);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const timer of deadlines) clearTimeout(timer);
        this.rounds.delete(id);
        resolve();
      };
      let late = false;
      const changed = (): void => {
        if (round.complete || (late && round.busy.size === 0)) done();
      };
      const expired = (): void => {
        late = true;
        changed();
      };
      const deadlines = [setTimeout(expired, timeoutMs), setTimeout(done, CLEAR_PATIENCE_MS)];
      for (const timer of deadlines) timer.unref();
      this.rounds.set(id, { round, changed });
    });
    return [...round.answers.values()];
  }

  /** As `ask`, for when the event loop is over: waits in place, for at most `timeoutMs`. */
  askInPlace(question: ThreadQuestion, timeoutMs: number): ThreadAnswer[] {
    const { answers } = this;
    if (answers === undefined || this.listening.size === 0) return [];
    const { id, round } = this.post(question, timeoutMs);
    const { receiveMessageOnPort } = builtin('node:worker_threads');
    const nap = new Int32Array(new SharedArrayBuffer(4));
    const end = monotonicSeconds() + timeoutMs / 1000;
    while (!round.complete && monotonicSeconds() < end) {
      // Declared for message ports only, and documented for both.
      const received = receiveMessageOnPort(answers as unknown as Parameters<typeof receiveMessageOnPort>[0]);
      if (received === undefined) Atomics.wait(nap, 0, 0, NAP_MS);
      else if ((received.message as Answer).id === id) round.take(received.message as Answer);
    }
    return [...round.answers.values()];
  }

  private post(question: ThreadQuestion, timeoutMs: number): { id: number; round: Round } {
    const id = ++this.lastId;
    this.questions?.postMessage({ id, question, until: monotonicSeconds() + timeoutMs / 1000 } satisfies Question);
    return { id, round: new Round(this.listening) };
  }

  private take(message: Answer): void {
    this.listening.add(message.from);
    const waiting = message.id === null ? undefined : this.rounds.get(message.id);
    waiting?.round.take(message);
    waiting?.changed();
  }
}
