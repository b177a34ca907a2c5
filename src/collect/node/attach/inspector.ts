/**
 * The client's end of an inspector: who answers at an address, and evaluating in its main thread. The peer is another
 * process and possibly not an inspector at all, so that everything is bounded in time and size.
 * https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#method-evaluate
 */
import http from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import type { Listener } from './listeners.ts';
import { connectAddress } from './listeners.ts';

const LARGEST_LIST_BYTES = 64 * 1024;
const LARGEST_MESSAGE_BYTES = 1024 * 1024;
const LONGEST_FAILURE = 300;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The session ended before the answer came. */
class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

/** There was no answer in time. */
export class SessionSilent extends Error {
  override readonly name = 'SessionSilent';
}

/** Address of the session with the main thread, or `undefined` when this is no inspector or does not answer. */
export async function sessionAddress(listener: Listener, timeoutMs: number): Promise<string | undefined> {
  const host = connectAddress(listener);
  const { port } = listener;
  const body = await getSmall({ host, port, path: '/json/list' }, timeoutMs);
  const id = body === undefined ? undefined : targetId(body);
  return id === undefined ? undefined : `ws://${net.isIPv6(host) ? `[${host}]` : host}:${port}/${id}`;
}

/** Whether a new connection is refused. */
export async function refuses(listener: Listener): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: connectAddress(listener), port: listener.port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

function targetId(body: string): string | undefined {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    return undefined; // Some other server.
  }
  const first = (Array.isArray(list) ? list[0] : undefined) as { id?: unknown; type?: unknown } | null | undefined;
  return first?.type === 'node' && typeof first.id === 'string' && UUID.test(first.id) ? first.id : undefined;
}

function getSmall(where: http.RequestOptions, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ ...where, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > LARGEST_LIST_BYTES) request.destroy();
      });
      response.on('end', () => resolve(body));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

interface Answer {
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: Thrown };
  readonly error?: { readonly message?: unknown };
}

interface Thrown {
  readonly text?: unknown;
  readonly exception?: { readonly description?: unknown };
}

/** No pause at an exception, no object kept for us, and `require` for a Node.js without `getBuiltinModule`. */
const QUIETLY = { includeCommandLineAPI: true, returnByValue: true, silent: true } as const;

/** A session with the main thread of a process. */
export class InspectorSession {
  private readonly ended: Promise<void>;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private id = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    socket.on('message', (data: Buffer) => this.take(data));
  }

  /** Opens a session. Throws `SessionSilent` or `SessionEnded`. */
  static async open(address: string, timeoutMs: number): Promise<InspectorSession> {
    const socket = new WebSocket(address, {
      handshakeTimeout: timeoutMs,
      maxPayload: LARGEST_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    const session = new InspectorSession(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      // Later ones too: an error is followed by `close`, which is what counts.
      socket.on('error', (error) => {
        const silent = error.message.includes('timed out');
        reject(silent ? new SessionSilent('no handshake in time') : new SessionEnded(error.message, { cause: error }));
      });
    });
    return session;
  }

  /**
   * Evaluates in the main thread, at once even amid a loop that never ends, and gives the value. Never pauses the
   * program. Throws `SessionSilent`, `SessionEnded`, or an `Error` with what the expression threw.
   */
  async evaluate(expression: string, timeoutMs: number): Promise<unknown> {
    return await this.run({ expression, timeout: timeoutMs }, timeoutMs);
  }

  /** As `evaluate`, and gives what the expression's promise resolves to; that takes a turn of the event loop. */
  async evaluatePromise(expression: string, timeoutMs: number): Promise<unknown> {
    return await this.run({ expression, timeout: timeoutMs, awaitPromise: true }, timeoutMs);
  }

  /**
   * Sends an expression that ends the session, so that there may be no answer. Nothing else may end it at the same
   * time: an inspector that closes while a client says goodbye can crash the process (nodejs/node#34833, seen with
   * Node.js 20, 22 and 24), and its event loop waits for the client to confirm.
   */
  send(expression: string): void {
    const request = { id: ++this.id, method: 'Runtime.evaluate', params: { expression, ...QUIETLY } };
    this.socket.send(JSON.stringify(request), () => undefined);
  }

  /** Waits until the session is over, whoever ended it, but not longer than this. */
  async endsWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
  }

  /** Ends the session from our side. */
  end(): void {
    this.socket.terminate();
  }

  private async run(params: object, timeoutMs: number): Promise<unknown> {
    const { result, error } = await this.ask(
      { method: 'Runtime.evaluate', params: { ...params, ...QUIETLY } },
      timeoutMs,
    );
    if (error !== undefined) throw new Error(shortText(error.message));
    const thrown = result?.exceptionDetails;
    if (thrown !== undefined) throw new Error(shortText(thrown.exception?.description ?? thrown.text));
    return result?.result?.value;
  }

  private async ask(request: { method: string; params: object }, timeoutMs: number): Promise<Answer> {
    const id = ++this.id;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.waiting.set(id, resolve);
        timer = setTimeout(() => reject(new SessionSilent(`no answer within ${timeoutMs} ms`)), timeoutMs);
        void this.ended.then(() => reject(new SessionEnded('the session ended before the answer')));
        this.socket.send(JSON.stringify({ id, ...request }), () => undefined);
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  private take(data: Buffer): void {
    let answer: (Answer & { readonly id?: unknown }) | null;
    try {
      answer = JSON.parse(data.toString()) as typeof answer;
    } catch {
      this.end(); // Not an inspector after all.
      return;
    }
    if (typeof answer?.id === 'number') this.waiting.get(answer.id)?.(answer);
  }
}

function shortText(text: unknown): string {
  return String(text).slice(0, LONGEST_FAILURE);
}
