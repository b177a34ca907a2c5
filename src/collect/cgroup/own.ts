/**
 * Which cgroup codoperf itself is in. `/proc/self/cgroup` names it as seen from the root of our cgroup
 * namespace; the directories may be mounted from another root, which the mount table tells.
 * https://man7.org/linux/man-pages/man7/cgroups.7.html, https://man7.org/linux/man-pages/man7/cgroup_namespaces.7.html
 */
import fs from 'node:fs';
import { unescapeOctal } from '../mounts.ts';
import type { Hierarchy, Layout, Role } from './mounts.ts';
import { bytePath, fsPath } from './mounts.ts';

/** Our cgroup in one hierarchy. */
export interface OwnGroup {
  /** Name of the v1 controller; empty for v2. */
  readonly controller: string;
  readonly hierarchy: Hierarchy;
  /** Path below the hierarchy's directory; `undefined` when our cgroup is not visible there. */
  readonly path: string | undefined;
}

const roleOfController: Readonly<Record<string, Role>> = {
  cpu: 'cpu',
  cpuacct: 'cpuacct',
  cpuset: 'cpuset',
  memory: 'memory',
  blkio: 'blkio',
  pids: 'pids',
};

/** The paths of `/proc/self/cgroup` by v1 controller, v2's under the empty name. Lines: `id:controllers:path`. */
export function parseSelfCgroup(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const path = match[3].replace(/ \(deleted\)$/, '');
    for (const controller of match[2].split(',')) paths.set(controller, path);
  }
  return paths;
}

/** One mount of a hierarchy. */
export interface CgroupMount {
  /** v1 controllers (and other mount options); v2 has the empty name. */
  readonly controllers: readonly string[];
  readonly point: string;
  /** The cgroup that stands at the mount point. */
  readonly root: string;
}

/** The cgroup mounts of `/proc/self/mountinfo`. https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo */
export function parseCgroupMounts(text: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of text.split('\n')) {
    const [mount, kind = ''] = line.split(' - ');
    const [, , , root, point] = mount.split(' ');
    const [type, , options = ''] = kind.split(' ');
    if (point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    const controllers = type === 'cgroup2' ? [''] : options.split(',');
    mounts.push({ controllers, point: unescapeOctal(point), root: unescapeOctal(root) });
  }
  return mounts;
}

/**
 * `path` as seen from a mount of `root`; `undefined` when it is not below it. Both may climb out of the
 * namespace with `/..`, and then only an equal beginning tells where we are.
 */
export function visiblePath(path: string, root: string): string | undefined {
  if (path === root) return '/';
  const prefix = root === '/' ? '/' : `${root}/`;
  if (!path.startsWith(prefix)) return undefined;
  const below = `/${path.slice(prefix.length)}`;
  return /^\/\.\.(\/|$)/.test(below) ? undefined : below;
}

/** Finds our cgroups, and again when we were moved: the mount table is long and seldom changes. */
export class OwnGroups {
  private readonly procfs: string;
  private readonly layout: Layout;
  private readonly process: string;
  private text: string | undefined;
  private found: readonly OwnGroup[] = [];

  /** `process` may be another one: its pid. The kernel shows its cgroups from our point of view. */
  constructor(procfs: string, layout: Layout, process = 'self') {
    this.procfs = procfs;
    this.layout = layout;
    this.process = process;
  }

  /** Our cgroup in every hierarchy that limits or counts something. */
  find(): readonly OwnGroup[] {
    const text = readBytes(`${this.procfs}/${this.process}/cgroup`);
    if (text === this.text) return this.found;
    this.text = text;
    const mounts = parseCgroupMounts(readBytes(`${this.procfs}/self/mountinfo`));
    this.found = [...parseSelfCgroup(text)].flatMap(([controller, path]) => this.place(controller, path, mounts));
    return this.found;
  }

  private place(controller: string, path: string, mounts: readonly CgroupMount[]): OwnGroup[] {
    const { hierarchies, roles } = this.layout;
    const version = controller === '' ? 2 : 1;
    const hierarchy =
      version === 2 ? hierarchies.find((each) => each.version === 2) : roles.get(roleOfController[controller]);
    if (hierarchy?.version !== version) return [];
    return [{ controller, hierarchy, path: locate(path, rootOf(mounts, controller, hierarchy), hierarchy) }];
  }
}

/** What is mounted at the hierarchy's directory, or else where its controller is mounted first. */
function rootOf(mounts: readonly CgroupMount[], controller: string, { dir }: Hierarchy): string | undefined {
  const candidates = mounts.filter(({ controllers }) => controllers.includes(controller));
  return (candidates.find(({ point }) => point === dir) ?? candidates[0])?.root;
}

/**
 * Without a mount table nothing tells where a path begins: when nothing stands under it, we see only our
 * own cgroup, as in a container with v1, and so the visible root is ours.
 */
function locate(path: string, root: string | undefined, hierarchy: Hierarchy): string | undefined {
  const visible = visiblePath(path, root ?? '/');
  if (visible === undefined || visible === '/') return visible;
  if (fs.existsSync(fsPath(hierarchy.dir + visible))) return visible;
  return root === undefined ? '/' : undefined;
}

function readBytes(path: string): string {
  try {
    return fs.readFileSync(fsPath(bytePath(path)), 'latin1');
  } catch {
    return ''; // No such file in this tree, or denied: our own cgroup is not known then.
  }
}
