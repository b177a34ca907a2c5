/**
 * A result file that is there as a whole or not at all: written to a temporary file beside its
 * target, synced, renamed. What cannot be replaced (pipes, terminals, `/dev/null`) is written
 * directly, and `-` is stdout. Opening it is the proof that it can be written, so a command opens it
 * before a measurement of an hour, not after.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open as openFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { isatty } from 'node:tty';
import { errnoOf } from '../core/errors.ts';
import type { Output } from './output.ts';
import type { Stop } from './signals.ts';
import { describeWriteFailure, writeFailure } from './write-failure.ts';

/** What a result file needs of its command; a `CommandIo` fits. */
export interface AtomicFileIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stop?: Pick<Stop, 'signal'>;
}

/** Where the bytes go. */
interface Sink {
  write(chunk: string | Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Names of our own streams; opening them anew would truncate or fail. */
const ownStreams: Readonly<Record<string, 'stdout' | 'stderr'>> = {
  '-': 'stdout',
  '/dev/stdout': 'stdout',
  '/dev/fd/1': 'stdout',
  '/proc/self/fd/1': 'stdout',
  '/dev/stderr': 'stderr',
  '/dev/fd/2': 'stderr',
  '/proc/self/fd/2': 'stderr',
};

/** How often a named pipe is asked whether its reader has come. */
const READER_POLL_MS = 50;
const LONGEST_LINK_CHAIN = 40;
const NEW_FILE_MODE = 0o666;

/** Temporary files that exist now; removed when the process ends early. */
const temporaries = new Set<string>();

/** Removes the temporary files of results that were never finished. */
export function removeTemporaries(): void {
  for (const file of temporaries) fs.rmSync(file, { force: true });
  temporaries.clear();
}

/** A result file; see the module comment. */
export class AtomicFile {
  /** As the user named it. */
  readonly path: string;
  /** Whether it is `-` or another name of stdout, where nothing else may be printed then. */
  readonly isStdout: boolean;
  private readonly sink: Sink;

  private constructor(path: string, sink: Sink) {
    this.path = path;
    this.isStdout = ownStreams[path] === 'stdout';
    this.sink = sink;
  }

  /** Opens `path` for a new result. Throws CANNOT_WRITE or OUTPUT_PERMISSION when that cannot work. */
  static async open(path: string, io: AtomicFileIo): Promise<AtomicFile> {
    try {
      return new AtomicFile(path, await openSink(path, io));
    } catch (error) {
      throw describeWriteFailure(error, path);
    }
  }

  /** Opens `path`, writes `text` and commits. */
  static async write(path: string, text: string | Uint8Array, io: AtomicFileIo): Promise<void> {
    const file = await AtomicFile.open(path, io);
    await file.write(text);
    await file.commit();
  }

  /** Adds to the result. After a failure the temporary file is gone and the target as it was. */
  async write(chunk: string | Uint8Array): Promise<void> {
    await this.attempt(() => this.sink.write(chunk));
  }

  /** Makes the result visible under its name. */
  async commit(): Promise<void> {
    await this.attempt(() => this.sink.commit());
  }

  /** Drops what was written; the target stays as it was. */
  async discard(): Promise<void> {
    await this.sink.discard();
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await this.sink.discard();
      throw describeWriteFailure(error, this.path);
    }
  }
}

async function openSink(name: string, io: AtomicFileIo): Promise<Sink> {
  const own = ownStreams[name];
  if (own !== undefined) return outputSink(io[own]);
  if (name === '' || name.endsWith('/')) throw writeFailure(name === '' ? 'ENOENT' : 'EISDIR', name);
  const target = finalTarget(name);
  const stat = fs.statSync(target, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw writeFailure('EISDIR', name);
  if (stat?.isSocket()) throw writeFailure('ENXIO', name);
  // A disk is never a place for a report, and root would be able to overwrite it.
  if (stat?.isBlockDevice()) throw writeFailure('EPERM', name);
  if (stat?.isFIFO()) return handleSink(await openPipe(target, io.stop?.signal));
  if (stat?.isCharacterDevice()) return deviceSink(await openFile(target, 'w'));
  // Renaming needs no permission on the file itself, yet a read-only file asks to be left alone.
  if (stat) fs.accessSync(target, fs.constants.W_OK);
  return temporarySink(target, stat);
}

/** The file behind symbolic links, which need not exist yet. */
function finalTarget(name: string): string {
  let target = path.resolve(name);
  for (let i = 0; i < LONGEST_LINK_CHAIN; i++) {
    if (!fs.lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return target;
    // Links of /proc (process substitution: /dev/fd/63) name no path, but can be opened.
    if (fs.existsSync(target) && !fs.statSync(target).isFile()) return target;
    target = path.resolve(path.dirname(target), fs.readlinkSync(target));
  }
  throw writeFailure('ELOOP', name);
}

function outputSink(output: Output): Sink {
  return { write: (chunk) => output.write(chunk), commit: async () => undefined, discard: async () => undefined };
}

/** A device: `/dev/null` takes everything at once, a terminal may keep the writer waiting. */
function deviceSink(handle: FileHandle): Sink {
  const sink = handleSink(handle);
  return isatty(handle.fd) ? sink : { ...sink, write: async (chunk) => writeAll(handle.fd, chunk) };
}

/** A pipe or a device: what is written is gone, and a reader that left is no error. */
function handleSink(handle: FileHandle): Sink {
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await handle.close();
  };
  return {
    async write(chunk) {
      if (!open) return;
      try {
        await handle.writeFile(chunk);
      } catch (error) {
        await close();
        if (errnoOf(error) !== 'EPIPE') throw error;
      }
    },
    commit: close,
    discard: close,
  };
}

/** Opening a pipe that has no reader would block a thread for good, so ask until one has come. */
async function openPipe(target: string, signal: AbortSignal | undefined): Promise<FileHandle> {
  for (;;) {
    try {
      const probe = fs.openSync(target, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
      const handle = await openFile(target, 'w');
      fs.closeSync(probe);
      return handle;
    } catch (error) {
      if (errnoOf(error) !== 'ENXIO' || signal?.aborted === true) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, READER_POLL_MS));
  }
}

/** A write to a file on disk returns at once; through the thread pool it costs twenty times as much. */
function writeAll(fd: number, chunk: string | Uint8Array): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  for (let written = 0; written < bytes.length; ) written += fs.writeSync(fd, bytes, written);
}

async function temporarySink(target: string, existing: fs.Stats | undefined): Promise<Sink> {
  const temporary = path.join(path.dirname(target), `.codoperf-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  const handle = await openFile(temporary, 'wx', existing === undefined ? NEW_FILE_MODE : 0o600);
  if (temporaries.size === 0) process.once('exit', removeTemporaries);
  temporaries.add(temporary);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await handle.close();
    open = false;
  };
  const forget = (): void => {
    temporaries.delete(temporary);
    if (temporaries.size === 0) process.off('exit', removeTemporaries);
  };
  return {
    write: async (chunk) => writeAll(handle.fd, chunk),
    async commit() {
      if (existing !== undefined) await keepOwnerAndMode(handle, existing);
      await handle.sync();
      await close();
      await rename(temporary, target);
      forget();
      await syncDirectory(path.dirname(target));
    },
    async discard() {
      await close();
      fs.rmSync(temporary, { force: true });
      forget();
    },
  };
}

async function keepOwnerAndMode(handle: FileHandle, existing: fs.Stats): Promise<void> {
  const now = await handle.stat();
  if (now.uid !== existing.uid || now.gid !== existing.gid) {
    try {
      await handle.chown(existing.uid, existing.gid);
    } catch (error) {
      // Only root may give a file away; for anyone else the new file is their own.
      if (errnoOf(error) !== 'EPERM') throw error;
    }
  }
  await handle.chmod(existing.mode & 0o7777);
}

/** The rename itself survives a power cut only when the directory is synced too. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await openFile(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A directory that may be written but not listed, or a file system that cannot: the file is synced.
    if (!['EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error;
  }
}
