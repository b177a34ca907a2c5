import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import { AttributeReader } from '../attribute.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

const COLON = 0x3a;

/**
 * Without `wrapAt`: on 64-bit hosts `unsigned long` and `u64` behind these are 64 bits wide, and taking
 * a driver's reset for a wrap would invent up to 2 GiB of traffic.
 */
function column(name: string, unit: 'bytes' | 'count', help: string): Column {
  return { metric: `node_network_${name}_total`, type: 'counter', unit, help };
}

const spec: TableSpec = {
  name: 'netdev',
  labels: ['device'],
  // In the order of the fields of a line.
  columns: [
    column('receive_bytes', 'bytes', 'Bytes received.'),
    column('receive_packets', 'count', 'Packets received.'),
    column('receive_errs', 'count', 'Packets received damaged.'),
    column('receive_drop', 'count', 'Packets received but dropped, for want of buffers or of somebody to take them.'),
    column('receive_fifo', 'count', 'Overruns of the receive queue of the device.'),
    column('receive_frame', 'count', 'Packets received with a wrong length, checksum or frame.'),
    column('receive_compressed', 'count', 'Compressed packets received.'),
    column('receive_multicast', 'count', 'Multicast packets received.'),
    column('transmit_bytes', 'bytes', 'Bytes sent.'),
    column('transmit_packets', 'count', 'Packets sent.'),
    column('transmit_errs', 'count', 'Packets that could not be sent.'),
    column('transmit_drop', 'count', 'Packets dropped before they were sent.'),
    column('transmit_fifo', 'count', 'Underruns of the send queue of the device.'),
    column('transmit_colls', 'count', 'Collisions seen while sending.'),
    column('transmit_carrier', 'count', 'Packets lost with the carrier, the heartbeat or the window.'),
    column('transmit_compressed', 'count', 'Compressed packets sent.'),
  ],
};
const RECEIVE_PACKETS = 1;
const TRANSMIT_PACKETS = 9;

/**
 * `/proc/net/dev`: two header lines, then `name: number ...` with 16 fields a device. A name may hold
 * any byte but white space and `/`; the colon after it may touch the first number, and is the last one
 * of its word because old alias names (`eth0:1`) hold one too. https://docs.kernel.org/filesystems/proc.html
 */
export function parseNetdev(scan: Scanner, table: Table): void {
  do {
    if (!scan.word()) continue;
    const { buf, wordStart } = scan;
    let colon = scan.wordEnd - 1;
    while (colon > wordStart && buf[colon] !== COLON) colon--;
    if (colon === wordStart) continue;
    scan.pos = colon + 1;
    const first = scan.uint();
    if (Number.isNaN(first)) continue;
    const from = table.at(buf, wordStart, colon) * table.width;
    table.values[from] = first;
    for (let i = 1; i < table.width; i++) table.values[from + i] = scan.uint();
  } while (scan.nextLine());
}

/**
 * Tells a device from another one that took its name. The number of a device (`ifindex`) is never used
 * again while the host is up, but is not in `/proc/net/dev`; so it is looked up when a device is new,
 * came back, or counts less than before, and at no other time.
 */
class DeviceIdentity {
  private readonly table: Table;
  private readonly directory: Buffer;
  private readonly attribute = new AttributeReader();
  private known = new Uint32Array(0);
  private packets = new Float64Array(0);

  constructor(table: Table, sysfs: string) {
    this.table = table;
    this.directory = Buffer.from(`${sysfs}/class/net/`);
  }

  update(): void {
    const { table } = this;
    if (this.known.length < table.epoch.length) this.grow();
    for (let slot = 0; slot < table.size; slot++) {
      if (!table.present(slot)) continue;
      const from = slot * table.width;
      const packets = table.values[from + RECEIVE_PACKETS] + table.values[from + TRANSMIT_PACKETS];
      if (this.known[slot] !== table.epoch[slot] || packets < this.packets[slot]) this.identify(slot);
      this.known[slot] = table.epoch[slot];
      this.packets[slot] = packets;
    }
  }

  private identify(slot: number): void {
    // The key holds one character a byte: the path is built of bytes, as a name need not be UTF-8.
    const name = Buffer.from(`${this.table.row(slot).key}/ifindex`, 'latin1');
    if (this.attribute.read(Buffer.concat([this.directory, name]))) this.table.identify(slot, this.attribute.integer());
  }

  private grow(): void {
    const { known, packets } = this;
    this.known = new Uint32Array(this.table.epoch.length);
    this.packets = new Float64Array(this.table.epoch.length);
    this.known.set(known);
    this.packets.set(packets);
  }
}

/**
 * As node_exporter, this reads `<procfs>/net/dev`, which is `self/net/dev`: the devices of the network
 * namespace we are in. That needs no right to look into pid 1, so hidepid does not matter; a container
 * sees its own devices unless it runs in the network namespace of the host.
 */
function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/net/dev`);
  const table = new Table(spec);
  const scan = new Scanner();
  const identity = new DeviceIdentity(table, paths.sysfs);
  return {
    tables: [table],
    read() {
      if (file.read() || !table.anyPresent()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parseNetdev(scan, table);
        identity.update();
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} holds no devices`);
    },
  };
}

export default {
  name: 'netdev',
  enabledByDefault: true,
  help: 'Traffic, errors and drops of each network device (/proc/net/dev).',
  tables: [spec],
  open,
} satisfies Collector;
