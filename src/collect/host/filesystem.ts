import fs from 'node:fs';
import { errnoOf } from '../../core/errors.ts';
import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader, StatFs } from '../collector.ts';
import type { Mount } from '../mounts.ts';
import { MountTable } from '../mounts.ts';
import { REMOTE_TYPES, RemoteStatfs } from '../remote-statfs.ts';

/** node_exporter's default `--collector.filesystem.mount-points-exclude`. */
const EXCLUDED_MOUNT_POINTS =
  /^\/(dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/;
/** node_exporter's default `--collector.filesystem.fs-types-exclude`. */
const EXCLUDED_TYPES =
  /^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$/;

/** `strerror` of what `statfs` can answer; Node.js has other words for some of them. */
const errorTexts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EIO: 'input/output error',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ENODEV: 'no such device',
  ENOENT: 'no such file or directory',
  ENOTCONN: 'transport endpoint is not connected',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
};

const gauge = (metric: string, unit: Column['unit'], help: string): Column => ({ metric, type: 'gauge', unit, help });

const spec: TableSpec = {
  name: 'filesystems',
  labels: ['device', 'mountpoint', 'fstype', 'device_error'],
  columns: [
    gauge('node_filesystem_size_bytes', 'bytes', 'Size of the file system.'),
    gauge('node_filesystem_free_bytes', 'bytes', 'Free space, with what is reserved for root.'),
    gauge('node_filesystem_avail_bytes', 'bytes', 'Free space that any user can fill.'),
    gauge('node_filesystem_files', 'count', 'Inodes of the file system; 0 where they are made as needed.'),
    gauge('node_filesystem_files_free', 'count', 'Free inodes.'),
    gauge('node_filesystem_purgeable_bytes', 'bytes', 'Space that the system would free on demand; Linux has none.'),
    gauge('node_filesystem_readonly', 'info', '1 when nothing can be written.'),
    gauge('node_filesystem_device_error', 'info', '1 when the file system did not tell its figures.'),
  ],
};
const mountInfo: TableSpec = {
  name: 'mount_info',
  labels: ['device', 'major', 'minor', 'mountpoint'],
  columns: [gauge('node_filesystem_mount_info', 'info', 'The device number of a mounted file system.')],
};

/** A mount with what is derived from it once. */
interface Subject {
  readonly mount: Mount;
  readonly labels: readonly string[];
  readonly key: string;
  readonly infoKey: string;
  readonly remotePath: string | undefined;
}

function subjectOf(mount: Mount): Subject {
  const labels = [mount.device, mount.mountPoint, mount.fsType, ''];
  const remotePath = REMOTE_TYPES.test(mount.fsType) ? mount.path.toString('utf8') : undefined;
  const infoKey = [mount.device, mount.major, mount.minor, mount.mountPoint].join('\0');
  return { mount, labels, key: labels.join('\0'), infoKey, remotePath };
}

/** The mounts to report, each set of labels once: a later mount hides the earlier one at the same place. */
function chooseSubjects(mounts: readonly Mount[]): Subject[] {
  const chosen = new Map<string, Subject>();
  for (const mount of mounts) {
    if (EXCLUDED_MOUNT_POINTS.test(mount.mountPoint) || EXCLUDED_TYPES.test(mount.fsType)) continue;
    const subject = subjectOf(mount);
    chosen.set(subject.key, subject);
  }
  return [...chosen.values()];
}

/** The tables of one sample and how to fill in a mount. */
class Filesystems {
  readonly tables = [new Table(spec), new Table(mountInfo)] as const;

  show({ mount, key, labels, infoKey }: Subject, figures: StatFs): void {
    const [table, info] = this.tables;
    const { bsize } = figures;
    const i = table.slot(key, labels) * table.width;
    table.values[i] = figures.blocks * bsize;
    table.values[i + 1] = figures.bfree * bsize;
    table.values[i + 2] = figures.bavail * bsize;
    table.values[i + 3] = figures.files;
    table.values[i + 4] = figures.ffree;
    table.values[i + 5] = 0;
    table.values[i + 6] = mount.readOnly ? 1 : 0;
    table.values[i + 7] = 0;
    if (mount.major === '') return;
    const slot = info.slot(infoKey, [mount.device, mount.major, mount.minor, mount.mountPoint]);
    info.values[slot] = 1;
  }

  showError({ mount, labels }: Subject, error: string): void {
    const [table] = this.tables;
    const withError = [...labels.slice(0, 3), error];
    const i = table.slot(withError.join('\0'), withError) * table.width;
    table.values[i + 6] = mount.readOnly ? 1 : 0;
    table.values[i + 7] = 1;
  }
}

function errorText(error: unknown): string {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  return errorTexts[code] ?? code;
}

function open({ files, paths, clock, statfs = fs.statfsSync }: CollectContext): Reader {
  const mountTable = new MountTable(paths, files);
  const filesystems = new Filesystems();
  const remote = new RemoteStatfs();
  const { tables } = filesystems;
  let subjects: Subject[] = [];

  function readMounts(): void {
    if (!mountTable.read()) return;
    subjects = chooseSubjects(mountTable.mounts);
    remote.keep(new Set(subjects.flatMap(({ remotePath }) => remotePath ?? [])));
  }

  function readOne(subject: Subject): void {
    if (subject.remotePath !== undefined) {
      const answer = remote.answer(subject.remotePath, clock.monotonicSeconds());
      if (answer?.figures !== undefined) filesystems.show(subject, answer.figures);
      else if (answer?.error !== undefined) filesystems.showError(subject, answer.error);
      return;
    }
    let figures: StatFs;
    try {
      figures = statfs(subject.mount.path);
    } catch (error) {
      filesystems.showError(subject, errorText(error));
      return;
    }
    filesystems.show(subject, figures);
  }

  return {
    tables,
    async ready() {
      try {
        readMounts();
      } catch {
        return; // `read` says why.
      }
      const far = subjects.flatMap(({ remotePath }) => remotePath ?? []);
      await remote.first(far, clock.monotonicSeconds());
    },
    read() {
      readMounts();
      for (const table of tables) table.begin();
      for (const subject of subjects) readOne(subject);
      for (const table of tables) table.commit();
    },
  };
}

export default {
  name: 'filesystem',
  enabledByDefault: true,
  help: 'Space and inodes of the mounted file systems (statfs; those of other machines asked by a child process).',
  tables: [spec, mountInfo],
  minIntervalSeconds: 10,
  open,
} satisfies Collector;
