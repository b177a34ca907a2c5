/**
 * The client's end of an agent's socket. The peer is another process: it may be slow, blocked, gone in the middle of
 * a reply, of another version, or somebody who wants to fill our memory. Whatever it does, asking ends in time and
 * with an answer or a named failure.
 */
import net from 'node:net';
import { errnoOf } from '../../core/errors.ts';
import { BadFrame, FrameReader, encodeFrame } from '../../wire/agent/frames.ts';
import type { AgentRequest } from '../../wire/agent/messages.ts';
import { BadReply, fields } from './checked.ts';
import type { AgentSocket } from './discover.ts';
import { Refusal, readReply } from './replies.ts';
import type { AgentResults } from './replies.ts';

/** Replies that are larger are not taken: a hundred hostile peers must not fill our memory. */
const replyBytes = {
  hello: 64 * 1024,
  metrics: 4 * 1024 * 1024,
  caches: 16 * 1024 * 1024,
  clear: 4 * 1024 * 1024,
  stop: 64 * 1024,
} as const satisfies Record<AgentRequest['op'], number>;

const DEFAULT_CONCURRENCY = 64;

/** A request without its number. */
export type AgentQuestion<R extends AgentRequest = AgentRequest> = R extends AgentRequest ? Omit<R, 'id'> : never;

/** What the agent answers to a question. */
export type AgentResult<Q extends AgentQuestion> = AgentResults[Q['op']];

/**
 * Why there is no answer. `silent`: none in time, the event loop is blocked; `refused`: nobody listens, or the agent
 * said no; `vanished`: it was gone before the reply was whole; `hostile`: it broke the protocol; `denied`: this user
 * may not connect.
 */
export type AgentFailure = 'silent' | 'refused' | 'vanished' | 'hostile' | 'denied';

/** An agent did not answer; `message` tells more, without the pid. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly failure: AgentFailure;

  constructor(failure: AgentFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/** The answer of one agent, or why there is none; `seconds` is how long that took. */
export type AgentAnswer<T> = { readonly agent: AgentSocket; readonly seconds: number } & (
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly failure: AgentFailure; readonly message: string }
);

interface Waiting {
  readonly id: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (why: Error) => void;
}

/**
 * A connection to one agent: made by the first question, kept for the next ones, never what keeps this process
 * alive. One question at a time; one that fails ends the connection, and the next one makes another.
 */
export class AgentClient {
  readonly agent: AgentSocket;
  private readonly background: boolean;
  private socket: net.Socket | undefined;
  private reader = new FrameReader(0);
  private waiting: Waiting | undefined;
  private id = 0;
  private closed = false;

  /** In the `background`, not even a question under way keeps this process alive. */
  constructor(agent: AgentSocket, { background = false } = {}) {
    this.agent = agent;
    this.background = background;
  }

  /** Asks, and gives the answer or why there is none; never rejects. */
  async ask<Q extends AgentQuestion>(question: Q, timeoutMs: number): Promise<AgentAnswer<AgentResult<Q>>> {
    const { agent } = this;
    const since = performance.now();
    const seconds = (): number => (performance.now() - since) / 1000;
    const op: Q['op'] = question.op;
    try {
      // What changes something goes only to a process that was seen to be the right one.
      if (op === 'clear' || op === 'stop') {
        readReply('hello', await this.exchange({ op: 'hello' }, timeoutMs), agent.pid);
      }
      const reply = await this.exchange(question, timeoutMs - seconds() * 1000);
      return { agent, ok: true, result: readReply(op, reply, agent.pid), seconds: seconds() };
    } catch (error) {
      this.drop();
      const { failure, message } = noAnswer(error);
      return { agent, ok: false, failure, message, seconds: seconds() };
    }
  }

  /** Ends the connection for good; a question under way fails as `vanished`. */
  close(): void {
    this.closed = true;
    this.drop();
  }

  private drop(): void {
    this.fail(new NoAnswer('vanished', 'the connection was closed'));
  }

  /** An agent ends connections that nobody used for long: a question that meets such an end is asked once more. */
  private async exchange(question: AgentQuestion, timeoutMs: number): Promise<unknown> {
    const kept = this.socket !== undefined && question.op !== 'clear' && question.op !== 'stop';
    try {
      return await this.exchangeOnce(question, timeoutMs);
    } catch (error) {
      if (!kept || this.closed || !(error instanceof NoAnswer) || error.failure !== 'vanished') throw error;
      return this.exchangeOnce(question, timeoutMs);
    }
  }

  private async exchangeOnce(question: AgentQuestion, timeoutMs: number): Promise<unknown> {
    if (this.waiting !== undefined) throw new Error('BUG: an agent was asked before it answered');
    const id = ++this.id;
    this.reader = new FrameReader(replyBytes[question.op]);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.waiting = { id, resolve, reject };
        timer = setTimeout(() => this.giveUp(id, timeoutMs), Math.max(timeoutMs, 1));
        if (this.background) timer.unref();
        this.socket ??= this.connect();
        this.socket.write(encodeFrame({ id, ...question }));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A reply that arrived while this process itself could not run must not be taken for none. */
  private giveUp(id: number, timeoutMs: number): void {
    setImmediate(() => {
      if (this.waiting?.id !== id) return;
      this.fail(
        new NoAnswer('silent', `no answer within ${(timeoutMs / 1000).toFixed(1)} s: its event loop is blocked`),
      );
    });
  }

  private connect(): net.Socket {
    const socket = net.createConnection({ path: this.agent.socket });
    socket.unref();
    socket.on('data', (chunk) => this.take(socket, chunk));
    socket.on('error', (error) => this.lose(socket, error));
    socket.on('close', () => this.lose(socket));
    return socket;
  }

  private take(socket: net.Socket, chunk: Buffer): void {
    if (socket !== this.socket) return;
    const { waiting } = this;
    try {
      const messages = this.reader.push(chunk);
      if (messages.length === 0) return;
      if (waiting === undefined || messages.length > 1) throw new BadReply('it sent more than it was asked for');
      if (fields(messages[0], 'the reply').id !== waiting.id) throw new BadReply('it answered another question');
      this.waiting = undefined;
      waiting.resolve(messages[0]);
    } catch (error) {
      this.fail(noAnswer(error));
    }
  }

  private lose(socket: net.Socket, error?: Error): void {
    if (socket !== this.socket) return;
    this.fail(error === undefined ? new NoAnswer('vanished', 'it ended before the reply was whole') : noAnswer(error));
  }

  private fail(why: NoAnswer): void {
    const { socket, waiting } = this;
    this.socket = undefined;
    this.waiting = undefined;
    socket?.destroy();
    waiting?.reject(why);
  }
}

/** Any failure as a named one. */
function noAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (error instanceof BadFrame || error instanceof BadReply) return new NoAnswer('hostile', error.message, error);
  if (error instanceof Refusal) return new NoAnswer('refused', error.message, error);
  const errno = errnoOf(error);
  if (errno === 'EACCES' || errno === 'EPERM') return new NoAnswer('denied', 'not allowed to connect', error);
  if (errno === 'ECONNREFUSED') return new NoAnswer('refused', 'nobody listens', error);
  // The queue of connections that it has not accepted yet is full.
  if (errno === 'EAGAIN')
    return new NoAnswer('silent', 'it takes no more connections: its event loop is blocked', error);
  if (errno !== undefined) return new NoAnswer('vanished', `it is gone (${errno})`, error);
  throw error;
}

/** How `askAll` asks. */
export interface AskOptions {
  readonly timeoutMs: number;
  /** Connections at a time. Default: 64. */
  readonly concurrency?: number;
}

/** Asks all agents the same, in parallel; the answers are in the order of `agents`. Never rejects. */
export async function askAll<Q extends AgentQuestion>(
  agents: readonly AgentSocket[],
  question: Q,
  { timeoutMs, concurrency = DEFAULT_CONCURRENCY }: AskOptions,
): Promise<AgentAnswer<AgentResult<Q>>[]> {
  const answers: AgentAnswer<AgentResult<Q>>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < agents.length) {
      const i = next++;
      const client = new AgentClient(agents[i]);
      answers[i] = await client.ask(question, timeoutMs);
      client.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, agents.length) }, lane));
  return answers;
}
