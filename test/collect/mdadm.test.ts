import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FileSet } from '../../src/collect/files.ts';
import mdadm, { parseMdstat } from '../../src/collect/host/mdadm.ts';
import { tableRows } from '../../src/core/series.ts';

const oneArray = (counts: string): string =>
  `Personalities : [raid1] \nmd0 : active raid1 sdb[1] sda[0]\n      100 blocks super 1.2 ${counts}\n      \nunused devices: <none>\n`;

test('no array is an answer, and arrays come, degrade and go', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-mdadm-'));
  const files = new FileSet(false);
  const paths = { procfs: root, sysfs: `${root}/sys`, rootfs: '/', cgroupfs: root };
  const reader = mdadm.open({ paths, files, clock: { monotonicSeconds: () => 0, wallMs: () => 0 } });
  const md = `${root}/sys/block/md0/md`;
  const read = (text: string): string[] => {
    fs.writeFileSync(`${root}/mdstat`, text);
    files.tick++;
    reader.read();
    const rows = reader.tables.flatMap((table) => [...tableRows(table)]);
    return rows
      .filter(({ name, labels }) => labels.state === 'active' || name === 'node_md_degraded')
      .map(({ name, value }) => `${name} ${value}`);
  };
  const none = 'Personalities : \nunused devices: <none>\n';
  expect(read(none)).toEqual([]);
  fs.mkdirSync(md, { recursive: true });
  for (const [name, text] of Object.entries({ level: 'raid1', raid_disks: '2', degraded: '0' })) {
    fs.writeFileSync(`${md}/${name}`, `${text}\n`);
  }
  expect(read(oneArray('[2/2] [UU]'))).toEqual(['node_md_state 1', 'node_md_disks 2', 'node_md_degraded 0']);
  fs.writeFileSync(`${md}/degraded`, '1\n');
  expect(read(oneArray('[2/1] [U_]'))).toEqual(['node_md_state 1', 'node_md_disks 1', 'node_md_degraded 1']);
  fs.rmSync(`${root}/sys`, { recursive: true });
  expect(read(none)).toEqual([]);
  files.close();
  fs.rmSync(root, { recursive: true });
});

test('an array name may be any word, and text around it is left alone', () => {
  expect(parseMdstat('Personalities : [raid1]\nmd_d0p : active raid1 sda[0]\n 7 blocks [1/1] [U]\n')).toEqual([
    { name: 'md_d0p', state: 'active', active: 1, required: 1, failed: 0, spare: 0, blocks: 7, synced: 7 },
  ]);
  expect(parseMdstat('')).toEqual([]);
});
