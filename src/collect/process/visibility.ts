/** What the mounted procfs shows: all processes, and whether it is the kernel's at all. */
import fs from 'node:fs';
import { readText } from '../files.ts';

/** `PROC_SUPER_MAGIC` of `include/uapi/linux/magic.h`. */
const PROC_MAGIC = 0x9fa0;

/**
 * Whether `<procfs>` and its `stat` are the kernel's own: not so under lxcfs, in a fixture or in a
 * copy, where an unchanged number of forks does not prove that the list of processes is unchanged.
 */
export function isProcfs(procfs: string): boolean {
  try {
    return fs.statfsSync(procfs).type === PROC_MAGIC && fs.statfsSync(`${procfs}/stat`).type === PROC_MAGIC;
  } catch {
    return false; // Not there: then there is nothing to trust either.
  }
}

/** Whether the size of `/proc/<pid>/fd` is the number of descriptors; before Linux 6.2 it was 0. */
export function fdSizeWorks(procfs: string): boolean {
  try {
    return isProcfs(procfs) && fs.statSync(`${procfs}/self/fd`).size > 0;
  } catch {
    return false; // `self` of another pid namespace: then the directories are listed.
  }
}

/**
 * Whether procfs is mounted so that it keeps other users' processes from those without privilege
 * (`hidepid`), by `<procfs>/self/mountinfo`; `undefined` when that cannot be read.
 * https://docs.kernel.org/filesystems/proc.html#mount-options
 */
export function mountHidesProcesses(procfs: string): boolean | undefined {
  const mounts = readText(`${procfs}/self/mountinfo`);
  if (mounts === undefined) return undefined;
  const own = mounts.split('\n').map((line) => line.split(' - '));
  const proc = own.filter(([mount, source]) => source?.startsWith('proc ') && mount.split(' ')[3] === '/');
  // In a container the host's procfs may be mounted elsewhere; its own stands at /proc in its own view.
  const here =
    proc.find(([mount]) => mount.split(' ')[4] === procfs) ?? proc.find(([mount]) => mount.split(' ')[4] === '/proc');
  const value = /(?:^|,)hidepid=(\w+)/.exec(here?.[1] ?? '')?.[1];
  return value !== undefined && value !== '0' && value !== 'off';
}

const AT_PAGESZ = 6n;

/** The size of a page of this machine, from the vector that the kernel gave us; NaN when it cannot be read. `man 3 getauxval` */
export function pageBytes(): number {
  try {
    const vector = fs.readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      const [type, value] = new BigUint64Array(
        vector.buffer.slice(vector.byteOffset + at, vector.byteOffset + at + 16),
      );
      if (type === AT_PAGESZ) return Number(value);
    }
    return Number.NaN;
  } catch {
    return Number.NaN; // Without it resident memory is not known, and absent.
  }
}
