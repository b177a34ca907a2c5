import type { Frame } from '../../core/frame.ts';
import type { RepairedTable } from '../../core/repair.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';
import { Figure, MetricIndex, freshTable } from '../section.ts';

/** Rates of `/proc/net/{snmp,netstat}`: statistic, field, meaning. */
const rates: readonly (readonly [string, string, string])[] = [
  ['active_opens_per_second', 'Tcp_ActiveOpens', 'Connections opened by this host.'],
  ['passive_opens_per_second', 'Tcp_PassiveOpens', 'Connections accepted.'],
  ['segments_in_per_second', 'Tcp_InSegs', 'TCP segments received.'],
  ['segments_out_per_second', 'Tcp_OutSegs', 'TCP segments sent, retransmissions not included.'],
  ['retransmits_per_second', 'Tcp_RetransSegs', 'TCP segments sent again.'],
  ['resets_out_per_second', 'Tcp_OutRsts', 'Connections refused or broken off by this host.'],
  ['errors_in_per_second', 'Tcp_InErrs', 'TCP segments received damaged.'],
  [
    'listen_overflows_per_second',
    'TcpExt_ListenOverflows',
    'Connections lost because a program did not accept them in time.',
  ],
  ['listen_drops_per_second', 'TcpExt_ListenDrops', 'Connections lost on their way to a listening socket.'],
];

const stats: readonly Stat[] = [
  ...rates.map(([name, , help]): Stat => ({ name, unit: 'per_second', help })),
  {
    name: 'retransmit_ratio',
    unit: 'ratio',
    help: 'Retransmitted share of the TCP segments sent.',
    weight: 'segments_out_per_second',
  },
  { name: 'established', unit: 'count', help: 'Open TCP connections.' },
  { name: 'sockets_used', unit: 'count', help: 'Sockets of every kind in use.' },
  { name: 'time_wait', unit: 'count', help: 'Closed TCP connections that still hold their port.' },
  {
    name: 'softnet_dropped_per_second',
    unit: 'per_second',
    help: 'Packets dropped because the kernel could not drain its queue.',
  },
  {
    name: 'softnet_squeezed_per_second',
    unit: 'per_second',
    help: 'Times the kernel ran out of its share before the queue was empty.',
  },
  { name: 'conntrack_ratio', unit: 'ratio', help: 'Used share of the connection tracking table.' },
];

const at = Object.fromEntries(stats.map(({ name }, index) => [name, index]));
const netstat = new MetricIndex();
const sockstat = new MetricIndex();
const metrics = rates.map(([, field]) => `node_netstat_${field}`);
const dropped = new Figure('node_softnet_dropped_total');
const squeezed = new Figure('node_softnet_times_squeezed_total');
const entries = new Figure('node_nf_conntrack_entries');
const limit = new Figure('node_nf_conntrack_entries_limit');

function sumPerSecond(table: RepairedTable, figure: Figure): number {
  let sum = 0;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (table.table.present(slot)) sum += figure.perSecond(table, slot);
  }
  return sum;
}

function compute(frame: Frame, out: SectionWriter): void {
  const table = freshTable(frame, 'netstat', 'netstat');
  const row = out.row('', (table ?? frame).elapsedSeconds);
  if (table !== undefined) {
    netstat.bind(table);
    for (let i = 0; i < metrics.length; i++) row[i] = netstat.perSecond(metrics[i]);
    const sent = row[at.segments_out_per_second];
    row[at.retransmit_ratio] = sent > 0 ? row[at.retransmits_per_second] / sent : Number.NaN;
    row[at.established] = netstat.value('node_netstat_Tcp_CurrEstab');
  }
  const sockets = freshTable(frame, 'sockstat', 'sockstat');
  if (sockets !== undefined) {
    sockstat.bind(sockets);
    row[at.sockets_used] = sockstat.value('node_sockstat_sockets_used');
    row[at.time_wait] = sockstat.value('node_sockstat_TCP_tw');
  }
  const softnet = freshTable(frame, 'softnet', 'softnet');
  if (softnet?.table.anyPresent() === true) {
    row[at.softnet_dropped_per_second] = sumPerSecond(softnet, dropped);
    row[at.softnet_squeezed_per_second] = sumPerSecond(softnet, squeezed);
  }
  const conntrack = freshTable(frame, 'conntrack', 'conntrack');
  if (conntrack?.table.anyPresent() === true)
    row[at.conntrack_ratio] = entries.value(conntrack, 0) / limit.value(conntrack, 0);
}

export default {
  resource: 'network',
  key: 'tcp',
  types: ['network'],
  collectors: ['netstat', 'sockstat', 'softnet', 'conntrack'],
  stats,
  tables: [
    {
      title: 'TCP',
      subject: '',
      verbose: true,
      columns: [
        { head: 'active/s', stat: 'active_opens_per_second' },
        { head: 'passive/s', stat: 'passive_opens_per_second' },
        { head: 'iseg/s', stat: 'segments_in_per_second' },
        { head: 'oseg/s', stat: 'segments_out_per_second' },
        { head: 'retrans/s', stat: 'retransmits_per_second', digits: 2 },
        { head: 'isegerr/s', stat: 'errors_in_per_second', digits: 2 },
        { head: 'orsts/s', stat: 'resets_out_per_second', digits: 2 },
        { head: 'lsovfl/s', stat: 'listen_overflows_per_second', digits: 2 },
        { head: 'tcpsck', stat: 'established', digits: 0 },
        { head: 'tcp-tw', stat: 'time_wait', digits: 0 },
      ],
    },
  ],
  compute,
} satisfies Section;
