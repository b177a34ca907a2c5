/**
 * The process to attach to: who it is, and whether it may be sent SIGUSR1. That signal opens the inspector of a
 * Node.js that waits for it, and ends everything else, so each question is asked before it is sent. Nothing in here
 * changes the process.
 */
import fs from 'node:fs';
import path from 'node:path';
import { CodoperfError, errnoOf } from '../../../core/errors.ts';
import { agentSocket, runtimePath } from '../../../core/runtime-place.ts';
import { readText } from '../../files.ts';
import { TICKS_PER_SECOND } from '../../process/stat.ts';
import { processFacts } from '../process-facts.ts';
import { hasNodeInspector } from './elf.ts';
import type { InspectorPlace } from './inspector-place.ts';
import { inspectorPlace } from './inspector-place.ts';

/** Bit of SIGUSR1 (10) in the last eight digits of a signal set. */
const SIGUSR1_BIT = 0x200;
const YOUNGEST_SECONDS = 1;
const LIBNODE = /(\/\S*\/libnode\.so[.\d]*)$/m;

/** A Node.js process that was looked at. */
export interface Target {
  readonly pid: number;
  readonly procfs: string;
  /** Name of its main thread; not to be trusted. */
  readonly name: string;
  /** Effective user. */
  readonly uid: number;
  /** Ticks between boot and its start: tells it from a later one with the same pid. */
  readonly startTicks: number;
  /** The pid that it has for itself, in the innermost pid namespace. */
  readonly innerPid: number;
  /** What its paths begin with for us: empty, or `/proc/<pid>/root` when it has mounts of its own. */
  readonly root: string;
  /** Where its agent listens, by the environment that it was started with; a path for us. */
  readonly socket: string;
  /** Where its inspector listens by its options, once it is open. */
  readonly inspector: InspectorPlace;
}

/** Looks at a process. Throws a refusal for what is not Node.js, out of reach, or not ours to attach to. */
export function examineTarget(procfs: string, pid: number): Target {
  if (pid === process.pid)
    throw new CodoperfError('BAD_USAGE', {
      detail: `process ${pid} is codoperf itself`,
      program: 'codoperf cache-info',
    });
  if (linkTo(`${procfs}/self`) !== String(process.pid)) throw new CodoperfError('ATTACH_OTHER_PIDS', { procfs });
  const facts = processFacts(procfs, pid);
  if (facts === undefined || facts.dead) throw new CodoperfError('PROCESS_NOT_FOUND', { pid, procfs });
  try {
    // Whether a signal may be sent is the kernel's to say: users, capabilities and their namespaces play into it.
    process.kill(pid, 0);
    const environ = fs.readFileSync(`${procfs}/${pid}/environ`, 'latin1');
    if (!isNode(procfs, pid)) throw new CodoperfError('ATTACH_NOT_NODE', { pid, program: programOf(procfs, pid) });
    sameNetwork(procfs, pid);
    const status = readText(`${procfs}/${pid}/status`) ?? '';
    const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
    const innerPid = Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? pid);
    const sameMounts = linkTo(`${procfs}/self/ns/mnt`) === linkTo(`${procfs}/${pid}/ns/mnt`);
    const root = sameMounts ? '' : `${procfs}/${pid}/root`;
    const env = environment(environ);
    const socket = root + agentSocket(runtimePath(env, uid), innerPid);
    const inspector = inspectorPlace(readText(`${procfs}/${pid}/cmdline`) ?? '', env.NODE_OPTIONS ?? '');
    return { pid, procfs, name: facts.comm, uid, startTicks: facts.startTicks, innerPid, root, socket, inspector };
  } catch (error) {
    throw explained(error, procfs, pid);
  }
}

/** Throws unless the process, as it is at this moment, takes SIGUSR1 as a request to open its inspector. */
export function checkSignal({ procfs, pid, startTicks }: Target): void {
  const facts = processFacts(procfs, pid);
  if (facts === undefined || facts.dead || facts.startTicks !== startTicks)
    throw new CodoperfError('ATTACH_ENDED', { pid });
  if (facts.state === 'T' || facts.state === 't') throw new CodoperfError('ATTACH_STOPPED', { pid });
  const status = readText(`${procfs}/${pid}/status`) ?? '';
  // Node.js blocks the signal when it is told not to listen for it, or by its permission model.
  if (hasSigusr1(status, 'SigBlk')) throw new CodoperfError('ATTACH_SIGNAL_BLOCKED', { pid });
  if (!hasSigusr1(status, 'SigCgt')) throw new CodoperfError('ATTACH_NO_HANDLER', { pid });
  const uptime = Number(readText(`${procfs}/uptime`)?.split(' ')[0]);
  const age = uptime - startTicks / TICKS_PER_SECOND;
  if (!(age >= YOUNGEST_SECONDS))
    throw new CodoperfError('ATTACH_TOO_YOUNG', { pid, age: Math.max(age, 0).toFixed(1) });
}

/** Whether it is still the process that was looked at. */
export function stillThere({ procfs, pid, startTicks }: Target): boolean {
  const facts = processFacts(procfs, pid);
  return facts !== undefined && !facts.dead && facts.startTicks === startTicks;
}

function hasSigusr1(status: string, set: 'SigBlk' | 'SigCgt'): boolean {
  const digits = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
  return (Number.parseInt(digits.slice(-8), 16) & SIGUSR1_BIT) !== 0;
}

/** The program itself, or the library that Debian and others keep Node.js in. */
function isNode(procfs: string, pid: number): boolean {
  if (hasNodeInspector(`${procfs}/${pid}/exe`)) return true;
  const library = LIBNODE.exec(readText(`${procfs}/${pid}/maps`) ?? '')?.[1];
  return library !== undefined && hasNodeInspector(`${procfs}/${pid}/root${library}`);
}

function programOf(procfs: string, pid: number): string {
  return path.basename(linkTo(`${procfs}/${pid}/exe`) ?? '?');
}

/** An inspector on the loopback interface of another network cannot be reached from here. */
function sameNetwork(procfs: string, pid: number): void {
  if (fs.readlinkSync(`${procfs}/self/ns/net`) !== fs.readlinkSync(`${procfs}/${pid}/ns/net`))
    throw new CodoperfError('ATTACH_OTHER_NETWORK', { pid });
}

function environment(environ: string): Record<string, string> {
  const pairs = environ.split('\0').filter((each) => each.includes('='));
  return Object.fromEntries(pairs.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]));
}

function explained(error: unknown, procfs: string, pid: number): unknown {
  const errno = errnoOf(error);
  if (errno === 'EPERM' || errno === 'EACCES') return new CodoperfError('ATTACH_PERMISSION', { pid }, error);
  const gone = errno === 'ESRCH' || errno === 'ENOENT';
  return gone ? new CodoperfError('PROCESS_NOT_FOUND', { pid, procfs }, error) : error;
}

function linkTo(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined; // Gone, or not for us to see: it is compared with what we can see.
  }
}
