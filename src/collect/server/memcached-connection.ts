/**
 * Memcached's text protocol over one socket. Our own, because no client library that is kept up knows both `stats` and
 * `lru_crawler metadump`: they speak the binary protocol, which has no metadump, or get and set only. What is needed
 * is small: a line goes out, lines come back. `stats sizes_enable` is never sent: some versions crash on it.
 * https://github.com/memcached/memcached/blob/master/doc/protocol.txt
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CodoperfError, errnoOf } from '../../core/errors.ts';
import type { MemcachedAddress } from './memcached-address.ts';
import { otherServer } from './memcached-failure.ts';

/** Far above any `stats`. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** A list of 10^7 keys takes about as much; it is read in pieces. */
const MAX_DUMP_BYTES = 4 * 1024 * 1024 * 1024;
/** Longer than any key, escaped, with its figures. */
const MAX_LINE_BYTES = 8192;
const DUMP_MS = 300_000;
const BUSY_RETRIES = 10;
const BUSY_PAUSE_MS = 200;

/** See the comment of the module. */
export class MemcachedConnection {
  readonly address: MemcachedAddress;
  readonly timeoutMs: number;
  private readonly socket: net.Socket;
  private readonly chunks: AsyncIterator<Buffer>;
  /** The line that is not whole yet; one character a byte. */
  private rest = '';
  private bytes = 0;

  private constructor(address: MemcachedAddress, timeoutMs: number) {
    const { host, port, socketPath } = address;
    this.address = address;
    this.timeoutMs = timeoutMs;
    this.socket = socketPath === undefined ? net.connect(port, host) : net.connect(socketPath);
    this.chunks = this.socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    // The iterator tells errors to whoever reads; between two questions nobody does.
    this.socket.on('error', () => undefined);
  }

  /** Connects, once. Throws a `CodoperfError`. */
  static async open(address: MemcachedAddress, timeoutMs: number): Promise<MemcachedConnection> {
    const connection = new MemcachedConnection(address, timeoutMs);
    const { socket } = connection;
    await connection.within('the connection', timeoutMs, async () => {
      try {
        await once(socket, 'connect');
      } catch (error) {
        if (error instanceof CodoperfError) throw error;
        const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
        const reason = first instanceof Error ? first.message : String(first);
        throw new CodoperfError('SERVER_UNREACHABLE', { name: address.name, reason }, error);
      }
    });
    socket.setNoDelay();
    return connection;
  }

  /** Sends a line, or several, and reads lines until `isWhole`. Throws a `CodoperfError`, and is closed then. */
  async ask(command: string, isWhole: (lines: readonly string[]) => boolean): Promise<string[]> {
    this.bytes = 0;
    const lines: string[] = [];
    await this.within(firstWords(command), this.timeoutMs, async () => {
      this.socket.write(`${command}\r\n`, 'latin1');
      while (!isWhole(lines)) lines.push(...(await this.read(firstWords(command), MAX_REPLY_BYTES)));
    });
    return lines;
  }

  /**
   * Lines of `lru_crawler metadump all`, in pieces as they arrive, without the `END`. Throws SERVER_KEYS_HIDDEN, with
   * what that prevents, when the server does not give it.
   */
  async *dump(prevented: string): AsyncIterable<readonly string[]> {
    const command = 'lru_crawler metadump all';
    const end = Date.now() + DUMP_MS;
    for (let lines = await this.startDump(command, prevented); ; lines = await this.piece(command, end)) {
      const last = lines.indexOf('END');
      yield last < 0 ? lines : lines.slice(0, last);
      if (last >= 0) return;
    }
  }

  /** Ends the connection. */
  close(): void {
    this.socket.destroy();
  }

  private async startDump(command: string, prevented: string): Promise<string[]> {
    for (let attempt = 0; ; attempt++) {
      const lines = await this.ask(command, (all) => all.length > 0);
      const [first] = lines;
      if (first.startsWith('key=') || first === 'END') return lines;
      if (!first.startsWith('BUSY') || attempt === BUSY_RETRIES) {
        const { name } = this.address;
        throw new CodoperfError('SERVER_KEYS_HIDDEN', { name, reason: first.slice(0, 100), what: prevented });
      }
      // Its crawler is at work for another reason, and is through in a moment.
      await pause(BUSY_PAUSE_MS);
    }
  }

  private async piece(command: string, end: number): Promise<string[]> {
    if (Date.now() > end) {
      const { name } = this.address;
      throw new CodoperfError('SERVER_TIMEOUT', { name, command, seconds: DUMP_MS / 1000 });
    }
    return await this.within(command, this.timeoutMs, async () => await this.read(command, MAX_DUMP_BYTES));
  }

  /** The lines that arrive next: at least one. */
  private async read(command: string, limit: number): Promise<string[]> {
    for (;;) {
      const chunk = await this.next(command);
      this.bytes += chunk.length;
      const lines = (this.rest + chunk.toString('latin1')).split('\n');
      this.rest = lines.pop() ?? '';
      if (this.bytes > limit || this.rest.length > MAX_LINE_BYTES) throw this.tooLarge(command, limit);
      if (lines.length > 0) return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
    }
  }

  private async next(command: string): Promise<Buffer> {
    const { name } = this.address;
    try {
      const { value, done } = await this.chunks.next();
      if (done !== true) return value;
    } catch (error) {
      if (error instanceof CodoperfError) throw error;
      // Reset or cut off: what it was does not matter to the user more than that it happened.
      if (errnoOf(error) === undefined) throw error;
    }
    throw (
      otherServer(this.address, this.rest) ??
      new CodoperfError('SERVER_DROPPED', { name, when: `instead of answering '${command}'` })
    );
  }

  private tooLarge(command: string, limit: number): CodoperfError {
    const other = otherServer(this.address, this.rest);
    const size = this.bytes > limit ? `${limit / 1024 / 1024} MiB` : `${MAX_LINE_BYTES} bytes in a line`;
    const { name } = this.address;
    return other ?? new CodoperfError('SERVER_REPLY_TOO_LARGE', { name, command, limit: size, kind: 'Memcached' });
  }

  /** Gives `work` its time; a failure closes the connection, as nobody knows what would come next on it. */
  private async within<T>(command: string, ms: number, work: () => Promise<T>): Promise<T> {
    const late = new CodoperfError('SERVER_TIMEOUT', { name: this.address.name, command, seconds: ms / 1000 });
    const timer = setTimeout(() => this.socket.destroy(late), ms);
    try {
      return await work();
    } catch (error) {
      this.socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A command without its arguments, which may be keys. */
function firstWords(command: string): string {
  return /^(stats( \w+)?|lru_crawler( \w+)*|\w+)/.exec(command)?.[0] ?? 'a command';
}
