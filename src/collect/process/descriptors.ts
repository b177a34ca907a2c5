/**
 * Descriptors of `/proc/<pid>/…` that stay open between samples. One that belongs to a dead process
 * answers ESRCH for ever, so a pid that was given out again is never taken for the old process.
 */
import fs from 'node:fs';
import { errnoOf } from '../../core/errors.ts';
import { readText } from '../files.ts';

/** Each open file of procfs pins about 6 KB of kernel memory (file, inode, a page of text). */
const MOST_DESCRIPTORS = 8192;
/** `status` of a host with thousands of CPUs or memory nodes stays below this. */
const BUFFER_BYTES = 16384;

/** A read that gave no bytes: the process is gone, or the file is not there or not for us. */
export const GONE = -1;
const UNREADABLE = -2;
/** A `floor` that keeps no descriptor. */
export const NEVER_KEEP = Number.POSITIVE_INFINITY;

/** How many descriptors may stay open: half of what the process may have. https://docs.kernel.org/filesystems/proc.html */
export function descriptorBudget(limits: string | undefined): number {
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1] ?? 1024);
  return Math.min(Math.floor(soft / 2), MOST_DESCRIPTORS);
}

/** The descriptors of one collector, and the buffer that all of its reads share. */
export class DescriptorPool {
  readonly buf: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** Descriptors that may still be kept. */
  left: number;
  /** The part of them that a file of every process leaves to those of the busy ones. */
  readonly reserve: number;

  constructor(budget = descriptorBudget(readText('/proc/self/limits'))) {
    this.left = budget;
    this.reserve = budget / 4;
  }
}

/** One file of one process. */
export class ProcessFile {
  private readonly path: string;
  private readonly pool: DescriptorPool;
  private fd = -1;
  private denied = false;

  constructor(pool: DescriptorPool, path: string) {
    this.pool = pool;
    this.path = path;
  }

  /** Whether the file is there but not for us. */
  get refused(): boolean {
    return this.denied;
  }

  /**
   * Reads the file into the pool's buffer; the number of bytes, `GONE` or `UNREADABLE`. The descriptor
   * stays open while the pool has more than `floor` left.
   */
  read(floor: number): number {
    if (this.denied) return UNREADABLE;
    try {
      if (this.fd >= 0) return fs.readSync(this.fd, this.pool.buf, 0, BUFFER_BYTES, 0);
      return this.openAndRead(floor);
    } catch (error) {
      return this.failed(error);
    }
  }

  /** Asks no more: a kernel that does not have this file answers with an exception each time. */
  giveUp(): void {
    this.denied = true;
  }

  /** Asks again: the process runs another program by now, which may be ours to read. */
  retry(): void {
    this.denied = false;
  }

  close(): void {
    if (this.fd < 0) return;
    fs.closeSync(this.fd);
    this.fd = -1;
    this.pool.left++;
  }

  private openAndRead(floor: number): number {
    const fd = fs.openSync(this.path, 'r');
    let keep = false;
    try {
      const length = fs.readSync(fd, this.pool.buf, 0, BUFFER_BYTES, 0);
      keep = this.pool.left > floor;
      return length;
    } finally {
      if (keep) {
        this.fd = fd;
        this.pool.left--;
      } else fs.closeSync(fd);
    }
  }

  private failed(error: unknown): number {
    this.close();
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ESRCH' || errno === 'ENOTDIR') return GONE;
    // Whose process it is does not change, so it is not asked again: each refusal costs an exception.
    this.denied = errno === 'EACCES' || errno === 'EPERM' || errno === 'EISDIR' || errno === 'ELOOP';
    return UNREADABLE;
  }
}
