/** softnet, sockstat and conntrack over time, and the page size behind the bytes of sockstat. */
import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import conntrack from '../../src/collect/host/conntrack.ts';
import sockstat from '../../src/collect/host/sockstat.ts';
import softnet from '../../src/collect/host/softnet.ts';
import { pageBytes, parseAuxvPageBytes } from '../../src/collect/page-size.ts';
import { CollectorTree } from '../support/tree.ts';

let tree: CollectorTree;
afterEach(() => tree.close());

/** A line of `/proc/net/softnet_stat` as Linux 6 prints it. */
function cpu(number: number, packets: number): string {
  const fields = [packets, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number, 0, 0];
  return `${fields.map((field) => field.toString(16).padStart(8, '0')).join(' ')}\n`;
}

describe('softnet', () => {
  const processed = 'node_softnet_processed_total';

  test('counters of 32 bits that wrap go on', () => {
    tree = new CollectorTree(softnet);
    tree.write('proc/net/softnet_stat', cpu(0, 2 ** 32 - 10));
    tree.sample();
    tree.write('proc/net/softnet_stat', cpu(0, 5));
    tree.sample();
    expect(tree.change(processed, '0')).toEqual({ delta: 15, outcome: 'ok' });
  });

  test('CPUs that go offline and come back keep their own figures', () => {
    tree = new CollectorTree(softnet);
    const at = (...cpus: number[]): void => {
      tree.write('proc/net/softnet_stat', cpus.map((number) => cpu(number, 100 + number)).join(''));
      tree.sample();
    };
    at(0, 1, 2);
    at(0, 2);
    expect(tree.series().has(`${processed}{cpu="1"}`)).toBe(false);
    for (let i = 0; i < 12; i++) at(0, 2);
    at(0, 2, 3);
    at(0, 1, 2, 3);
    for (const number of [0, 1, 2, 3]) expect(tree.series().get(`${processed}{cpu="${number}"}`)).toBe(100 + number);
  });
});

describe('sockstat', () => {
  test('a protocol that appears, and memory in bytes of pages', () => {
    tree = new CollectorTree(sockstat);
    tree.write('proc/net/sockstat', 'sockets: used 5\nTCP: inuse 1 mem 2\nRAW: inuse 0\n');
    for (let i = 0; i < 5; i++) tree.sample();
    tree.write('proc/net/sockstat', 'sockets: used 6\nTCP: inuse 2 mem 3\nUDPLITE: inuse 4\nRAW: inuse 1\n');
    tree.write('proc/net/sockstat6', 'TCP6: inuse 8\n');
    for (let i = 0; i < 2; i++) tree.sample();
    expect(Object.fromEntries(tree.series())).toEqual({
      node_sockstat_sockets_used: 6,
      node_sockstat_TCP_inuse: 2,
      node_sockstat_TCP_mem: 3,
      node_sockstat_TCP_mem_bytes: 3 * pageBytes(),
      node_sockstat_UDPLITE_inuse: 4,
      node_sockstat_RAW_inuse: 1,
      node_sockstat_TCP6_inuse: 8,
    });
  });

  test('the page size is that of the kernel', () => {
    tree = new CollectorTree(sockstat);
    expect(pageBytes()).toBe(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
    const words = new BigUint64Array([33n, 140_000_000_000n, 6n, 65_536n, 0n, 0n]);
    expect(parseAuxvPageBytes(new Uint8Array(words.buffer), 8)).toBe(65_536);
    expect(parseAuxvPageBytes(new Uint8Array(new Uint32Array([16, 1, 6, 4096, 0, 0]).buffer), 4)).toBe(4096);
    expect(parseAuxvPageBytes(new Uint8Array([6, 0, 0]), 8)).toBeUndefined();
  });
});

describe('conntrack', () => {
  test('the module that is loaded later, and figures that stay the same', () => {
    tree = new CollectorTree(conntrack);
    expect(() => tree.sample()).toThrow('does not exist');
    tree.write('proc/sys/net/netfilter/nf_conntrack_count', '7\n');
    tree.write('proc/sys/net/netfilter/nf_conntrack_max', '100\n');
    const line = Array.from({ length: 17 }, (_, i) => i.toString(16).padStart(8, '0')).join(' ');
    tree.write('proc/net/stat/nf_conntrack', `header\n${line}\n${line}\n`);
    tree.sample();
    const before = tree.series();
    expect(before.get('node_nf_conntrack_stat_search_restart')).toBe(32);
    tree.sample();
    expect(tree.series()).toEqual(before);
    tree.write('proc/sys/net/netfilter/nf_conntrack_count', '');
    expect(() => tree.sample()).toThrow('holds no number');
    tree.write('proc/sys/net/netfilter/nf_conntrack_count', '7\n');
    tree.sample();
    expect(tree.series()).toEqual(before);
  });
});
