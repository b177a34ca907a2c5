/**
 * The standard streams. Everything that a command prints goes through an `Output`, so that colour is
 * decided once per stream, a slow reader slows the writer, and a reader that went away ends the
 * command quietly instead of with a stack trace.
 */
import fs from 'node:fs';
import type { Writable } from 'node:stream';
import { errnoOf } from '../core/errors.ts';
import { describeWriteFailure } from './write-failure.ts';

/** One standard stream as a command sees it. */
export interface Output {
  readonly isTTY: boolean;
  /** Whether to colour what goes to this stream. */
  readonly color: boolean;
  /** Width in columns; asked at each use, as windows are resized. 80 when it is not a terminal. */
  readonly columns: number;
  /** Whether the reader went away (`| head -1`): whatever is written now is dropped. */
  readonly closed: boolean;
  /**
   * Writes all of `chunk` and resolves once the stream took it, which waits for a slow reader. A
   * reader that went away is no error. Rejects with CANNOT_WRITE when the disk behind it is full.
   */
  write(chunk: string | Uint8Array): Promise<void>;
}

/** A stream that nobody reads: a program that calls the library gets reports, not text. */
export const nowhere: Output = { isTTY: false, color: false, columns: 80, closed: false, write: async () => undefined };

/** What decides about colour: `--color`, `--no-color` or neither, and the environment. */
export interface ColorChoice {
  readonly flag?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether to colour a stream: flag > FORCE_COLOR > NO_COLOR > TERM=dumb > is it a terminal. */
export function wantsColor({ flag, env }: ColorChoice, isTTY: boolean): boolean {
  if (flag !== undefined) return flag;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return env.TERM !== 'dumb' && isTTY;
}

/** A Node.js stream that may be a terminal. */
export type StandardStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The reader is gone: a closed pipe, or a terminal that was hung up. */
const GONE = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);
const DEFAULT_COLUMNS = 80;

/** An `Output` over a Node.js stream. */
export class StreamOutput implements Output {
  /** Set once the options are known; until then no colour. */
  color = false;
  closed = false;
  private readonly stream: StandardStream;
  private readonly name: string;
  private readonly onClosed: () => void;
  /** Descriptor of a file that the stream was redirected to. */
  private readonly fd: number | undefined;
  private failure: Error | undefined;

  constructor(stream: StandardStream, name: string, onClosed: () => void = () => undefined) {
    this.stream = stream;
    this.name = name;
    this.onClosed = onClosed;
    this.fd = fileBehind(stream);
    stream.on('error', this.fail);
  }

  get isTTY(): boolean {
    return this.stream.isTTY === true;
  }

  get columns(): number {
    return this.stream.columns ?? DEFAULT_COLUMNS;
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.closed || chunk.length === 0) return;
    const error = this.fd === undefined ? await this.writeToStream(chunk) : writeToFile(this.fd, chunk);
    if (error) this.fail(error);
    if (this.failure !== undefined) throw this.failure;
  }

  private writeToStream(chunk: string | Uint8Array): Promise<Error | null | undefined> {
    return new Promise((resolve) => {
      this.stream.write(chunk, resolve);
    });
  }

  /** Stops listening, so that a host program that calls `main` keeps no trace of it. */
  release(): void {
    this.stream.off('error', this.fail);
  }

  private readonly fail = (error: Error): void => {
    if (this.closed) return;
    this.closed = true;
    const errno = errnoOf(error) ?? error.message;
    if (!GONE.has(errno)) {
      this.failure = describeWriteFailure(error, this.name);
    }
    this.onClosed();
  };
}

/** The descriptor of a standard stream that is a regular file (`> out.json`). */
function fileBehind(stream: StandardStream): number | undefined {
  if (stream !== process.stdout && stream !== process.stderr) return undefined;
  const { fd } = stream as { fd?: number };
  return typeof fd === 'number' && fs.fstatSync(fd).isFile() ? fd : undefined;
}

/** All of it, or why not: the stream of Node.js takes a short write, as a disk that fills up gives, for a whole one. */
function writeToFile(fd: number, chunk: string | Uint8Array): Error | undefined {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  try {
    for (let written = 0; written < bytes.length; ) written += fs.writeSync(fd, bytes, written);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
