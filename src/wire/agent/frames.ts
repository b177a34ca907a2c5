/**
 * Frames on an agent's socket: four bytes with the length of the body (big-endian), then the body, JSON in UTF-8.
 * One request, one reply with the same `id`; a connection serves as many as the client likes. Described in
 * `docs/formats/agent-socket.md`.
 */

/** Larger requests are refused by the agent: it sits in somebody else's heap. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** Larger replies are refused by the client: a hostile peer must not fill its memory. */
export const MAX_REPLY_BYTES = 64 * 1024 * 1024;

const HEADER_BYTES = 4;

/** A peer broke the protocol; `message` says how. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
}

/** The bytes of a message. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Puts frames together from the chunks of a stream; keeps no more than one frame of `limit` bytes. */
export class FrameReader {
  private readonly limit: number;
  private chunks: Buffer[] = [];
  private buffered = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes a chunk and gives the messages that are whole now. Throws `BadFrame`. */
  push(chunk: Buffer): unknown[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const messages: unknown[] = [];
    for (let length = this.length(); length !== undefined && this.buffered >= HEADER_BYTES + length; ) {
      messages.push(this.take(length));
      length = this.length();
    }
    return messages;
  }

  /** Length of the body of the first frame; `undefined` while its header is not whole. */
  private length(): number | undefined {
    if (this.buffered < HEADER_BYTES) return undefined;
    if (this.chunks[0].length < HEADER_BYTES) this.chunks = [Buffer.concat(this.chunks)];
    const length = this.chunks[0].readUInt32BE(0);
    if (length > this.limit) throw new BadFrame(`a frame of ${length} bytes, and at most ${this.limit} are taken`);
    return length;
  }

  private take(length: number): unknown {
    const all = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    const rest = all.subarray(HEADER_BYTES + length);
    this.chunks = rest.length === 0 ? [] : [rest];
    this.buffered = rest.length;
    try {
      return JSON.parse(all.toString('utf8', HEADER_BYTES, HEADER_BYTES + length));
    } catch (error) {
      throw new BadFrame(`a frame of ${length} bytes that is not JSON`, { cause: error });
    }
  }
}
