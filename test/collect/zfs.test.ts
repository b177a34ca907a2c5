import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FileSet } from '../../src/collect/files.ts';
import zfs from '../../src/collect/host/zfs.ts';
import { tableRows } from '../../src/core/series.ts';

test('a host without ZFS is asked every 10 s, then ARC is read at once and pools every 10 s', () => {
  const procfs = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-zfs-'));
  const root = `${procfs}/spl/kstat/zfs`;
  const files = new FileSet(false);
  let now = 0;
  const reader = zfs.open({
    paths: { procfs, sysfs: procfs, rootfs: '/', cgroupfs: procfs },
    files,
    clock: { monotonicSeconds: () => now, wallMs: () => 0 },
  });
  const read = (): string[] => {
    files.tick++;
    reader.read();
    const rows = reader.tables.flatMap((table) => [...tableRows(table)]);
    return rows
      .filter(({ value }) => value !== 0)
      .map(({ name, labels, value }) => `${name} ${labels.state ?? ''}${value}`);
  };
  const write = (hits: number, state: string): void => {
    fs.mkdirSync(`${root}/tank`, { recursive: true });
    fs.writeFileSync(`${root}/arcstats`, `1 1 0x01 1 1 1 1\nname type data\nhits 4 ${hits}\n`);
    fs.writeFileSync(`${root}/tank/state`, `${state}\n`);
  };
  expect(read).toThrow('does not exist');
  write(5, 'ONLINE');
  now = 9;
  expect(read).toThrow('does not exist');
  now = 10;
  expect(read()).toEqual(['node_zfs_arc_hits 5', 'node_zfs_zpool_state online1']);
  write(6, 'DEGRADED');
  now = 11;
  expect(read()).toEqual(['node_zfs_arc_hits 6', 'node_zfs_zpool_state online1']);
  now = 20;
  expect(read()).toEqual(['node_zfs_arc_hits 6', 'node_zfs_zpool_state degraded1']);
  files.close();
  fs.rmSync(procfs, { recursive: true });
});
