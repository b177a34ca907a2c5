/**
 * Files of the kernel, read the cheap way: opened once, then one `pread` at offset 0 into a buffer
 * that is kept. A second buffer holds the bytes of the read before, so that a parser can skip a file
 * that did not change since it last looked. Whole file in one go, as a torn read mixes two moments (node_exporter #1380).
 */
import fs from 'node:fs';
import { errnoOf } from '../core/errors.ts';
import { Unavailable } from './unavailable.ts';

/**
 * The seq_file interface hands out at most one page of whole records at a time, so a shorter read is
 * the end of the file: no record is as long as the rest of the page (`fs/seq_file.c`, 4096 bytes).
 */
const SURE_END_BYTES = 3072;
const FIRST_BUFFER_BYTES = 512;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
/** Seconds until a file that was absent is looked for again: an open that fails costs more than ten reads. */
export const RETRY_SECONDS = 10;

/** The descriptor and the buffers of one path, shared by everybody who reads it. */
class OpenFile {
  readonly path: string;
  buf: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  length = 0;
  /** Raised whenever the bytes differ from those of the read before, or could not be read. */
  version = 0;
  failure: Unavailable | undefined;
  private previous: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  private fd = -1;
  private failedAt = Number.NEGATIVE_INFINITY;
  private readonly set: FileSet;
  private readTick = -1;

  constructor(path: string, set: FileSet) {
    this.path = path;
    this.set = set;
  }

  /** Reads the file, once a sample. */
  refresh(): void {
    if (this.readTick === this.set.tick) return;
    this.readTick = this.set.tick;
    const { buf, length } = this;
    this.buf = this.previous;
    this.previous = buf;
    try {
      this.open();
      this.length = this.fill();
    } catch (error) {
      this.fail(error);
      return;
    }
    const same =
      this.failure === undefined && this.length === length && this.buf.compare(buf, 0, length, 0, length) === 0;
    this.failure = undefined;
    if (!same) this.version++;
  }

  close(): void {
    if (this.fd >= 0) fs.closeSync(this.fd);
    this.fd = -1;
  }

  private open(): void {
    if (this.fd >= 0) return;
    if (this.failure !== undefined && this.set.retry && this.set.nowSeconds - this.failedAt < RETRY_SECONDS)
      throw this.failure;
    this.fd = fs.openSync(this.path, 'r');
  }

  private fill(): number {
    let length = 0;
    for (;;) {
      const got = this.pread(length);
      length += got;
      if (length === this.buf.length) {
        // Too small a buffer: the whole file once more, so that its bytes are of one moment.
        this.enlarge();
        length = 0;
      } else if (got === 0 || length < SURE_END_BYTES) return length;
    }
  }

  private pread(offset: number): number {
    try {
      return fs.readSync(this.fd, this.buf, offset, this.buf.length - offset, offset);
    } catch (error) {
      const errno = errnoOf(error);
      if (offset !== 0 || (errno !== 'ENODEV' && errno !== 'ESTALE')) throw error;
      this.close();
      this.fd = fs.openSync(this.path, 'r');
      return fs.readSync(this.fd, this.buf, 0, this.buf.length, 0);
    }
  }

  private enlarge(): void {
    if (this.buf.length >= LARGEST_FILE_BYTES) {
      throw new Unavailable('broken', `${this.path} is larger than ${LARGEST_FILE_BYTES} bytes`);
    }
    this.buf = Buffer.allocUnsafeSlow(this.buf.length * 4);
  }

  private fail(error: unknown): void {
    this.close();
    this.length = 0;
    this.version++;
    if (error === this.failure) return;
    this.failure = unavailable(error, this.path);
    this.failedAt = this.set.nowSeconds;
  }
}

/** One file of procfs or sysfs as one collector sees it: what it has read already is its own matter. */
export class PseudoFile {
  private readonly file: OpenFile;
  private seen = -1;

  constructor(file: OpenFile) {
    this.file = file;
  }

  get path(): string {
    return this.file.path;
  }

  /** The bytes of the last read: `buf[0, length)`. */
  get buf(): Uint8Array {
    return this.file.buf;
  }

  get length(): number {
    return this.file.length;
  }

  /** Whether the last read found the file. */
  get found(): boolean {
    return this.seen >= 0 && this.file.failure === undefined;
  }

  /**
   * Reads the file; `true` when its bytes differ from those that this reader got last. Within one
   * sample the file itself is read once, whoever asks. Throws `Unavailable`.
   */
  read(): boolean {
    if (this.tryRead()) return true;
    if (this.file.failure !== undefined) throw this.file.failure;
    return false;
  }

  /** As `read`, but `false` with an empty buffer when the file is not there or may not be read. */
  tryRead(): boolean {
    const { file } = this;
    file.refresh();
    if (this.seen === file.version) return false;
    this.seen = file.version;
    return file.failure === undefined;
  }

  /** Closes the descriptor; the next read opens the file anew. */
  close(): void {
    this.file.close();
  }
}

/** The files of one sampler, opened once each. */
export class FileSet {
  /** Raised by the sampler at each sample. */
  tick = 0;
  /** Monotonic seconds of the sample. */
  nowSeconds = 0;
  /** Whether absent files are looked for again only now and then (live) or at every read (tests, `--once`). */
  readonly retry: boolean;
  private readonly files = new Map<string, OpenFile>();

  constructor(retry = true) {
    this.retry = retry;
  }

  /** A reader of the file at `path`, not yet read. */
  file(path: string): PseudoFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = new OpenFile(path, this);
      this.files.set(path, file);
    }
    return new PseudoFile(file);
  }

  /** Forgets a file whose subject is gone. */
  drop(path: string): void {
    this.files.get(path)?.close();
    this.files.delete(path);
  }

  /** Closes every descriptor. */
  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }
}

/** Any failure to open or read as the one kind of error that a collector throws. */
export function unavailable(error: unknown, path: string): Unavailable {
  if (error instanceof Unavailable) return error;
  const errno = errnoOf(error);
  if (errno === 'EACCES' || errno === 'EPERM') return new Unavailable('denied', `not allowed to read ${path}`);
  if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ENODEV') {
    return new Unavailable('absent', `${path} does not exist`);
  }
  // Pressure files exist but answer EOPNOTSUPP when the kernel was started with psi=0.
  if (errno === 'EOPNOTSUPP' || errno === 'ENOTSUP') return new Unavailable('absent', `${path} is switched off`);
  return new Unavailable('broken', `cannot read ${path}: ${errno ?? String(error)}`);
}

/** The trimmed text of a small file that is read once (names, types, limits), or `undefined`. */
export function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'latin1').trim();
  } catch {
    return undefined; // Absent, denied or gone by now: in all three cases the attribute is not known.
  }
}

/** The entries of a directory, sorted, or none when it is not there. */
export function listDirectory(path: string): string[] {
  try {
    return fs.readdirSync(path).toSorted();
  } catch {
    return []; // A subsystem that this kernel does not have has no members.
  }
}
