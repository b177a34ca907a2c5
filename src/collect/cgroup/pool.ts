/**
 * The files of the cgroups: thousands of small ones, so that they share one buffer, and only so many
 * stay open. Unlike `PseudoFile`, a file whose cgroup is gone is not opened again by its path: another
 * cgroup could stand there by then.
 */
import fs from 'node:fs';
import { errnoOf } from '../../core/errors.ts';
import type { KeyHolder } from './keys.ts';
import { fsPath } from './mounts.ts';

/** `FilePool.read`: the cgroup has been removed. */
export const GONE = -2;
/** `FilePool.read`: the file is not there, may not be read, or is switched off. */
const MISSING = -1;

/** See `PseudoFile`: a shorter read is the end of the file. */
const SURE_END_BYTES = 3072;
const FIRST_BUFFER_BYTES = 64 * 1024;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
/** Room for numbers that grow by a digit. */
const SPARE_BYTES = 32;

/** One file of one cgroup. */
export interface PooledFile extends KeyHolder {
  /** One character a byte. */
  readonly path: string;
  /** -1 while it is not open. */
  fd: number;
  /** It could not be read, and will not be tried again. */
  unreadable: boolean;
  /** The bytes of its last read, in `bytes[0, length)`; `length` is -1 when it was not there. */
  bytes: Buffer;
  length: number;
}

const nothing = Buffer.alloc(0);

/** A file that is not open yet. */
export function pooledFile(path: string): PooledFile {
  return { path, fd: -1, unreadable: false, bytes: nothing, length: -1 };
}

/** Reads files into one shared buffer and keeps at most `limit` of them open. */
export class FilePool {
  /** The bytes of the last read. */
  buf: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  /** Descriptors in use. */
  open = 0;
  private limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes read into `buf`, or `MISSING` or `GONE`. */
  read(file: PooledFile): number {
    if (file.unreadable) return MISSING;
    try {
      return file.fd >= 0 ? this.fill(file.fd) : this.openAndRead(file);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      this.close(file);
      return this.failed(file, errno);
    }
  }

  /**
   * Reads a file and keeps its bytes with it: 1 when they differ from those of its last read, 0 when
   * they do not, `GONE` when its cgroup has been removed. A file that is missing has no bytes.
   */
  refresh(file: PooledFile): 0 | 1 | typeof GONE {
    const length = this.read(file);
    if (length === GONE) return GONE;
    const before = file.length;
    file.length = length;
    if (length < 0) return before < 0 ? 0 : 1;
    if (before === length && this.buf.compare(file.bytes, 0, length, 0, length) === 0) return 0;
    if (file.bytes.length < length) file.bytes = Buffer.allocUnsafeSlow(length + SPARE_BYTES);
    this.buf.copy(file.bytes, 0, 0, length);
    return 1;
  }

  /** Opens, reads and closes: for files that are read now and then. */
  readOnce(path: string): number {
    let fd = -1;
    try {
      fd = fs.openSync(fsPath(path), 'r');
      return this.fill(fd);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return MISSING;
    } finally {
      if (fd >= 0) fs.closeSync(fd);
    }
  }

  close(file: PooledFile): void {
    if (file.fd < 0) return;
    fs.closeSync(file.fd);
    file.fd = -1;
    this.open--;
  }

  private openAndRead(file: PooledFile): number {
    if (this.open >= this.limit) return this.readUnkept(file.path);
    file.fd = fs.openSync(fsPath(file.path), 'r');
    this.open++;
    return this.fill(file.fd);
  }

  private readUnkept(path: string): number {
    const fd = fs.openSync(fsPath(path), 'r');
    try {
      return this.fill(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  private failed(file: PooledFile, errno: string): number {
    if (errno === 'ENODEV' || errno === 'ENOENT') return GONE;
    // The process is short of descriptors: leave it those that it has left.
    if (errno === 'EMFILE' || errno === 'ENFILE') this.limit = Math.min(this.limit, this.open);
    else file.unreadable = true;
    return MISSING;
  }

  private fill(fd: number): number {
    let length = 0;
    for (;;) {
      if (length === this.buf.length && !this.enlarge()) return length;
      const got = fs.readSync(fd, this.buf, length, this.buf.length - length, length);
      length += got;
      if (got === 0 || length < SURE_END_BYTES) return length;
    }
  }

  private enlarge(): boolean {
    if (this.buf.length >= LARGEST_FILE_BYTES) return false;
    const larger = Buffer.allocUnsafeSlow(this.buf.length * 2);
    larger.set(this.buf);
    this.buf = larger;
    return true;
  }
}
