/**
 * Disk traffic by cgroup and device: `io.stat` of v2, `blkio.throttle.*` of v1.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#io-interface-files
 * https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html
 */
import type { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import { readText } from '../files.ts';
import { KeyMap } from './keys.ts';
import type { PooledFile } from './pool.ts';
import { GONE, pooledFile } from './pool.ts';
import type { RowContext } from './rows.ts';
import { holds } from './rows.ts';
import { Io, blkioSpec, ioSpec } from './tables.ts';
import type { Group, GroupDevice } from './tree.ts';

const COLON = 0x3a;
const EQUALS = 0x3d;

/** The keys of `io.stat`, in front of each `=`. */
const v2Keys = new KeyMap({
  rbytes: Io.readBytes,
  rios: Io.reads,
  wbytes: Io.writtenBytes,
  wios: Io.writes,
});
const v1Bytes = new KeyMap({ Read: Io.readBytes, Write: Io.writtenBytes });
const v1Counts = new KeyMap({ Read: Io.reads, Write: Io.writes });

/** The files of v1: those that count the cgroups below as well are better, and newer. */
const v1Files = [
  ['blkio.throttle.io_service_bytes_recursive', 'blkio.throttle.io_service_bytes'],
  ['blkio.throttle.io_serviced_recursive', 'blkio.throttle.io_serviced'],
] as const;

/** Fills the two I/O tables; `firstFile` is the place of its files in `Group.files`. */
export class IoRows {
  readonly table = new Table(ioSpec);
  readonly blkio = new Table(blkioSpec);
  private readonly context: RowContext;
  private readonly firstFile: number;
  private readonly sysfs: string;
  /** Device labels by `major:minor`, for all cgroups. */
  private readonly names = new Map<string, string>();

  constructor(context: RowContext, firstFile: number, sysfs: string) {
    this.context = context;
    this.firstFile = firstFile;
    this.sysfs = sysfs;
  }

  /** Opens the files of a cgroup; called when they may have changed. */
  setUp(group: Group): void {
    const hierarchy = this.context.layout.roles.get('blkio');
    if (hierarchy === undefined) return;
    const names = group.names[hierarchy.index];
    const dir = group.path === '/' ? hierarchy.dir : hierarchy.dir + group.path;
    const candidates: readonly (readonly string[])[] = hierarchy.version === 2 ? [['io.stat']] : v1Files;
    candidates.forEach((files, i) => {
      const name = files.find((file) => names?.has(file));
      group.files[this.firstFile + i] = name ? pooledFile(`${dir}/${name}`) : undefined;
    });
  }

  /** Reads the devices of a cgroup; `false` when it is gone. */
  read(group: Group): boolean {
    const hierarchy = this.context.layout.roles.get('blkio');
    if (hierarchy === undefined) return true;
    const first = group.files[this.firstFile];
    const second = group.files[this.firstFile + 1];
    const inode = group.inodes[hierarchy.index];
    if (hierarchy.version === 2) return this.readFile(group, first, inode, undefined);
    return this.readFile(group, first, inode, v1Bytes) && this.readFile(group, second, inode, v1Counts);
  }

  private readFile(group: Group, file: PooledFile | undefined, inode: number, keys: KeyMap | undefined): boolean {
    if (file === undefined) return true;
    const { pool, scan } = this.context;
    const length = pool.read(file);
    if (length === GONE) return false;
    if (length < 0) return true;
    scan.reset(pool.buf, length);
    do {
      this.readLine(scan, group, inode, keys);
    } while (scan.nextLine());
    return true;
  }

  /** `8:0 Read 4096` (v1, with `keys`) or `8:0 rbytes=4096 wbytes=0 rios=1 …` (v2). */
  private readLine(scan: Scanner, group: Group, inode: number, keys: KeyMap | undefined): void {
    const major = scan.uint();
    if (Number.isNaN(major) || scan.pos >= scan.end || scan.buf[scan.pos] !== COLON) return;
    scan.pos++;
    const minor = scan.uint();
    if (Number.isNaN(minor)) return;
    let device: GroupDevice | undefined;
    while (scan.word()) {
      const wordEnd = scan.wordEnd;
      if (keys === undefined && !endKey(scan)) continue;
      const column = (keys ?? v2Keys).columnOfWord(scan);
      if (keys === undefined) scan.pos = scan.wordEnd + 1;
      const value = column >= 0 ? scan.uint() : Number.NaN;
      if (keys === undefined) scan.pos = wordEnd;
      if (Number.isNaN(value)) continue;
      device ??= this.touch(group, major, minor, inode);
      if (!group.late) this.set(device, column, value);
    }
  }

  private set(device: GroupDevice, column: number, value: number): void {
    this.table.values[device.slot * this.table.width + column] = value;
    if (column === Io.readBytes) this.blkio.values[device.blkioSlot * this.blkio.width] = value;
    if (column === Io.writtenBytes) this.blkio.values[device.blkioSlot * this.blkio.width + 1] = value;
  }

  private touch(group: Group, major: number, minor: number, inode: number): GroupDevice {
    const device = findDevice(group, major, minor) ?? this.addDevice(group, major, minor);
    if (holds(this.table, device.slot, device.key)) this.table.touch(device.slot);
    else device.slot = this.table.slot(device.key, [group.id, device.label]);
    if (holds(this.blkio, device.blkioSlot, device.key)) this.blkio.touch(device.blkioSlot);
    else {
      const labels = [group.id, device.label, String(device.major), String(device.minor)];
      device.blkioSlot = this.blkio.slot(device.key, labels);
    }
    this.table.identify(device.slot, inode);
    this.blkio.identify(device.blkioSlot, inode);
    return device;
  }

  private addDevice(group: Group, major: number, minor: number): GroupDevice {
    const number = `${major}:${minor}`;
    // A path holds no NUL, so that the key is unambiguous.
    const key = `${group.path}\0${number}`;
    const device = { major, minor, key, label: this.labelOf(number), slot: -1, blkioSlot: -1 };
    group.devices.push(device);
    return device;
  }

  /** `/dev/sda`, or the number where sysfs does not know it. */
  private labelOf(number: string): string {
    let label = this.names.get(number);
    if (label === undefined) {
      const name = /^DEVNAME=(.+)$/m.exec(readText(`${this.sysfs}/dev/block/${number}/uevent`) ?? '')?.[1];
      label = name === undefined ? number : `/dev/${name}`;
      this.names.set(number, label);
    }
    return label;
  }
}

/** Ends the word at its `=`; `false` when it has none. */
function endKey(scan: Scanner): boolean {
  const at = scan.buf.indexOf(EQUALS, scan.wordStart);
  if (at < 0 || at >= scan.wordEnd) return false;
  scan.wordEnd = at;
  return true;
}

function findDevice(group: Group, major: number, minor: number): GroupDevice | undefined {
  for (let i = 0; i < group.devices.length; i++) {
    const device = group.devices[i];
    if (device.major === major && device.minor === minor) return device;
  }
  return undefined;
}
