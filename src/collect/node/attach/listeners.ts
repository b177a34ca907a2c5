/**
 * Who listens on which TCP port in the network of a process: `/proc/<pid>/net/tcp{,6}` names the sockets, the links
 * in `/proc/<pid>/fd` say whose they are. https://docs.kernel.org/networking/proc_net_tcp.html
 */
import fs from 'node:fs';
import os from 'node:os';
import { errnoOf } from '../../../core/errors.ts';
import { listDirectory } from '../../files.ts';

/** A TCP socket that waits for connections. */
export interface Listener {
  /** IPv4 in dots or IPv6 in eight groups, `0.0.0.0` and `::` for every address, `::1` for loopback. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
  /** Owner of the socket. */
  readonly uid: number;
}

const LISTEN = '0A';
const CHUNK_BYTES = 64 * 1024;
const MAPPED_IPV4 = '0000:0000:0000:0000:0000:ffff:';

/** All that listen in the network namespace of a process; none when it has ended. */
export function listeners(procfs: string, pid: number): Listener[] {
  return ['tcp', 'tcp6'].flatMap((name) => listenersOf(`${procfs}/${pid}/net/${name}`));
}

/** The listening sockets that a process holds. Throws `EACCES` when its descriptors may not be seen. */
export function ownListeners(procfs: string, pid: number): Listener[] {
  return heldBy(procfs, pid, listeners(procfs, pid));
}

/** Those of `candidates` that a process holds; looks at its descriptors only when there are any. */
export function heldBy(procfs: string, pid: number, candidates: readonly Listener[]): Listener[] {
  if (candidates.length === 0) return [];
  const held = new Set<string>();
  const folder = `${procfs}/${pid}/fd`;
  for (const fd of fs.readdirSync(folder)) {
    try {
      held.add(fs.readlinkSync(`${folder}/${fd}`));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error; // Closed in the meantime.
    }
  }
  return candidates.filter(({ inode }) => held.has(`socket:[${inode}]`));
}

/** A process that holds the socket; `undefined` when there is none that we may look into. */
export function holderOf(procfs: string, listener: Listener): number | undefined {
  for (const name of listDirectory(procfs)) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (heldBy(procfs, Number(name), [listener]).length > 0) return Number(name);
    } catch {
      continue; // Ended, or not for us to look at.
    }
  }
  return undefined;
}

/** Whether a socket at `address` keeps another one from `host`, where the inspector wants to listen. */
export function occupies(address: string, host: string): boolean {
  return address === host || address === '::' || (address === '0.0.0.0' && !host.includes(':'));
}

/** Where to connect to reach a listener. */
export function connectAddress({ address }: Listener): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** Whether only this machine reaches it. */
export function isLoopback({ address }: Listener): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** The kernel lists what listens before what is connected, so that a busy server costs no more than an idle one. */
function listenersOf(file: string): Listener[] {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch {
    return []; // No IPv6 here, or the process has ended.
  }
  const found: Listener[] = [];
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = '';
    for (let got = fs.readSync(fd, buffer); got > 0; got = fs.readSync(fd, buffer)) {
      const lines = (rest + buffer.toString('latin1', 0, got)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const words = line.trim().split(/\s+/);
        if (words[0] === 'sl') continue;
        if (words[3] !== LISTEN) return found;
        const [address, port] = words[1].split(':');
        found.push({
          address: addressOf(address),
          port: Number.parseInt(port, 16),
          uid: Number(words[7]),
          inode: words[9],
        });
      }
    }
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ESRCH') throw error; // The process has ended.
  } finally {
    fs.closeSync(fd);
  }
  return found;
}

/** `0100007F` is 127.0.0.1: words of 32 bits in the machine's byte order. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (os.endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g)?.join(':') ?? '';
  if (groups.startsWith(MAPPED_IPV4)) return bytes.subarray(12).join('.');
  if (/^[0:]+$/.test(groups)) return '::';
  return /^[0:]+1$/.test(groups) ? '::1' : groups;
}
