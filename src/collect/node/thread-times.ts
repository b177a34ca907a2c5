/** CPU time and run-queue waits of single threads. https://docs.kernel.org/scheduler/sched-stats.html */
import fs from 'node:fs';
import { Scanner } from '../../core/scanner.ts';
import { readText } from '../files.ts';
import { SchedFigures, parseSchedstat } from '../process/small-files.ts';
import { processFacts } from './process-facts.ts';

/** What a thread, or some threads together, used and waited for so far; seconds, NaN when not known. */
export interface ThreadTimes {
  readonly cpuSeconds: number;
  /** Could run, and waited for a CPU. */
  readonly waitSeconds: number;
}

/** Of some threads together; not known as soon as it is not of one of them. */
export function threadTimes(procfs: string, pid: number, tids: readonly number[]): ThreadTimes {
  const scan = new Scanner();
  const figures = new SchedFigures();
  let cpuSeconds = tids.length === 0 ? Number.NaN : 0;
  let waitSeconds = cpuSeconds;
  for (const tid of tids) {
    const bytes = readBytes(`${procfs}/${pid}/task/${tid}/schedstat`);
    scan.reset(bytes, bytes.length);
    parseSchedstat(scan, figures);
    cpuSeconds += figures.runSeconds;
    waitSeconds += figures.waitSeconds;
  }
  return { cpuSeconds, waitSeconds };
}

function readBytes(path: string): Buffer {
  try {
    return fs.readFileSync(path);
  } catch {
    return Buffer.alloc(0); // The thread ended, or the kernel keeps no such figures.
  }
}

/** What the main thread of a process does at this moment: its state's letter, and where in the kernel it waits. */
export function mainThreadDoes(procfs: string, pid: number): { state: string; wchan: string } {
  const wchan = readText(`${procfs}/${pid}/wchan`) ?? '';
  return { state: processFacts(procfs, pid)?.state ?? '', wchan: wchan === '0' ? '' : wchan };
}
