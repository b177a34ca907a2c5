/**
 * One connection to a Redis, kept by @redis/client: one attempt, no reconnecting, a limit of time and of bytes for
 * every answer. Strings come as bytes, because keys are not text.
 */
import { CodoperfError } from '../../core/errors.ts';
import type { RedisAddress } from './redis-address.ts';
import { serverNameOf } from './redis-address.ts';
import { connectionError, replyError } from './redis-failure.ts';
import { ReplyBudget } from './reply-budget.ts';

/** A reply: RESP2 has strings, integers, arrays and nothing else; an error inside of an array is an `Error`. */
export type RedisReply = Buffer | string | number | null | Error | readonly RedisReply[];

type Library = typeof import('@redis/client');
type Client = ReturnType<typeof makeClient>;

/** Enough of the first answer to tell what listens there. */
const GREETING_BYTES = 80;

/** The text of a reply that is one. */
export function textOf(reply: RedisReply | undefined): string | undefined {
  if (Buffer.isBuffer(reply)) return reply.toString('utf8');
  return typeof reply === 'string' ? reply : undefined;
}

/** The number of a reply that is one, or a text of one. */
export function numberOf(reply: RedisReply | undefined): number | undefined {
  if (typeof reply === 'number') return reply;
  const text = textOf(reply);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** The elements of a reply that is an array; none otherwise. */
export function itemsOf(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
}

/** See the comment of the module. */
export class RedisConnection {
  readonly address: RedisAddress;
  private readonly client: Client;
  private readonly library: Library;
  private readonly timeoutMs: number;
  private readonly budget = new ReplyBudget();
  private greeting = '';
  private failure: unknown;
  private connected = false;

  private constructor(library: Library, address: RedisAddress, timeoutMs: number) {
    this.library = library;
    this.address = address;
    this.timeoutMs = timeoutMs;
    this.client = makeClient(library, address, timeoutMs);
    // Without a listener an 'error' ends the process. The first one is the cause of those that follow.
    this.client.on('error', (error: unknown) => this.fail(error));
    this.guard();
  }

  /** Connects and logs in. Throws a `CodoperfError`. */
  static async open(address: RedisAddress, timeoutMs: number): Promise<RedisConnection> {
    // A bundle knows the exports of a CommonJS package by `default` only.
    const { default: library } = await import('@redis/client');
    const connection = new RedisConnection(library, address, timeoutMs);
    await connection.within('the connection', async () => await connection.client.connect());
    connection.connected = true;
    return connection;
  }

  /** Sends a command. Throws a `CodoperfError`; those about the connection leave it closed. */
  async send(name: string, ...args: readonly (string | Buffer)[]): Promise<RedisReply> {
    this.budget.renew();
    return await this.within(
      name,
      async () => await this.client.sendCommand<RedisReply>([...name.split(' '), ...args]),
    );
  }

  /** Whether commands can still be sent. */
  get isOpen(): boolean {
    return this.client.isReady;
  }

  /** Ends the connection; answers that are still to come are lost. */
  close(): void {
    this.client.destroy();
  }

  private async within<T>(command: string, work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const seconds = this.timeoutMs / 1000;
    const late = new Promise<never>((_, reject) => {
      const error = new CodoperfError('SERVER_TIMEOUT', { name: this.address.name, command, seconds });
      timer = setTimeout(() => {
        reject(error);
        this.fail(error);
      }, this.timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      throw this.explain(error, command);
    } finally {
      clearTimeout(timer);
    }
  }

  private explain(error: unknown, command: string): CodoperfError {
    if (error instanceof this.library.ErrorReply) {
      // Before we asked anything it was the login, or the choice of a database, that was answered so.
      if (!this.connected) this.client.destroy();
      return replyError(this.address, error, this.connected ? command : loginCommand(error));
    }
    const cause = this.failure ?? error;
    this.client.destroy();
    if (cause instanceof this.library.ConnectionTimeoutError)
      return new CodoperfError('SERVER_TIMEOUT', { name: this.address.name, command, seconds: this.timeoutMs / 1000 });
    return connectionError(this.address, cause, this.connected ? 'waiting' : 'connecting', command, this.greeting);
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.client.destroy();
  }

  /** Counts what arrives before the library sees it: it offers no limit of its own. */
  private guard(): void {
    // oxlint-disable-next-line no-underscore-dangle -- internal, and the only way: test/server/redis-hostile.test.ts
    const { decoder } = this.client._getQueue();
    const write = decoder.write.bind(decoder);
    decoder.write = (chunk: Buffer) => {
      if (this.greeting.length < GREETING_BYTES)
        this.greeting += chunk.toString('latin1', 0, GREETING_BYTES - this.greeting.length);
      this.budget.take(chunk);
      write(chunk);
    };
  }
}

function loginCommand(error: Error): string {
  return /\bDB\b|database/i.test(error.message) ? 'SELECT' : 'AUTH';
}

function makeClient({ createClient, RESP_TYPES }: Library, address: RedisAddress, timeoutMs: number) {
  const { username, password, database } = address;
  return createClient({
    // RESP2 is what every version and fork speaks.
    RESP: 2,
    username,
    password,
    database,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: socketOf(address, timeoutMs),
  });
}

function socketOf(address: RedisAddress, timeoutMs: number) {
  const { host, port, socketPath, tls } = address;
  const common = { connectTimeout: timeoutMs, reconnectStrategy: false } as const;
  if (socketPath !== undefined) return { ...common, path: socketPath, tls: false } as const;
  if (tls === undefined) return { ...common, host, port } as const;
  const { cert, key } = tls;
  const ca = [...tls.ca];
  return { ...common, host, port, tls: true as const, ca, cert, key, servername: serverNameOf(address) };
}
