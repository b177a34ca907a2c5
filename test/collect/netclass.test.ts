/** Settings of network devices over time: links that go, names that change hands, too many to read at once. */
import fs from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import netclass from '../../src/collect/host/netclass.ts';
import { CollectorTree } from '../support/tree.ts';

let tree: CollectorTree;

beforeEach(() => {
  tree = new CollectorTree(netclass);
});
afterEach(() => tree.close());

function device(name: string, attributes: Readonly<Record<string, string | number>>): void {
  for (const [file, value] of Object.entries(attributes)) tree.write(`sys/class/net/${name}/${file}`, `${value}\n`);
}

const eth0 = {
  ifindex: 2,
  flags: '0x1003',
  operstate: 'up',
  carrier: 1,
  carrier_changes: 2,
  speed: 1000,
  mtu: 1500,
  type: 1,
};

test('a link that goes down: state, labels and the figures that only a link has', () => {
  device('eth0', eth0);
  tree.sample();
  expect(tree.series().get('node_network_up{device="eth0"}')).toBe(1);
  expect(tree.series().get('node_network_info{adminstate="up",device="eth0",operstate="up"}')).toBe(1);

  device('eth0', { operstate: 'down', carrier_changes: 3, flags: '0x1002' });
  for (const file of ['carrier', 'speed']) tree.remove(`sys/class/net/eth0/${file}`);
  tree.sample();
  const series = tree.series();
  expect(series.get('node_network_up{device="eth0"}')).toBe(0);
  expect([...series.keys()].filter((key) => key.startsWith('node_network_info'))).toEqual([
    'node_network_info{adminstate="down",device="eth0",operstate="down"}',
  ]);
  expect(series.has('node_network_carrier{device="eth0"}')).toBe(false);
  expect(series.has('node_network_speed_bytes{device="eth0"}')).toBe(false);
  expect(tree.change('node_network_carrier_changes_total', 'eth0')).toEqual({ delta: 1, outcome: 'ok' });

  device('eth0', eth0);
  device('eth0', { carrier_changes: 4, speed: 2500 });
  tree.sample();
  expect(tree.series().get('node_network_speed_bytes{device="eth0"}')).toBe(312.5e6);
});

test('another device under the same name', () => {
  device('veth0', { ifindex: 7, carrier_changes: 9, address: '02:00:00:00:00:07' });
  tree.sample();
  device('veth0', { ifindex: 8, carrier_changes: 1, address: '02:00:00:00:00:08' });
  tree.sample();
  expect(tree.change('node_network_carrier_changes_total', 'veth0').outcome).toBe('recreated');
  const infos = [...tree.series().keys()].filter((key) => key.startsWith('node_network_info'));
  expect(infos).toEqual(['node_network_info{address="02:00:00:00:00:08",adminstate="unknown",device="veth0"}']);
});

test('what seldom changes is seen within six rounds, what moves at once', () => {
  device('eth0', { ...eth0, tx_queue_len: 1000 });
  tree.sample();
  device('eth0', { tx_queue_len: 500, carrier_changes: 7 });
  tree.sample();
  expect(tree.series().get('node_network_carrier_changes_total{device="eth0"}')).toBe(7);
  device('eth0', { mtu: 9000 });
  for (let i = 0; i < 5; i++) tree.sample();
  tree.sample();
  expect(tree.series().get('node_network_transmit_queue_length{device="eth0"}')).toBe(500);
  expect(tree.series().get('node_network_mtu_bytes{device="eth0"}')).toBe(9000);
});

test('a device that is gone, and one without a single attribute', () => {
  device('eth0', eth0);
  device('eth1', { ifindex: 3, operstate: 'up' });
  fs.mkdirSync(`${tree.root}/sys/class/net/empty`);
  tree.write('sys/class/net/bonding_masters', 'bond0\n');
  tree.sample();
  const names = (): string[] => [...tree.series().keys()].filter((key) => key.startsWith('node_network_iface_id'));
  expect(names()).toEqual(['node_network_iface_id{device="eth0"}', 'node_network_iface_id{device="eth1"}']);
  expect([...tree.series().keys()].some((key) => /empty|bonding/.test(key))).toBe(false);
  tree.remove('sys/class/net/eth1');
  tree.sample();
  expect(names()).toEqual(['node_network_iface_id{device="eth0"}']);
});

test('hundreds of devices take turns, and none keeps an old figure for good', () => {
  const names = Array.from({ length: 300 }, (_, i) => `veth${i}`);
  for (const [i, name] of names.entries()) device(name, { ifindex: i + 1, mtu: 1500 });
  tree.sample();
  expect(tree.series().get('node_network_mtu_bytes{device="veth299"}')).toBe(1500);
  for (const name of names) device(name, { mtu: 1400 });
  const open = vi.spyOn(fs, 'openSync');
  tree.sample();
  const touched = new Set(open.mock.calls.map(([path]) => String(path).split('/').at(-2)));
  open.mockRestore();
  expect(touched.size).toBe(64);
  // Five rounds for all of them, and the settled figures in every sixth turn.
  for (let i = 0; i < 30; i++) tree.sample();
  for (const name of names) expect(tree.series().get(`node_network_mtu_bytes{device="${name}"}`)).toBe(1400);
});
