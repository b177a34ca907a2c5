/**
 * Which cgroup hierarchies stand below the cgroup root, told by what is in the directories, so that a
 * copied tree or a container's `/host/sys/fs/cgroup` works without a mount table.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html
 */
import fs from 'node:fs';
import { listDirectory, readText } from '../files.ts';

/** What we read from a hierarchy, by the name of its v1 controller. */
export const roles = ['cpu', 'cpuacct', 'cpuset', 'memory', 'blkio', 'pids', 'pressure'] as const;

/** One of `roles`; `pressure` exists in v2 only. */
export type Role = (typeof roles)[number];

/** One tree of cgroups. */
export interface Hierarchy {
  /** Its place in `Layout.hierarchies`. */
  readonly index: number;
  /** Its directory, one character a byte, as every path in this folder. */
  readonly dir: string;
  readonly version: 1 | 2;
}

/** The hierarchies, and who serves what. */
export interface Layout {
  readonly hierarchies: readonly Hierarchy[];
  readonly roles: ReadonlyMap<Role, Hierarchy>;
}

/** v2 names of controllers, for the roles that a unified hierarchy serves in hybrid mode. */
const unifiedNames: readonly (readonly [Role, string])[] = [
  ['cpu', 'cpu'],
  ['cpuset', 'cpuset'],
  ['memory', 'memory'],
  ['blkio', 'io'],
  ['pids', 'pids'],
];

/** A path as the kernel has it: one character a byte. Names need not be UTF-8. */
export function bytePath(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

/** The argument that `fs` needs for a byte path: a plain string while all of it is ASCII. */
export function fsPath(path: string): string | Buffer {
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) > 0x7f) return Buffer.from(path, 'latin1');
  return path;
}

/** A path and those above it, from it up to the root. */
export function chainOf(path: string): string[] {
  const chain: string[] = [];
  for (let at = path; at !== '' && at !== '/'; at = at.slice(0, at.lastIndexOf('/'))) chain.push(at);
  return [...chain, '/'];
}

/** Looks for v2 at the root, else for v1 controllers below it and v2 at `unified`; `undefined` when there is neither. */
export function findLayout(cgroupfs: string): Layout | undefined {
  const found: Layout = { hierarchies: [], roles: new Map() };
  if (fs.existsSync(`${cgroupfs}/cgroup.controllers`)) {
    const all = add(found, cgroupfs, 2);
    return { hierarchies: [all], roles: new Map(roles.map((role) => [role, all])) };
  }
  addControllers(found, cgroupfs);
  addUnified(found, `${cgroupfs}/unified`);
  return found.hierarchies.length > 0 ? found : undefined;
}

/** v1: a directory a controller; those mounted together share one, named `cpu,cpuacct`, with links to it. */
function addControllers(layout: Layout, cgroupfs: string): void {
  const names = listDirectory(cgroupfs);
  const byInode = new Map<string, Hierarchy>();
  for (const role of roles) {
    const name = names.includes(role) ? role : names.find((each) => each.split(',').includes(role));
    if (name === undefined || name === 'pressure') continue;
    const dir = `${cgroupfs}/${name}`;
    const stat = fs.statSync(dir, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) continue;
    const identity = `${stat.dev}:${stat.ino}`;
    const hierarchy = byInode.get(identity) ?? add(layout, dir, 1);
    byInode.set(identity, hierarchy);
    (layout.roles as Map<Role, Hierarchy>).set(role, hierarchy);
  }
}

/** Hybrid: v2 beside v1. It serves pressure, CPU time, and the controllers that v1 left to it. */
function addUnified(layout: Layout, dir: string): void {
  const controllers = readText(`${dir}/cgroup.controllers`)?.split(/\s+/);
  if (controllers === undefined) return;
  const hierarchy = add(layout, dir, 2);
  const served = layout.roles as Map<Role, Hierarchy>;
  served.set('pressure', hierarchy);
  if (!served.has('cpuacct')) served.set('cpuacct', hierarchy);
  for (const [role, name] of unifiedNames) {
    if (!served.has(role) && controllers.includes(name)) served.set(role, hierarchy);
  }
}

function add(layout: Layout, dir: string, version: 1 | 2): Hierarchy {
  const hierarchy = { index: layout.hierarchies.length, dir: bytePath(dir), version };
  (layout.hierarchies as Hierarchy[]).push(hierarchy);
  return hierarchy;
}
