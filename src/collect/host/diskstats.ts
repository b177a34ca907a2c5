import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import { DiskInfo, diskInfoSpecs } from '../disk-info.ts';

/** node_exporter's default `--collector.diskstats.device-exclude`. */
const EXCLUDED_DEVICES = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/;
/** Sectors of the block layer are of 512 bytes whatever the device's own are. */
const SECTOR_BYTES = 512;
/** A factor, not a divisor: it gives the very doubles that node_exporter exposes. */
const SECONDS_PER_MS = 1 / 1000;
/** `block/genhd.c` prints every time as `%u` milliseconds: 50 days of disk time, then zero again (beats #30480). */
const TIME_WRAP_SECONDS = 2 ** 32 / 1000;
/** Minor numbers have 20 bits (`include/linux/kdev_t.h`). */
const MINORS = 2 ** 20;
/** Lines of partitions on 2.6 kernels hold only four figures, of other meaning: they are left out. */
const FEWEST_FIELDS = 11;

const count = (metric: string, help: string): Column => ({ metric, type: 'counter', unit: 'count', help });
const bytes = (metric: string, help: string): Column => ({ metric, type: 'counter', unit: 'bytes', help });
const seconds = (metric: string, help: string): Column => ({
  metric,
  type: 'counter',
  unit: 'seconds',
  help,
  wrapAt: TIME_WRAP_SECONDS,
});
/** Requests only ever grow, so that a fall by one is another device under the same number (sysstat #355). */
const requests = (metric: string, help: string): Column => ({ ...count(metric, help), mayFallBy: 1 });

/** In the order of the fields; the last two groups came with Linux 4.18 (discards) and 5.5 (flushes). */
const columns: Column[] = [
  requests('node_disk_reads_completed_total', 'Reads completed by the device.'),
  count('node_disk_reads_merged_total', 'Reads joined with a neighbour before they were sent.'),
  bytes('node_disk_read_bytes_total', 'Bytes read from the device.'),
  seconds('node_disk_read_time_seconds_total', 'Seconds that reads took, summed over all reads.'),
  requests('node_disk_writes_completed_total', 'Writes completed by the device.'),
  count('node_disk_writes_merged_total', 'Writes joined with a neighbour before they were sent.'),
  bytes('node_disk_written_bytes_total', 'Bytes written to the device.'),
  seconds('node_disk_write_time_seconds_total', 'Seconds that writes took, summed over all writes.'),
  { metric: 'node_disk_io_now', type: 'gauge', unit: 'count', help: 'Requests in flight.' },
  seconds('node_disk_io_time_seconds_total', 'Seconds in which the device had any request in flight.'),
  seconds('node_disk_io_time_weighted_seconds_total', 'Seconds times requests in flight: its rate is the mean queue.'),
  count('node_disk_discards_completed_total', 'Discards completed by the device.'),
  count('node_disk_discards_merged_total', 'Discards joined with a neighbour before they were sent.'),
  count('node_disk_discarded_sectors_total', 'Sectors of 512 bytes discarded.'),
  seconds('node_disk_discard_time_seconds_total', 'Seconds that discards took, summed over all discards.'),
  count('node_disk_flush_requests_total', 'Flushes of the write cache completed by the device.'),
  seconds('node_disk_flush_requests_time_seconds_total', 'Seconds that flushes took, summed over all flushes.'),
];

const spec: TableSpec = {
  name: 'disks',
  labels: ['device'],
  columns,
  accept: (device) => !EXCLUDED_DEVICES.test(device),
};

const scales = columns.map(({ unit }) => (unit === 'seconds' ? SECONDS_PER_MS : unit === 'bytes' ? SECTOR_BYTES : 1));

/**
 * `/proc/diskstats`: major, minor, name and 11, 15 or 17 figures a line. Gives the number of lines
 * that are about a device. https://docs.kernel.org/admin-guide/iostats.html
 */
export function parseDiskstats(
  scan: Scanner,
  table: Table,
  meet: (slot: number, major: number, minor: number) => void,
): number {
  let devices = 0;
  do {
    const major = scan.uint();
    const minor = scan.uint();
    if (Number.isNaN(major) || Number.isNaN(minor) || !scan.word()) continue;
    devices++;
    const slot = table.at(scan.buf, scan.wordStart, scan.wordEnd);
    if (slot < 0) continue;
    table.identify(slot, major * MINORS + minor);
    if (parseFields(scan, table.values, slot * table.width)) meet(slot, major, minor);
  } while (scan.nextLine());
  return devices;
}

/** `false`, with all figures unknown, when the line holds too few. */
function parseFields(scan: Scanner, values: Float64Array, from: number): boolean {
  let fields = 0;
  for (; fields < scales.length; fields++) {
    const value = scan.uint();
    if (Number.isNaN(value)) break;
    values[from + fields] = value * scales[fields];
  }
  if (fields >= FEWEST_FIELDS) return true;
  values.fill(Number.NaN, from, from + fields);
  return false;
}

function open(context: CollectContext): Reader {
  const { files, paths, clock } = context;
  const file = files.file(`${paths.procfs}/diskstats`);
  const disks = new Table(spec);
  const info = new DiskInfo(paths, disks);
  const scan = new Scanner();
  let understood = false;
  const meet = (slot: number, major: number, minor: number): void => info.meet(slot, major, minor);
  return {
    tables: [disks, ...info.tables],
    read() {
      if (!file.read() && understood) return;
      disks.begin();
      info.begin(clock.monotonicSeconds());
      scan.reset(file.buf, file.length);
      const devices = parseDiskstats(scan, disks, meet);
      disks.commit();
      info.commit();
      // A diskless machine has an empty file.
      understood = devices > 0 || file.length === 0;
      if (!understood) throw new Unavailable('broken', `${file.path} holds no devices`);
    },
  };
}

export default {
  name: 'diskstats',
  enabledByDefault: true,
  help: 'Requests, bytes and times of each block device (/proc/diskstats), and what it is (sysfs, udev).',
  tables: [spec, ...diskInfoSpecs],
  open,
} satisfies Collector;
