/**
 * Files of the kernel, read the cheap way: opened once, then one `pread` at offset 0 into a buffer
 * that is kept. A second buffer holds the bytes of the read before, so that a parser can skip a file
 * that did not change. Whole file in one go, as a torn read mixes two moments (node_exporter #1380).
 */
import fs from 'node:fs';
import { errnoOf } from '../core/errors.ts';
import { Unavailable } from './unavailable.ts';

/**
 * The seq_file interface hands out at most one page of whole records at a time, so a shorter read is
 * the end of the file: no record is as long as the rest of the page (`fs/seq_file.c`, 4096 bytes).
 */
const SURE_END_BYTES = 3072;
const FIRST_BUFFER_BYTES = 4096;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
/** Samples until a file that was absent is looked for again. */
const RETRY_SAMPLES = 10;

/** One file of procfs or sysfs. */
export class PseudoFile {
  readonly path: string;
  /** The bytes of the last read: `buf[0, length)`. */
  buf: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  length = 0;
  private previous: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  private previousLength = -1;
  private fd = -1;
  private absentFor = 0;
  private failure: Unavailable | undefined;
  private readonly set: FileSet;
  private readTick = -1;
  private changed = true;

  constructor(path: string, set: FileSet) {
    this.path = path;
    this.set = set;
  }

  /**
   * Reads the file; `true` when its bytes differ from those of the read before. Within one sample
   * a second call costs nothing and answers as the first. Throws `Unavailable`.
   */
  read(): boolean {
    if (this.readTick === this.set.tick) {
      if (this.failure !== undefined) throw this.failure;
      return this.changed;
    }
    this.readTick = this.set.tick;
    this.swap();
    try {
      this.open();
      this.fill();
    } catch (error) {
      this.fail(error);
    }
    this.failure = undefined;
    this.changed =
      this.length !== this.previousLength ||
      Buffer.compare(this.view(this.buf, this.length), this.view(this.previous, this.length)) !== 0;
    return this.changed;
  }

  /** As `read`, but `false` with an empty buffer when the file is not there or may not be read. */
  tryRead(): boolean {
    try {
      return this.read();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.length = 0;
      return false;
    }
  }

  /** Whether the last read found the file. */
  get found(): boolean {
    return this.failure === undefined && this.readTick >= 0;
  }

  close(): void {
    if (this.fd >= 0) fs.closeSync(this.fd);
    this.fd = -1;
  }

  private view(buf: Uint8Array, length: number): Uint8Array {
    return buf.length === length ? buf : buf.subarray(0, length);
  }

  private swap(): void {
    const { buf, previous } = this;
    this.buf = previous;
    this.previous = buf;
    this.previousLength = this.failure === undefined && this.fd >= 0 ? this.length : -1;
  }

  private open(): void {
    if (this.fd >= 0) return;
    if (this.failure !== undefined && this.set.retry && ++this.absentFor % RETRY_SAMPLES !== 0) throw this.failure;
    this.fd = fs.openSync(this.path, 'r');
  }

  private fill(): void {
    let length = 0;
    for (;;) {
      if (length === this.buf.length) this.enlarge();
      const got = this.pread(length);
      length += got;
      if (got === 0 || length < SURE_END_BYTES) break;
    }
    this.length = length;
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
    const larger = Buffer.allocUnsafeSlow(this.buf.length * 2);
    larger.set(this.buf);
    this.buf = larger;
  }

  private fail(error: unknown): never {
    this.close();
    this.length = 0;
    if (error !== this.failure) this.failure = unavailable(error, this.path);
    throw this.failure as Unavailable;
  }
}

/** The files of one sampler, opened once each. */
export class FileSet {
  /** Raised by the sampler at each sample. */
  tick = 0;
  /** Whether absent files are looked for again only now and then (live) or at every read (tests, `--once`). */
  readonly retry: boolean;
  private readonly files = new Map<string, PseudoFile>();

  constructor(retry = true) {
    this.retry = retry;
  }

  /** The file at `path`, not yet read. */
  file(path: string): PseudoFile {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const file = new PseudoFile(path, this);
    this.files.set(path, file);
    return file;
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
