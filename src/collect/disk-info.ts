/**
 * What a block device is, beside what it does: number, model, serial, file system, device-mapper
 * name. It comes from udev's database and sysfs, which change when a device comes or is formatted,
 * so each device is looked up when it appears and again now and then, a few in one sample.
 */
import type { Column, TableSpec } from '../core/metric.ts';
import { Table } from '../core/table.ts';
import type { Paths } from './collector.ts';
import { listDirectory, readText } from './files.ts';
import { labelText } from './utf8.ts';

/** Age at which a device is looked up again. */
const REFRESH_SECONDS = 60;
/** Looked up again in one sample at most, so that 2,000 devices do not make one sample slow. */
const REFRESHED_AT_ONCE = 16;

const one = (metric: string, help: string): Column => ({ metric, type: 'gauge', unit: 'info', help });

const device: TableSpec = {
  name: 'info',
  labels: ['device', 'major', 'minor', 'path', 'wwn', 'model', 'serial', 'revision', 'rotational'],
  columns: [one('node_disk_info', 'The identity of a block device.')],
};
const filesystem: TableSpec = {
  name: 'filesystem_info',
  labels: ['device', 'type', 'usage', 'uuid', 'version'],
  columns: [one('node_disk_filesystem_info', 'The file system that a block device holds.')],
};
const mapper: TableSpec = {
  name: 'device_mapper_info',
  labels: ['device', 'name', 'uuid', 'vg_name', 'lv_name', 'lv_layer'],
  columns: [one('node_disk_device_mapper_info', 'The name of a device of the device mapper.')],
};
const backing: TableSpec = {
  name: 'device_mapper_backing_device_info',
  labels: ['device', 'backing_device'],
  columns: [
    one('node_disk_device_mapper_backing_device_info', 'The devices that a device of the device mapper lies on.'),
  ],
};
const ata: TableSpec = {
  name: 'ata',
  labels: ['device'],
  columns: [
    { metric: 'node_disk_ata_write_cache', type: 'gauge', unit: 'info', help: '1 when an ATA disk has a write cache.' },
    { metric: 'node_disk_ata_write_cache_enabled', type: 'gauge', unit: 'info', help: '1 when its write cache is on.' },
    {
      metric: 'node_disk_ata_rotation_rate_rpm',
      type: 'gauge',
      unit: 'rpm',
      help: 'Turns a minute; 0 of a solid-state disk.',
    },
  ],
};
/** udev's properties behind the columns of `ata`. */
const ataProperties = ['ID_ATA_WRITE_CACHE', 'ID_ATA_WRITE_CACHE_ENABLED', 'ID_ATA_ROTATION_RATE_RPM'];

/** The tables of `DiskInfo`, in their order. */
export const diskInfoSpecs: readonly TableSpec[] = [device, filesystem, mapper, backing, ata];

interface Known {
  readonly epoch: number;
  readonly major: number;
  readonly minor: number;
  readonly readAt: number;
  /** Labels by table, in the order of `diskInfoSpecs`. */
  readonly rows: readonly (readonly (readonly string[])[])[];
  readonly ataValues: readonly number[];
}

/** Keeps the info tables of the devices in `disks` up to date; see the module comment. */
export class DiskInfo {
  readonly tables: readonly Table[] = diskInfoSpecs.map((each) => new Table(each));
  private readonly disks: Table;
  private readonly sysfs: string;
  private readonly udev: string;
  private readonly known: (Known | undefined)[] = [];
  private now = 0;
  private refreshes = 0;
  private met = 0;
  private metBefore = 0;
  private stale = true;
  private shown = 0;

  constructor(paths: Paths, disks: Table) {
    this.disks = disks;
    this.sysfs = paths.sysfs;
    this.udev = paths.udevData ?? `${paths.rootfs === '/' ? '' : paths.rootfs}/run/udev/data`;
  }

  /** Starts a sample, before the devices are met. */
  begin(monotonicSeconds: number): void {
    this.now = monotonicSeconds;
    this.refreshes = 0;
    this.met = 0;
    // Somebody cleared the tables in between: the source was away for a sample.
    if (this.tables[0].generation !== this.shown) this.stale = true;
  }

  /** Called for each device of the sample. */
  meet(slot: number, major: number, minor: number): void {
    this.met++;
    const known = this.known[slot];
    if (known !== undefined && known.epoch === this.disks.epoch[slot]) {
      if (this.now - known.readAt < REFRESH_SECONDS || this.refreshes >= REFRESHED_AT_ONCE) return;
      this.refreshes++;
    }
    this.known[slot] = this.look(slot, major, minor);
    this.stale = true;
  }

  /** Ends a sample: shows the devices that were met, when they are not those of the sample before. */
  commit(): void {
    if (!this.stale && this.met === this.metBefore) return;
    this.metBefore = this.met;
    this.stale = false;
    for (const table of this.tables) table.begin();
    for (let slot = 0; slot < this.disks.size; slot++) {
      const known = this.known[slot];
      if (known !== undefined && this.disks.present(slot)) this.show(known);
    }
    for (const table of this.tables) table.commit();
    this.shown = this.tables[0].generation;
  }

  private show(known: Known): void {
    known.rows.forEach((rows, t) => {
      const table = this.tables[t];
      for (const labels of rows) {
        const slot = table.slot(labels.join('\0'), labels);
        for (let c = 0; c < table.width; c++)
          table.values[slot * table.width + c] = table.width === 1 ? 1 : known.ataValues[c];
      }
    });
  }

  private look(slot: number, major: number, minor: number): Known {
    const [name] = this.disks.row(slot).labels;
    const udev = readUdev(`${this.udev}/b${major}:${minor}`);
    const get = (property: string): string => udev.get(property) ?? '';
    // The kernel writes the slash of such names as `cciss/c0d0` so in sysfs.
    const sys = `${this.sysfs}/block/${name.replaceAll('/', '!')}`;
    const serial = get('SCSI_IDENT_SERIAL') || get('ID_SERIAL_SHORT') || get('ID_SERIAL');
    const rotational = readText(`${sys}/queue/rotational`) ?? '0';
    const mapped = get('DM_NAME') !== '';
    return {
      epoch: this.disks.epoch[slot],
      major,
      minor,
      readAt: this.now,
      rows: [
        [
          [
            name,
            `${major}`,
            `${minor}`,
            get('ID_PATH'),
            get('ID_WWN'),
            get('ID_MODEL'),
            serial,
            get('ID_REVISION'),
            rotational,
          ],
        ],
        get('ID_FS_TYPE') === ''
          ? []
          : [[name, ...['TYPE', 'USAGE', 'UUID', 'VERSION'].map((field) => get(`ID_FS_${field}`))]],
        mapped
          ? [[name, ...['NAME', 'UUID', 'VG_NAME', 'LV_NAME', 'LV_LAYER'].map((field) => get(`DM_${field}`))]]
          : [],
        mapped ? listDirectory(`${sys}/slaves`).map((slave) => [name, slave]) : [],
        get('ID_ATA') === '' ? [] : [[name]],
      ],
      ataValues: ataProperties.map((property) => Number(udev.get(property) || Number.NaN)),
    };
  }
}

/** The `E:NAME=value` lines of udev's database about one device (`man 8 udevadm`). */
function readUdev(path: string): Map<string, string> {
  const properties = new Map<string, string>();
  const text = readText(path);
  if (text === undefined) return properties;
  for (const line of labelText(Buffer.from(text, 'latin1')).split('\n')) {
    const equals = line.indexOf('=');
    if (line.startsWith('E:') && equals > 0) properties.set(line.slice(2, equals), line.slice(equals + 1));
  }
  return properties;
}
