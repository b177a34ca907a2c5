/** What /proc tells about one process before anybody talks to its agent. */
import fs from 'node:fs';
import path from 'node:path';
import { isNodeName } from '../../core/node-name.ts';
import { Scanner } from '../../core/scanner.ts';
import { readText } from '../files.ts';
import { shortCommandLine } from '../process/command-line.ts';
import { StatFigures, TICKS_PER_SECOND, parseProcessStat } from '../process/stat.ts';

const utf8 = new TextDecoder('utf-8', { fatal: false });
const programs = new Set(['node', 'nodejs']);
/** What the kernel puts behind the path of a program whose file was replaced while it runs. */
const DELETED = ' (deleted)';

/** A process as its `/proc/<pid>/stat` shows it. */
export interface ProcessFacts {
  readonly pid: number;
  /** Name of its main thread, at most 15 bytes; not to be trusted. */
  readonly comm: string;
  /** Ticks between boot and its start: tells it from a later one with the same pid. */
  readonly startTicks: number;
  /** State's letter: R, S, D, T, t, Z, X, I. */
  readonly state: string;
  /** A thread of the kernel, or a process that has ended and was not reaped. */
  readonly dead: boolean;
}

/** Facts of a process; `undefined` when it is not there (or not for us to see). */
export function processFacts(procfs: string, pid: number): ProcessFacts | undefined {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(`${procfs}/${pid}/stat`);
  } catch {
    return undefined; // Gone, or hidden from us: nothing to talk to either way.
  }
  const scan = new Scanner();
  const stat = new StatFigures();
  scan.reset(bytes, bytes.length);
  if (!parseProcessStat(scan, stat, false)) return undefined;
  const state = String.fromCharCode(stat.state);
  return {
    pid,
    comm: utf8.decode(bytes.subarray(stat.nameStart, stat.nameEnd)),
    startTicks: stat.startTicks,
    state,
    dead: stat.kernel || state === 'Z' || state === 'X',
  };
}

/** The effective user of a process; `undefined` when it cannot be read. */
export function processUid(procfs: string, pid: number): number | undefined {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readText(`${procfs}/${pid}/status`) ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** Wall clock, seconds since 1970, at which a process began; moves with the clock, as the kernel's `btime` does. */
export function startedAt(procfs: string, { startTicks }: ProcessFacts): number {
  const boot = /^btime (\d+)/m.exec(readText(`${procfs}/stat`) ?? '')?.[1];
  return Number(boot ?? Number.NaN) + startTicks / TICKS_PER_SECOND;
}

/** Seconds since boot, times of sleep included: what start times are counted in. NaN when it cannot be read. */
export function bootSeconds(procfs: string): number {
  return Number.parseFloat(readText(`${procfs}/uptime`) ?? '');
}

/** Whether it runs Node.js: by its program's file, or by the name of its main thread where the file may not be seen. */
export function runsNode(procfs: string, pid: number): boolean {
  try {
    const target = fs.readlinkSync(`${procfs}/${pid}/exe`);
    return programs.has(path.basename(target.endsWith(DELETED) ? target.slice(0, -DELETED.length) : target));
  } catch {
    return isNodeName(readText(`${procfs}/${pid}/comm`) ?? '');
  }
}

/** The command line, shortened and without what may be secret; `undefined` when there is none. */
export function commandOf(procfs: string, pid: number): string | undefined {
  return shortCommandLine(readText(`${procfs}/${pid}/cmdline`) ?? '');
}

/** Options of Node.js whose value is the next word. */
const takesValue = /^(?:-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--env-file|--title)$/;
const evaluates = /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/;

/**
 * What a process that runs Node.js is called until it tells itself, and mostly the same: the file name of its script,
 * `[eval]`, or the title that it gave itself.
 */
export function scriptOf(procfs: string, pid: number): string {
  const line = utf8.decode(Buffer.from(readText(`${procfs}/${pid}/cmdline`) ?? 'node', 'latin1'));
  const [program, ...args] = line.split('\0');
  const title = path.basename(program.split(' ')[0]);
  for (let i = 0; i < args.length; i++) {
    if (evaluates.test(args[i])) return '[eval]';
    if (takesValue.test(args[i])) i++;
    else if (args[i] !== '' && !args[i].startsWith('-')) return path.basename(args[i]);
  }
  return title;
}
