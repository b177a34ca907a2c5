/** Protocol totals over time: headers that change under the remembered layout, families that come and go. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import netstat from '../../src/collect/host/netstat.ts';
import { CollectorTree } from '../support/tree.ts';

let tree: CollectorTree;

beforeEach(() => {
  tree = new CollectorTree(netstat);
});
afterEach(() => tree.close());

const udp = (received: number): string => `Udp: InDatagrams NoPorts\nUdp: ${received} 3\n`;
const tcp = (sent: number): string => `Tcp: RtoMin MaxConn CurrEstab OutSegs InErrs\nTcp: 200 -1 7 ${sent} 0\n`;

test('a pair that appears between others moves no figure to another name', () => {
  tree.write('proc/net/netstat', 'TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1 2\n');
  for (let i = 0; i < 4; i++) {
    tree.write('proc/net/snmp', tcp(100 + i) + udp(10 + i));
    tree.sample();
  }
  tree.write('proc/net/snmp', `Icmp: InMsgs OutMsgs\nIcmp: 5 6\n${tcp(104)}${udp(14)}`);
  tree.sample();
  expect(Object.fromEntries(tree.series())).toEqual({
    node_netstat_Icmp_InMsgs: 5,
    node_netstat_Icmp_OutMsgs: 6,
    node_netstat_TcpExt_ListenDrops: 1,
    node_netstat_TcpExt_TCPTimeouts: 2,
    node_netstat_Tcp_CurrEstab: 7,
    node_netstat_Tcp_InErrs: 0,
    node_netstat_Tcp_OutSegs: 104,
    node_netstat_Udp_InDatagrams: 14,
    node_netstat_Udp_NoPorts: 3,
  });
  expect(tree.change('node_netstat_Udp_InDatagrams')).toEqual({ delta: 1, outcome: 'ok' });
});

test('fields of the same length in another order are told apart', () => {
  tree.write('proc/net/snmp', 'Udp: NoPorts InErrors\nUdp: 1 2\n');
  for (let i = 0; i < 3; i++) tree.sample();
  tree.write('proc/net/snmp', 'Udp: InErrors NoPorts\nUdp: 3 4\n');
  tree.sample();
  expect(tree.series().get('node_netstat_Udp_InErrors')).toBe(3);
  expect(tree.series().get('node_netstat_Udp_NoPorts')).toBe(4);
});

test('a protocol that vanishes for long gives its slots to others', () => {
  tree.write('proc/net/netstat', 'TcpExt: ListenDrops ListenOverflows\nTcpExt: 1 2\n');
  tree.write('proc/net/snmp', tcp(1) + udp(9));
  for (let i = 0; i < 3; i++) tree.sample();
  tree.write('proc/net/netstat', '');
  for (let i = 0; i < 12; i++) {
    tree.write('proc/net/snmp', tcp(2 + i) + udp(9));
    tree.sample();
  }
  tree.write('proc/net/snmp6', 'Udp6InErrors\t41\nUdp6NoPorts\t42\n');
  tree.write('proc/net/netstat', 'TcpExt: ListenDrops ListenOverflows\nTcpExt: 31 32\n');
  for (let i = 0; i < 3; i++) tree.sample();
  const series = tree.series();
  expect(series.get('node_netstat_TcpExt_ListenDrops')).toBe(31);
  expect(series.get('node_netstat_TcpExt_ListenOverflows')).toBe(32);
  expect(series.get('node_netstat_Udp6_InErrors')).toBe(41);
  expect(series.get('node_netstat_Udp6_NoPorts')).toBe(42);
  expect(series.get('node_netstat_Tcp_OutSegs')).toBe(13);
});

test('totals have increases although node_exporter calls them untyped; states have none', () => {
  tree.write('proc/net/snmp', tcp(100));
  tree.sample();
  tree.write('proc/net/snmp', tcp(160));
  tree.sample();
  expect(tree.change('node_netstat_Tcp_OutSegs')).toEqual({ delta: 60, outcome: 'ok' });
  expect(tree.change('node_netstat_Tcp_CurrEstab')).toEqual({ delta: Number.NaN, outcome: 'ok' });
});

test('a line of values that loses or gains a field says nothing, in any sample', () => {
  tree.write('proc/net/snmp', tcp(100) + udp(1));
  for (let i = 0; i < 3; i++) tree.sample();
  for (const broken of ['Tcp: 200 -1 7 100\n', 'Tcp: 200 -1 7 100 0 5\n', 'Tcp:\n', 'Tcp: 200']) {
    tree.write('proc/net/snmp', udp(2) + tcp(1).split('\n')[0] + `\n${broken}`);
    tree.sample();
    expect(
      [...tree.series().keys()].filter((key) => key.includes('_Tcp_')),
      broken,
    ).toEqual([]);
    expect(tree.series().get('node_netstat_Udp_InDatagrams')).toBe(2);
  }
});
