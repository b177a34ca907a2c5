/**
 * The agent's socket. It sits in somebody else's process: connections are few, frames and what waits to be sent are
 * bounded, a peer that breaks the protocol or falls silent is dropped, and nothing here keeps the process alive.
 */
import fs from 'node:fs';
import type { Server, Socket } from 'node:net';
import { FrameReader, MAX_REPLY_BYTES, MAX_REQUEST_BYTES, encodeFrame } from '../wire/agent/frames.ts';
import type { AgentReply, AgentRequest } from '../wire/agent/messages.ts';
import { builtin, note } from './guard.ts';
import { BadRequest, idOf, readRequest } from './requests.ts';

const OWNER_ONLY = 0o600;

/** What a peer may cost. */
export interface ServerLimits {
  readonly connections: number;
  /** Milliseconds without a byte in either direction. */
  readonly idle: number;
  /** Bytes of replies that wait to be read, over all connections. */
  readonly unsent: number;
}

/** The limits of an agent. */
export const serverLimits: ServerLimits = { connections: 16, idle: 60_000, unsent: MAX_REPLY_BYTES };

/** Gives the result of a request; may throw `BadRequest`. */
export type Handle = (request: AgentRequest) => Promise<unknown>;

/** Listens on a path. */
export class AgentServer {
  private readonly handle: Handle;
  private readonly limits: ServerLimits;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(handle: Handle, limits: ServerLimits = serverLimits) {
    this.handle = handle;
    this.limits = limits;
    this.server = builtin('node:net').createServer((socket) => this.accept(socket));
    this.server.maxConnections = limits.connections;
    this.server.unref();
  }

  /** Rejects with what `listen` says. Only the owner may connect, and the directory lets nobody else in either. */
  async listen(path: string): Promise<void> {
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Of a cluster's worker, a plain listen would be the primary's socket, shared by all.
      server.listen({ path, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) => note('server', error));
        resolve();
      });
    });
    fs.chmodSync(path, OWNER_ONLY);
  }

  /** Ends every connection; the socket's file goes, too. */
  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.unref();
    socket.setTimeout(this.limits.idle, () => socket.destroy());
    // A peer that goes away in the middle is nobody's problem; `close` follows.
    socket.on('error', (error) => note('connection', error));
    socket.on('close', () => this.sockets.delete(socket));
    const reader = new FrameReader(MAX_REQUEST_BYTES);
    socket.on('data', (chunk) => {
      // One after the other, and no further ones are read meanwhile: many requests must not become many replies.
      socket.pause();
      this.serve(socket, reader, chunk).then(
        () => socket.resume(),
        (error: unknown) => {
          note('connection', error);
          socket.destroy();
        },
      );
    });
  }

  private async serve(socket: Socket, reader: FrameReader, chunk: Buffer): Promise<void> {
    for (const message of reader.push(chunk)) {
      const frame = encodeFrame(await this.reply(message));
      if (socket.destroyed) return;
      await this.send(socket, frame.length > MAX_REPLY_BYTES ? tooLarge(message) : frame);
    }
  }

  private async reply(message: unknown): Promise<AgentReply> {
    const id = idOf(message);
    if (id === undefined) throw new BadRequest('bad_request', 'a message without a number');
    try {
      return { id, ok: true, result: await this.handle(readRequest(message)) };
    } catch (error) {
      note('request', error);
      const code = error instanceof BadRequest ? error.code : 'failed';
      return { id, ok: false, error: { code, message: error instanceof Error ? error.message : String(error) } };
    }
  }

  /** Resolves once the peer has taken it, or is gone. */
  private async send(socket: Socket, frame: Buffer): Promise<void> {
    const unsent = [...this.sockets].reduce((sum, { writableLength }) => sum + writableLength, frame.length);
    if (unsent > this.limits.unsent) throw new Error(`${unsent} bytes would wait for slow readers`);
    if (socket.write(frame)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }
}

function tooLarge(message: unknown): Buffer {
  const error = { code: 'failed', message: `the reply has more than ${MAX_REPLY_BYTES} bytes` };
  return encodeFrame({ id: idOf(message) ?? 0, ok: false, error } satisfies AgentReply);
}
