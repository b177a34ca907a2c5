import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, firstLabel, freshTable } from '../section.ts';

const rate = (name: string, help: string): Stat => ({
  name: `${name}_per_second`,
  unit: name.endsWith('bytes') ? 'bytes_per_second' : 'per_second',
  help,
});

const stats: readonly Stat[] = [
  rate('receive_packets', 'Packets received.'),
  rate('transmit_packets', 'Packets sent.'),
  rate('receive_bytes', 'Bytes received.'),
  rate('transmit_bytes', 'Bytes sent.'),
  rate('receive_compressed', 'Compressed packets received.'),
  rate('transmit_compressed', 'Compressed packets sent.'),
  rate('receive_multicast', 'Multicast packets received.'),
  rate('receive_errors', 'Packets received damaged.'),
  rate('transmit_errors', 'Packets that could not be sent.'),
  rate('receive_drops', 'Received packets dropped for want of buffers.'),
  rate('transmit_drops', 'Packets dropped before they were sent.'),
  {
    name: 'utilisation_ratio',
    unit: 'ratio',
    help: 'Share of the link speed in use: the busier direction of a full-duplex link.',
  },
];

const receive = (name: string): Figure => new Figure(`node_network_receive_${name}_total`);
const transmit = (name: string): Figure => new Figure(`node_network_transmit_${name}_total`);
const figures = [
  receive('packets'),
  transmit('packets'),
  receive('bytes'),
  transmit('bytes'),
  receive('compressed'),
  transmit('compressed'),
  receive('multicast'),
  receive('errs'),
  transmit('errs'),
  receive('drop'),
  transmit('drop'),
];
const speed = new Figure('node_network_speed_bytes');
const UTILISATION = figures.length;

/** Link speeds by device name, remembered until the table of them changes. */
class Speeds {
  private readonly slots = new Map<string, number>();
  private known: RepairedTable | undefined;
  private layout = -1;

  bytesPerSecond(frame: Frame, device: string): number {
    const table = frame.table('netclass', 'netclass');
    if (table === undefined) return Number.NaN;
    if (table !== this.known || table.table.layout !== this.layout) this.index(table);
    const slot = this.slots.get(device);
    const value = slot === undefined ? Number.NaN : speed.value(table, slot);
    return value > 0 ? value : Number.NaN;
  }

  private index(table: RepairedTable): void {
    this.known = table;
    this.layout = table.table.layout;
    this.slots.clear();
    for (let slot = 0; slot < table.table.size; slot++) {
      if (table.table.used(slot)) this.slots.set(firstLabel(table, slot), slot);
    }
  }
}

const speeds = new Speeds();

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'netdev', 'netdev');
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (!table.table.present(slot)) continue;
    const row = out.slot(table, slot, firstLabel);
    for (let i = 0; i < figures.length; i++) row[i] = figures[i].perSecond(table, slot);
    row[UTILISATION] = Math.max(row[2], row[3]) / speeds.bytesPerSecond(frame, firstLabel(table, slot));
  }
}

const KIB = 1 / 1024;

export default {
  resource: 'network',
  key: 'interfaces',
  subject: 'interface',
  types: ['network'],
  collectors: ['netdev', 'netclass'],
  stats,
  tables: [
    {
      title: 'Network',
      subject: 'IFACE',
      rankBy: 'receive_bytes_per_second',
      columns: [
        { head: 'rxpck/s', stat: 'receive_packets_per_second' },
        { head: 'txpck/s', stat: 'transmit_packets_per_second' },
        { head: 'rxkB/s', stat: 'receive_bytes_per_second', scale: KIB },
        { head: 'txkB/s', stat: 'transmit_bytes_per_second', scale: KIB },
        { head: 'rxmcst/s', stat: 'receive_multicast_per_second' },
        { head: 'rxerr/s', stat: 'receive_errors_per_second' },
        { head: 'txerr/s', stat: 'transmit_errors_per_second' },
        { head: 'rxdrop/s', stat: 'receive_drops_per_second' },
        { head: 'txdrop/s', stat: 'transmit_drops_per_second' },
        { head: '%ifutil', stat: 'utilisation_ratio', scale: 100 },
      ],
    },
  ],
  compute,
} satisfies Section;
