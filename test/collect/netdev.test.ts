/** Network devices over time: plugged in, gone, back, another one under the same name, thousands. */
import fs from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import netdev from '../../src/collect/host/netdev.ts';
import { CollectorTree } from '../support/tree.ts';

const bytes = 'node_network_receive_bytes_total';
const header = 'Inter-| Receive | Transmit\n face |bytes packets |bytes packets\n';
let tree: CollectorTree;

beforeEach(() => {
  tree = new CollectorTree(netdev);
});
afterEach(() => tree.close());

/** A device that received and sent `packets` packets of 100 bytes. */
function line(name: string, packets: number): string {
  return `${name.padStart(6)}: ${packets * 100} ${packets} 0 0 0 0 0 0 ${packets * 100} ${packets} 0 0 0 0 0 0\n`;
}

function devices(...lines: string[]): void {
  tree.write('proc/net/dev', header + lines.join(''));
}

function ifindex(name: string, number: number): void {
  tree.write(`sys/class/net/${name}/ifindex`, `${number}\n`);
}

test('a device that is plugged in counts from its second sample on', () => {
  devices(line('lo', 1));
  tree.sample();
  devices(line('lo', 2), line('usb0', 50));
  tree.sample();
  expect(tree.change(bytes, 'lo')).toEqual({ delta: 100, outcome: 'ok' });
  expect(tree.change(bytes, 'usb0')).toEqual({ delta: Number.NaN, outcome: 'first' });
  devices(line('lo', 2), line('usb0', 51));
  tree.sample();
  expect(tree.change(bytes, 'usb0')).toEqual({ delta: 100, outcome: 'ok' });
});

test('a device that vanishes leaves no figures, and is another one when it comes back', () => {
  devices(line('lo', 1), line('eth1', 7));
  tree.sample();
  devices(line('lo', 1));
  tree.sample();
  expect([...tree.series().keys()].some((key) => key.includes('eth1'))).toBe(false);
  expect(tree.change(bytes, 'eth1').outcome).toBe('offline');
  devices(line('lo', 1), line('eth1', 9));
  tree.sample();
  expect(tree.change(bytes, 'eth1')).toEqual({ delta: Number.NaN, outcome: 'recreated' });
});

test('a device made anew between two samples is told by its number', () => {
  devices(line('veth0', 1000));
  ifindex('veth0', 5);
  tree.sample();
  devices(line('veth0', 3));
  ifindex('veth0', 6);
  tree.sample();
  expect(tree.change(bytes, 'veth0')).toEqual({ delta: Number.NaN, outcome: 'recreated' });
});

test('a driver that starts its counters again is a reset of the same device', () => {
  devices(line('eth0', 1000));
  ifindex('eth0', 2);
  tree.sample();
  devices(line('eth0', 3));
  tree.sample();
  expect(tree.change(bytes, 'eth0')).toEqual({ delta: Number.NaN, outcome: 'reset' });
});

test('the number of a device is read when it is new and when it fell, not in every sample', () => {
  const open = vi.spyOn(fs, 'openSync');
  const lookups = (): number => open.mock.calls.filter(([path]) => String(path).endsWith('/ifindex')).length;
  try {
    for (let i = 0; i < 20; i++) {
      devices(line('lo', i), line('eth0', 2 * i));
      tree.sample();
    }
    expect(lookups()).toBe(2);
    devices(line('lo', 20), line('eth0', 1));
    tree.sample();
    expect(lookups()).toBe(3);
  } finally {
    open.mockRestore();
  }
});

test('2,000 devices, in another order every time, with some that come and go', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `veth${i}`);
  for (let round = 1; round <= 6; round++) {
    const here = names.filter((_, i) => i % 97 !== round % 3);
    const shuffled = here.toSorted(
      (a, b) => ((a.length + a.charCodeAt(a.length - 1) * round) % 7) - (b.charCodeAt(b.length - 1) % 7),
    );
    devices(...shuffled.map((name) => line(name, Number(name.slice(4)) + round)));
    tree.sample();
    const series = tree.series();
    expect([...series.keys()].filter((key) => key.startsWith(bytes)).length).toBe(here.length);
    for (const name of here)
      expect(series.get(`${bytes}{device="${name}"}`)).toBe((Number(name.slice(4)) + round) * 100);
  }
  expect(tree.change(bytes, 'veth1234')).toEqual({ delta: 100, outcome: 'ok' });
  expect(tree.tables[0].table.size).toBeLessThanOrEqual(2000);
});

test('a name that is not UTF-8 finds its number all the same', () => {
  const name = Buffer.from([0x64, 0xff, 0x22, 0x5c]);
  const at = (packets: number): void => {
    const text = line('NAME', packets).split('NAME');
    tree.write('proc/net/dev', Buffer.concat([Buffer.from(header + text[0].trimStart()), name, Buffer.from(text[1])]));
  };
  const directory = Buffer.concat([Buffer.from(`${tree.root}/sys/class/net/`), name]);
  fs.mkdirSync(directory, { recursive: true });
  const file = Buffer.concat([directory, Buffer.from('/ifindex')]);
  fs.writeFileSync(file, '5\n');
  at(9);
  tree.sample();
  fs.writeFileSync(file, '6\n');
  at(8);
  tree.sample();
  expect(tree.change(bytes, 'd\ufffd"\\').outcome).toBe('recreated');
  // Removed here: rmSync takes strings and would not find it.
  fs.unlinkSync(file);
  fs.rmdirSync(directory);
});

test('a file that turns to garbage fails every time, until it is whole again', () => {
  devices(line('lo', 1));
  tree.sample();
  tree.write('proc/net/dev', 'garbage\n');
  for (let i = 0; i < 3; i++) expect(() => tree.sample()).toThrow('holds no devices');
  expect(tree.series().size).toBe(0);
  devices(line('lo', 2));
  tree.sample();
  expect(tree.series().get(`${bytes}{device="lo"}`)).toBe(200);
});
