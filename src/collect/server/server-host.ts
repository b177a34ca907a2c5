/** The machine of a server, when it is this one: found by its pid, and believed only when more agrees than the number. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { ServerHost } from '../../core/cache.ts';
import { Scanner } from '../../core/scanner.ts';
import type { Hierarchy } from '../cgroup/mounts.ts';
import { bytePath, chainOf, findLayout, fsPath } from '../cgroup/mounts.ts';
import { parseSelfCgroup } from '../cgroup/own.ts';
import { parseLimit } from '../cgroup/source.ts';
import type { Paths } from '../collector.ts';
import { hostPaths } from '../collector.ts';
import { readText } from '../files.ts';
import { StatFigures, TICKS_PER_SECOND, parseProcessStat } from '../process/stat.ts';

/** Servers count whole seconds, and take their time between the start of the process and of their clock. */
const UPTIME_TOLERANCE_SECONDS = 5;
const KIB = 1024;

/** What a server says about itself. */
export interface ServerIdentity {
  readonly pid: number | undefined;
  readonly uptimeSeconds: number | undefined;
  /** What the kernel may call its process. */
  readonly programs: RegExp;
}

/** Whether an address of the user leads to this machine: a socket, the loopback interface, or an address of ours. */
export function isOwnAddress({ host, socketPath }: { host: string; socketPath: string | undefined }): boolean {
  if (socketPath !== undefined || host === 'localhost' || host === os.hostname()) return true;
  if (net.isIPv4(host) && host.startsWith('127.')) return true;
  const own = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return host === '::1' || own.some(({ address }) => address === host);
}

/**
 * Facts about this machine for a server whose process is found on it. One in a container has a pid of its own
 * namespace, which is somebody else here: so the name and the age of the process must be right as well.
 */
export function serverHost(identity: ServerIdentity, paths: Paths = hostPaths): ServerHost | null {
  if (!isProcessOf(identity, paths.procfs)) return null;
  const memory = readText(`${paths.procfs}/meminfo`) ?? '';
  const kib = (field: string): number | null => {
    const digits = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1];
    return digits === undefined ? null : Number(digits) * KIB;
  };
  const overcommit = readText(`${paths.procfs}/sys/vm/overcommit_memory`);
  return {
    memory_bytes: kib('MemTotal'),
    swap_bytes: kib('SwapTotal'),
    cgroup_limit_bytes: memoryLimit(identity.pid as number, paths),
    transparent_hugepages: chosen(readText(`${paths.sysfs}/kernel/mm/transparent_hugepage/enabled`)),
    overcommit_memory: overcommit !== undefined && /^\d$/.test(overcommit) ? Number(overcommit) : null,
  };
}

function isProcessOf({ pid, uptimeSeconds, programs }: ServerIdentity, procfs: string): boolean {
  if (pid === undefined || uptimeSeconds === undefined) return false;
  const stat = new StatFigures();
  const scan = new Scanner();
  try {
    const bytes = fs.readFileSync(`${procfs}/${pid}/stat`);
    scan.reset(bytes, bytes.length);
    if (!parseProcessStat(scan, stat, false)) return false;
    if (!programs.test(bytes.toString('latin1', stat.nameStart, stat.nameEnd))) return false;
  } catch {
    return false; // No such process here, or hidden from us.
  }
  const up = Number(/^[\d.]+/.exec(readText(`${procfs}/uptime`) ?? '')?.[0] ?? Number.NaN);
  const age = up - stat.startTicks / TICKS_PER_SECOND;
  return Math.abs(age - uptimeSeconds) <= UPTIME_TOLERANCE_SECONDS;
}

/** The word in brackets: `always [madvise] never`. */
function chosen(text: string | undefined): string | null {
  return /\[(\w+)\]/.exec(text ?? '')?.[1] ?? null;
}

/** The least limit of the cgroups that the process is in; `null` when there is none or they are not visible. */
function memoryLimit(pid: number, { procfs, cgroupfs }: Paths): number | null {
  const layout = findLayout(cgroupfs);
  const hierarchy = layout?.roles.get('memory');
  const path = parseSelfCgroup(readText(`${procfs}/${pid}/cgroup`) ?? '').get(hierarchy?.version === 1 ? 'memory' : '');
  if (hierarchy === undefined || path === undefined || path.startsWith('/..')) return null;
  const limits = chainOf(bytePath(path)).map((each) => limitAt(hierarchy, each));
  const least = Math.min(...limits.filter((each) => Number.isFinite(each)));
  return Number.isFinite(least) ? least : null;
}

function limitAt({ dir, version }: Hierarchy, path: string): number {
  const scan = new Scanner();
  try {
    const bytes = fs.readFileSync(fsPath(`${dir}${path}/${version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`));
    scan.reset(bytes, bytes.length);
    return parseLimit(scan);
  } catch {
    return Number.NaN; // The root has no such file, and another namespace's cgroups are not there.
  }
}
