import type { Scanner } from '../../core/scanner.ts';

const OPENING = 0x28;
const CLOSING = 0x29;
const SLASH = 0x2f;
const MINUS = 0x2d;
const PLUS = 0x2b;
const UPPER_R = 0x52;
const PF_WQ_WORKER = 0x20;
const PF_KTHREAD = 0x200000;
/** USER_HZ: what the kernel exports to user space, 100 on every architecture that Node.js runs on. */
export const TICKS_PER_SECOND = 100;

/** What `/proc/<pid>/stat` says; refilled by `parseProcessStat`, NaN where the line ends early. */
export class StatFigures {
  /** Bounds of the name in the scanned bytes, without what a kernel worker is busy with. */
  nameStart = 0;
  nameEnd = 0;
  /** The state's letter as a character code: R, S, D, T, t, Z, X, I. */
  state = 0;
  /** Whether it is a thread of the kernel: no memory, no descriptors. */
  kernel = false;
  minorFaults = Number.NaN;
  majorFaults = Number.NaN;
  userSeconds = Number.NaN;
  systemSeconds = Number.NaN;
  nice = Number.NaN;
  threads = Number.NaN;
  /** Ticks between boot and start: tells a process from a later one with the same pid. */
  startTicks = Number.NaN;
  virtualBytes = Number.NaN;
  residentPages = Number.NaN;
  ioDelaySeconds = Number.NaN;
}

/**
 * One line of `/proc/<pid>/stat`; `false` when it does not even tell when the process started. The
 * name may hold anything, blanks, parentheses and newlines too, but numbers alone follow it, so the
 * last closing parenthesis ends it. CPU time and faults are those of all threads; the time of reaped
 * children is left out, as it was the children's. Kernel: `fs/proc/array.c`, `do_task_stat`.
 * https://docs.kernel.org/filesystems/proc.html#process-specific-subdirectories
 */
export function parseProcessStat(scan: Scanner, into: StatFigures, withIoDelay: boolean): boolean {
  const { buf, end } = scan;
  const open = buf.indexOf(OPENING);
  const close = end === 0 ? -1 : buf.lastIndexOf(CLOSING, end - 1);
  if (open < 0 || close < open) return false;
  into.nameStart = open + 1;
  scan.pos = close + 1;
  into.state = scan.word() ? buf[scan.wordStart] : 0;
  scan.skipWords(5);
  const flags = scan.uint();
  into.kernel = (flags & PF_KTHREAD) !== 0;
  into.nameEnd = (flags & PF_WQ_WORKER) === 0 ? close : workerNameEnd(buf, open + 1, close);
  into.minorFaults = scan.uint();
  scan.skipWords(1);
  into.majorFaults = scan.uint();
  scan.skipWords(1);
  into.userSeconds = scan.uint() / TICKS_PER_SECOND;
  into.systemSeconds = scan.uint() / TICKS_PER_SECOND;
  scan.skipWords(3);
  into.nice = scan.int();
  into.threads = scan.uint();
  scan.skipWords(1);
  into.startTicks = scan.uint();
  into.virtualBytes = scan.uint();
  into.residentPages = scan.uint();
  into.ioDelaySeconds = Number.NaN;
  if (withIoDelay) {
    scan.skipWords(17);
    into.ioDelaySeconds = scan.uint() / TICKS_PER_SECOND;
  }
  return !Number.isNaN(into.startTicks);
}

/**
 * A worker of the kernel shows what it works on behind its name (`kworker/0:1-events`), which changes
 * all the time: the name ends before that, except for a rescuer, whose queue is its name (`kworker/R-md`).
 */
function workerNameEnd(buf: Uint8Array, start: number, end: number): number {
  let pos = start;
  while (pos < end && buf[pos] !== SLASH) pos++;
  if (buf[pos + 1] === UPPER_R && buf[pos + 2] === MINUS) return end;
  while (pos < end && buf[pos] !== MINUS && buf[pos] !== PLUS) pos++;
  return pos;
}
