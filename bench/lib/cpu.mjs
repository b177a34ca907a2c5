// CPU time of a process tree, to the nanosecond where the kernel tells it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const NANOSECONDS = 1e9;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of `/proc/<pid>/stat` from the third on (`man 5 proc`); the name in the second may hold blanks. */
function statFields(pid) {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** How many processes there are, kernel threads included. */
export function processCount() {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
}

/** The pids of `pid` and all its descendants. */
function tree(pid) {
  const children = new Map();
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = attempt(() => Number(statFields(name)[1]));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [];
  for (const open = [pid]; open.length > 0; ) {
    const next = open.pop();
    found.push(next);
    open.push(...(children.get(next) ?? []));
  }
  return found;
}

/**
 * CPU seconds of `pid`, its threads, its living descendants and those it has waited for. Threads by
 * `schedstat` (nanoseconds on a CPU); the dead children are counted by the kernel in ticks of 10 ms.
 */
export function treeCpuSeconds(pid) {
  const fields = statFields(pid);
  // cutime and cstime: fields 16 and 17.
  const reaped = (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  return tree(pid).reduce((sum, each) => sum + (attempt(() => threadsCpuSeconds(each)) ?? 0), reaped);
}

function threadsCpuSeconds(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, tid) => {
    const text = attempt(() => fs.readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1')) ?? '0';
    return sum + Number(text.split(' ')[0]) / NANOSECONDS;
  }, 0);
}

/** A field of `/proc/<pid>/status` in kB as MB (10^6 bytes), `NaN` when the process is gone. */
export function statusMegabytes(pid, field) {
  const text = attempt(() => fs.readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '';
  const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? Number.NaN : (Number(kilobytes) * 1024) / 1e6;
}

/** Processes and threads come and go while they are looked at. */
function attempt(read) {
  try {
    return read();
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}
