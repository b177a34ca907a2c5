import fs from 'node:fs';
import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import { AttributeReader } from '../attribute.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { unavailable } from '../files.ts';

/** A file of `/sys/class/net/<device>/` that holds a number, and the figure it gives. */
interface Attribute {
  readonly file: Buffer;
  readonly column: Column;
}

function attribute(file: string, name: string, help: string, type: 'gauge' | 'counter' = 'gauge'): Attribute {
  const unit = name.endsWith('_bytes') ? 'bytes' : 'count';
  return { file: Buffer.from(`/${file}`), column: { metric: `node_network_${name}`, type, unit, help } };
}

/**
 * Numbers that give every change of the link away come first: they are read in every round, the others
 * when one of these changed and now and then. https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-net
 */
const attributes: readonly Attribute[] = [
  attribute('ifindex', 'iface_id', 'Number of the device in the system, never used twice.'),
  attribute('flags', 'flags', 'Flags of the device (IFF_UP and so on) as one number.'),
  attribute('carrier_changes', 'carrier_changes_total', 'Times that the link came or went.', 'counter'),
  attribute('carrier', 'carrier', '1 when there is a link.'),
  attribute('carrier_up_count', 'carrier_up_changes_total', 'Times that the link came.', 'counter'),
  attribute('carrier_down_count', 'carrier_down_changes_total', 'Times that the link went.', 'counter'),
  attribute('dormant', 'dormant', '1 when the link waits for something, such as an authentication.'),
  attribute('mtu', 'mtu_bytes', 'Largest packet in bytes.'),
  attribute('speed', 'speed_bytes', 'Speed of the link in bytes a second; negative when the driver does not know.'),
  attribute(
    'addr_assign_type',
    'address_assign_type',
    'Where the address comes from: 0 hardware, 1 random, 2 stolen, 3 set.',
  ),
  attribute('dev_id', 'device_id', 'Tells devices apart that share an address.'),
  attribute('iflink', 'iface_link', 'Number of the device below; its own for a physical one.'),
  attribute('link_mode', 'iface_link_mode', '1 when the link starts dormant.'),
  attribute('netdev_group', 'net_dev_group', 'Group of the device.'),
  attribute(
    'name_assign_type',
    'name_assign_type',
    'Where the name comes from: 1 counted, 2 predictable, 3 user, 4 renamed.',
  ),
  attribute('tx_queue_len', 'transmit_queue_length', 'Packets that the send queue holds.'),
  attribute('type', 'protocol_type', 'Kind of the link layer (ARPHRD_*).'),
];
const IFINDEX = 0;
const FLAGS = 1;
const CARRIER_CHANGES = 2;
const SPEED = 8;
/** The first of those that change together with one before, or seldom. */
const SETTLED = 3;
const BYTES_PER_MEGABIT = 1e6 / 8;
const IFF_UP = 1;

const main: TableSpec = {
  name: 'netclass',
  labels: ['device'],
  columns: [
    { metric: 'node_network_up', type: 'gauge', unit: 'info', help: '1 when the operational state is up.' },
    ...attributes.map(({ column }) => column),
  ],
};
const UP = 0;
/** Where `attributes` begin in a row. */
const FIRST = 1;

/** Texts in the order of the labels; `operstate` is read in every round. */
const texts = ['address', 'broadcast', 'duplex', 'operstate', 'ifalias'].map((name) => Buffer.from(`/${name}`));
const OPERSTATE = 3;
const info: TableSpec = {
  name: 'info',
  labels: ['device', 'address', 'broadcast', 'duplex', 'operstate', 'ifalias', 'adminstate'],
  columns: [
    { metric: 'node_network_info', type: 'gauge', unit: 'info', help: 'Addresses and states of a device as labels.' },
  ],
};

/** Devices read in one round, so that thousands of them do not hold up the loop: some 10 ms. */
const DEVICES_A_ROUND = 64;
/** Rounds after which even what seldom changes is read again. */
const SETTLED_ROUNDS = 6;

/** What was last read of one device. */
interface Device {
  /** One character a byte. */
  readonly name: string;
  readonly label: string;
  readonly directory: Buffer;
  /** Figures of the row, by column. */
  readonly values: Float64Array;
  readonly texts: string[];
  infoLabels: readonly string[];
  infoKey: string;
  /** Rounds since everything was read. */
  age: number;
  /** The listing in which it was last there. */
  listing: number;
}

/** All devices, read with open and close: too many files, too seldom, to keep them open. */
class Devices {
  private readonly directory: string;
  private readonly reader = new AttributeReader();
  private readonly known = new Map<string, Device>();
  private listing = 0;
  private next = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Lists the directory, reads what is new and the share of this round; throws `Unavailable`. */
  refresh(): Iterable<Device> {
    this.listing++;
    const names = this.list();
    const from = this.next < names.length ? this.next : 0;
    for (let i = 0; i < names.length; i++) {
      const device = this.known.get(names[i]);
      const isDue = (i - from + names.length) % names.length < DEVICES_A_ROUND;
      if (device === undefined) this.add(names[i], i);
      else if (!isDue || this.reread(device)) device.listing = this.listing;
    }
    this.next = names.length > DEVICES_A_ROUND ? from + DEVICES_A_ROUND : 0;
    for (const [name, { listing }] of this.known) if (listing !== this.listing) this.known.delete(name);
    return this.known.values();
  }

  /** Names as bytes in characters; `bonding_masters` is a file among the devices. */
  private list(): string[] {
    try {
      const entries = fs.readdirSync(this.directory, { withFileTypes: true, encoding: 'latin1' });
      return entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
    } catch (error) {
      throw unavailable(error, this.directory);
    }
  }

  private add(name: string, position: number): void {
    const bytes = Buffer.from(name, 'latin1');
    const device: Device = {
      name,
      label: bytes.toString('utf8'),
      directory: Buffer.concat([Buffer.from(`${this.directory}/`), bytes]),
      values: new Float64Array(FIRST + attributes.length).fill(Number.NaN),
      texts: texts.map(() => ''),
      infoLabels: [],
      infoKey: '',
      age: 0,
      listing: this.listing,
    };
    if (!this.readAll(device)) return;
    // Devices that were found together take turns.
    device.age = position % SETTLED_ROUNDS;
    this.known.set(name, device);
  }

  /** `false` when the device is gone. */
  private reread(device: Device): boolean {
    const { values } = device;
    const index = values[FIRST + IFINDEX];
    const flags = values[FIRST + FLAGS];
    const changes = values[FIRST + CARRIER_CHANGES];
    const state = device.texts[OPERSTATE];
    if (++device.age >= SETTLED_ROUNDS) return this.readAll(device);
    this.readText(device, OPERSTATE);
    // What could not be read in the last full round is not tried: a failed open costs more than ten reads.
    for (let i = 0; i < SETTLED; i++) if (!Number.isNaN(values[FIRST + i])) this.readNumber(device, i);
    const isSame =
      Object.is(values[FIRST + IFINDEX], index) &&
      Object.is(values[FIRST + FLAGS], flags) &&
      Object.is(values[FIRST + CARRIER_CHANGES], changes) &&
      device.texts[OPERSTATE] === state;
    return isSame || this.readAll(device);
  }

  private readAll(device: Device): boolean {
    let found = 0;
    for (let i = 0; i < texts.length; i++) found += this.readText(device, i);
    for (let i = 0; i < attributes.length; i++) found += this.readNumber(device, i);
    device.age = 0;
    this.describe(device);
    return found > 0;
  }

  private readNumber({ directory, values }: Device, i: number): number {
    const found = this.reader.read(Buffer.concat([directory, attributes[i].file]));
    const value = found ? this.reader.integer() : Number.NaN;
    // A driver that does not know its speed says -1, which node_exporter exposes: `> 0` tells them apart.
    values[FIRST + i] = i === SPEED ? Math.trunc(value * BYTES_PER_MEGABIT) : value;
    return found ? 1 : 0;
  }

  private readText(device: Device, i: number): number {
    const found = this.reader.read(Buffer.concat([device.directory, texts[i]]));
    device.texts[i] = found ? this.reader.text() : '';
    if (i === OPERSTATE) device.values[UP] = found ? Number(device.texts[i] === 'up') : Number.NaN;
    return found ? 1 : 0;
  }

  private describe(device: Device): void {
    const labels = [device.label, ...device.texts, adminState(device.values[FIRST + FLAGS])];
    device.infoLabels = labels;
    device.infoKey = labels.join('\n');
  }
}

function adminState(flags: number): string {
  if (Number.isNaN(flags)) return 'unknown';
  return (flags & IFF_UP) === IFF_UP ? 'up' : 'down';
}

/** The devices are those of the network namespace in which sysfs was mounted. */
function open({ paths }: CollectContext): Reader {
  const devices = new Devices(`${paths.sysfs}/class/net`);
  const tables = [new Table(main), new Table(info)] as const;
  const [rows, infos] = tables;
  return {
    tables,
    read() {
      const now = devices.refresh();
      for (const table of tables) table.begin();
      for (const { name, values, infoKey, infoLabels } of now) {
        const slot = rows.slot(name);
        rows.identify(slot, values[FIRST + IFINDEX]);
        for (let c = 0; c < rows.width; c++) rows.values[slot * rows.width + c] = values[c];
        infos.values[infos.slot(infoKey, infoLabels)] = 1;
      }
      for (const table of tables) table.commit();
    },
  };
}

export default {
  name: 'netclass',
  enabledByDefault: true,
  help: 'State, speed and settings of each network device (/sys/class/net).',
  tables: [main, info],
  // Drivers answer `speed` and `carrier` under a lock of the whole network stack, and all of it moves slowly.
  minIntervalSeconds: 10,
  open,
} satisfies Collector;
