/**
 * Whether a program is Node.js with an inspector, told by what is in it: a name proves nothing (Bun links itself as
 * `node`, wrappers are called so), and SIGUSR1 ends a program that does not expect it. Node.js exports its symbols for
 * addons, which no `strip` removes; Bun and Deno export some of the same (`napi_*`, `node::AddEnvironmentCleanupHook`),
 * but nothing of `node::inspector`. The format: `man 5 elf`.
 */
import fs from 'node:fs';

/** Mangled prefix of the C++ namespace `node::inspector`. */
const MARKER = Buffer.from('_ZN4node9inspector');
const ELF_MAGIC = 0x7f454c46;
const CHUNK_BYTES = 1024 * 1024;
const MOST_HEADERS = 256;
const MOST_DYNAMIC_BYTES = 64 * 1024;
const LARGEST_STRINGS_BYTES = 64 * 1024 * 1024;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5;
const DT_STRSZ = 10;

/** A part of the file and where it stands in memory. */
interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

/** Reads a few pages and the names of the dynamic symbols (5 MB in Node.js 20). Throws what `fs` throws. */
export function hasNodeInspector(file: string): boolean {
  const fd = fs.openSync(file, 'r');
  try {
    const names = dynamicNames(fd);
    return names !== undefined && contains(fd, names.offset, names.bytes);
  } finally {
    fs.closeSync(fd);
  }
}

/** Where the names of the dynamic symbols stand in the file; `undefined` for what is no ELF or links nothing. */
function dynamicNames(fd: number): { offset: number; bytes: number } | undefined {
  const header = read(fd, 0, 64);
  if (header.length < 64 || header.readUInt32BE(0) !== ELF_MAGIC) return undefined;
  const word = new WordReader(header[4] === 2, header[5] === 1);
  const segments = readSegments(fd, header, word);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return undefined;
  const entries = read(fd, dynamic.offset, Math.min(dynamic.bytes, MOST_DYNAMIC_BYTES));
  const values = new Map<number, number>();
  for (let at = 0; at + 2 * word.size <= entries.length; at += 2 * word.size) {
    const tag = word.at(entries, at);
    if (!values.has(tag)) values.set(tag, word.at(entries, at + word.size));
  }
  const address = values.get(DT_STRTAB);
  const bytes = values.get(DT_STRSZ);
  if (address === undefined || bytes === undefined || bytes > LARGEST_STRINGS_BYTES) return undefined;
  const holder = segments.find(
    (each) => each.type === PT_LOAD && address >= each.address && address < each.address + each.bytes,
  );
  return holder === undefined ? undefined : { offset: holder.offset + address - holder.address, bytes };
}

function readSegments(fd: number, header: Buffer, word: WordReader): Segment[] {
  const start = word.at(header, word.size === 8 ? 32 : 28);
  const each = word.half(header, word.size === 8 ? 54 : 42);
  const count = Math.min(word.half(header, word.size === 8 ? 56 : 44), MOST_HEADERS);
  const table = read(fd, start, each * count);
  const segments: Segment[] = [];
  for (let at = 0; each >= 5 * word.size && at + each <= table.length; at += each) {
    segments.push({
      type: word.int(table, at),
      offset: word.at(table, at + word.size),
      address: word.at(table, at + 2 * word.size),
      bytes: word.at(table, at + 4 * word.size),
    });
  }
  return segments;
}

/** Numbers of the file's own width and byte order. */
class WordReader {
  readonly size: 4 | 8;
  private readonly little: boolean;

  constructor(wide: boolean, little: boolean) {
    this.size = wide ? 8 : 4;
    this.little = little;
  }

  half(from: Buffer, at: number): number {
    return this.little ? from.readUInt16LE(at) : from.readUInt16BE(at);
  }

  int(from: Buffer, at: number): number {
    return this.little ? from.readUInt32LE(at) : from.readUInt32BE(at);
  }

  at(from: Buffer, at: number): number {
    if (this.size === 4) return this.int(from, at);
    return Number(this.little ? from.readBigUInt64LE(at) : from.readBigUInt64BE(at));
  }
}

function contains(fd: number, offset: number, bytes: number): boolean {
  for (let done = 0; done < bytes; done += CHUNK_BYTES) {
    // Chunks overlap, so that a name across their border is found too.
    const chunk = read(fd, offset + done, Math.min(CHUNK_BYTES + MARKER.length, bytes - done));
    if (chunk.includes(MARKER)) return true;
  }
  return false;
}

/** The bytes at an offset, fewer at the end of the file, none for an offset that cannot be. */
function read(fd: number, offset: number, bytes: number): Buffer {
  if (!Number.isSafeInteger(offset) || bytes <= 0) return Buffer.alloc(0);
  const into = Buffer.allocUnsafe(bytes);
  return into.subarray(0, fs.readSync(fd, into, 0, bytes, offset));
}
