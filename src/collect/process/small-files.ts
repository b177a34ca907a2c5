/** Parsers of the small files of one process. https://docs.kernel.org/filesystems/proc.html#process-specific-subdirectories */
import type { Scanner } from '../../core/scanner.ts';

const NANOSECONDS = 1e9;
const BYTES_PER_KIB = 1024;
const COLON = 0x3a;

/** `/proc/<pid>/schedstat`: of the main thread alone, whatever the number of threads. */
export class SchedFigures {
  runSeconds = Number.NaN;
  waitSeconds = Number.NaN;
  /** Times it was put on a CPU. */
  timeslices = Number.NaN;
}

/** `/proc/<pid>/io`: what all threads, gone ones too, had storage do; in bytes. */
export class IoFigures {
  readBytes = Number.NaN;
  writeBytes = Number.NaN;
  cancelledWriteBytes = Number.NaN;
}

/** The lines of `/proc/<pid>/status` that no cheaper file has. */
export class StatusFigures {
  /** The effective user id. */
  uid = Number.NaN;
  /** Of all threads, they share their memory; NaN for a thread of the kernel. */
  swapBytes = Number.NaN;
  /** Of the main thread alone. */
  voluntarySwitches = Number.NaN;
  nonvoluntarySwitches = Number.NaN;
}

/** `run wait timeslices`, the first two in nanoseconds. https://docs.kernel.org/scheduler/sched-stats.html */
export function parseSchedstat(scan: Scanner, into: SchedFigures): void {
  into.runSeconds = scan.uint() / NANOSECONDS;
  into.waitSeconds = scan.uint() / NANOSECONDS;
  into.timeslices = scan.uint();
  // A kernel built without the figures answers three zeros, even for a process that has run.
  if (into.timeslices !== 0 || into.runSeconds !== 0 || into.waitSeconds !== 0) return;
  into.runSeconds = Number.NaN;
  into.waitSeconds = Number.NaN;
}

/** `name: bytes` a line. https://docs.kernel.org/filesystems/proc.html#proc-pid-io-display-the-io-accounting-fields */
export function parseIo(scan: Scanner, into: IoFigures): void {
  into.readBytes = Number.NaN;
  into.writeBytes = Number.NaN;
  into.cancelledWriteBytes = Number.NaN;
  do {
    if (!scan.word()) continue;
    if (scan.wordIs('read_bytes:')) into.readBytes = scan.uint();
    else if (scan.wordIs('write_bytes:')) into.writeBytes = scan.uint();
    else if (scan.wordIs('cancelled_write_bytes:')) into.cancelledWriteBytes = scan.uint();
  } while (scan.nextLine());
}

/** `Name: value` a line; here the name of the process is escaped, so it cannot fake a line. */
export function parseStatus(scan: Scanner, into: StatusFigures): void {
  into.uid = Number.NaN;
  into.swapBytes = Number.NaN;
  into.voluntarySwitches = Number.NaN;
  into.nonvoluntarySwitches = Number.NaN;
  do {
    if (!scan.word() || scan.buf[scan.wordEnd - 1] !== COLON) continue;
    if (scan.wordIs('Uid:')) {
      scan.skipWords(1);
      into.uid = scan.uint();
    } else if (scan.wordIs('VmSwap:')) into.swapBytes = scan.uint() * BYTES_PER_KIB;
    else if (scan.wordIs('voluntary_ctxt_switches:')) into.voluntarySwitches = scan.uint();
    else if (scan.wordIs('nonvoluntary_ctxt_switches:')) into.nonvoluntarySwitches = scan.uint();
  } while (scan.nextLine());
}

/** The soft limit of `Max open files` in `/proc/<pid>/limits`; infinite when unlimited, NaN when not there. */
export function parseOpenFilesLimit(scan: Scanner): number {
  do {
    if (!scan.startsWithAt(scan.pos, 'Max open files')) continue;
    scan.skipWords(3);
    const limit = scan.uint();
    if (!Number.isNaN(limit)) return limit;
    return scan.word() && scan.wordIs('unlimited') ? Number.POSITIVE_INFINITY : Number.NaN;
  } while (scan.nextLine());
  return Number.NaN;
}

/** Controllers of cgroup v1 whose path names a container or service, best first. */
const v1Controllers = ['memory', 'cpu', 'pids', 'name=systemd'];

/**
 * The path in `/proc/<pid>/cgroup` that says most: the one of v2, else, where v2 only holds the root,
 * one of v1. `man 7 cgroups`
 */
export function parseCgroupPath(text: string): string {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const parts = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (parts === null) continue;
    for (const controller of parts[1].split(',')) paths.set(controller, parts[2]);
  }
  const known = ['', ...v1Controllers].map((controller) => paths.get(controller)).filter((path) => path !== undefined);
  return known.find((path) => path !== '/') ?? known[0] ?? '';
}
