/**
 * What a collector is: one file in `collect/host/` whose default export names the subject, declares
 * its figures and opens a reader on an injected file tree. The registry is generated from the
 * folder; outputs and docs read the tables. See CONTRIBUTING.md, "Add a collector".
 */
import type { Clock } from '../core/clock.ts';
import type { TableSpec } from '../core/metric.ts';
import type { Table } from '../core/table.ts';
import type { FileSet } from './files.ts';

export { Unavailable } from './unavailable.ts';

/** Where the kernel's file trees are; each can point into a container's `/host` or a fixture. */
export interface Paths {
  readonly procfs: string;
  readonly sysfs: string;
  /** Prefix of the mount points of the host (`/host` when its root is mounted there). */
  readonly rootfs: string;
  readonly cgroupfs: string;
  /** udev's database of device properties. Default: `<rootfs>/run/udev/data`. */
  readonly udevData?: string;
}

/** The paths of the machine we run on. */
export const hostPaths: Paths = { procfs: '/proc', sysfs: '/sys', rootfs: '/', cgroupfs: '/sys/fs/cgroup' };

/** What a reader gets to work with. */
export interface CollectContext {
  readonly paths: Paths;
  readonly clock: Clock;
  /** Opens the kernel's files; shared by all collectors, so that two of them read a file once. */
  readonly files: FileSet;
  /** Only these processes, when the user named some (`--pid`). */
  readonly pids?: readonly number[];
  /** How a file system is asked for its figures; tests own it. Default: `fs.statfsSync`. */
  readonly statfs?: (path: Buffer) => StatFs;
}

/** The figures of one file system: sizes in blocks of `bsize` bytes, `files` in inodes (`man 2 statfs`). */
export interface StatFs {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** A collector bound to a file tree. */
export interface Reader {
  /** One `Table` for each spec of the collector, in the same order. */
  readonly tables: readonly Table[];
  /**
   * Refills the tables. Throws `Unavailable` when the source is not there; a single subject that
   * vanished or may not be read is left out instead.
   */
  read(): void;
  /**
   * Resolves when what can only be asked asynchronously is known, after a second at most; awaited
   * once before the first sample.
   */
  ready?(): Promise<void>;
  /**
   * Asks, for the reads to come, what can only be asked asynchronously, and waits for `patienceMs` at most;
   * `undefined` when there is nothing to wait for. Awaited by the loop right before each `read`.
   */
  gather?(patienceMs: number): Promise<void> | undefined;
  close?(): void;
}

/** The default export of a file in `collect/host/`. */
export interface Collector {
  /** The subject, as in node_exporter's `collector` label. */
  readonly name: string;
  readonly enabledByDefault: boolean;
  /** One sentence for the generated reference. */
  readonly help: string;
  readonly tables: readonly TableSpec[];
  /**
   * The shortest useful interval in seconds: in a faster loop the collector is read at this one,
   * because its figures move slowly or cost much. 0 when every interval makes sense.
   */
  readonly minIntervalSeconds?: number;
  open(context: CollectContext): Reader;
}
