import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Reader, StatFs } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import filesystem from '../../src/collect/host/filesystem.ts';
import type { RemoteAnswer } from '../../src/collect/remote-statfs.ts';
import { REMOTE_TYPES, RemoteStatfs } from '../../src/collect/remote-statfs.ts';
import { tableRows } from '../../src/core/series.ts';

const figures: StatFs = { bsize: 1024, blocks: 100, bfree: 50, bavail: 40, files: 10, ffree: 5 };
let root: string;
let files: FileSet;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-filesystem-'));
  fs.mkdirSync(`${root}/1`);
  files = new FileSet(false);
});

afterEach(() => {
  files.close();
  fs.rmSync(root, { recursive: true });
});

function openReader(statfs?: (path: Buffer) => StatFs, rootfs = '/'): Reader {
  const paths = { procfs: root, sysfs: root, rootfs, cgroupfs: root };
  return filesystem.open({ paths, files, clock: { monotonicSeconds: () => 1000, wallMs: () => 0 }, statfs });
}

function mountLine(device: string, mountPoint: string, type = 'ext4'): string {
  return `28 1 8:2 / ${mountPoint} rw - ${type} ${device} rw\n`;
}

function read(reader: Reader, ...lines: string[]): void {
  fs.writeFileSync(`${root}/1/mountinfo`, lines.join(''));
  files.tick++;
  reader.read();
}

const sizes = (reader: Reader): string[] =>
  [...tableRows(reader.tables[0])]
    .filter(({ name }) => name === 'node_filesystem_size_bytes')
    .map(({ labels, value }) => `${labels.mountpoint} ${value}`);

test('mounts come and go, and figures move under an unchanged mount table', () => {
  let blocks = 100;
  const reader = openReader(() => ({ ...figures, blocks }));
  read(reader, mountLine('/dev/sda', '/'));
  blocks = 200;
  read(reader, mountLine('/dev/sda', '/'));
  expect(sizes(reader)).toEqual(['/ 204800']);
  read(reader, mountLine('/dev/sda', '/'), mountLine('/dev/sdb', '/mnt'));
  expect(sizes(reader)).toEqual(['/ 204800', '/mnt 204800']);
  read(reader, mountLine('/dev/sdb', '/mnt'));
  expect(sizes(reader)).toEqual(['/mnt 204800']);
});

test('mount points below the root of the host are named as the host names them', () => {
  const asked: string[] = [];
  const reader = openReader((file) => {
    asked.push(file.toString());
    return figures;
  }, '/host');
  read(reader, mountLine('/dev/sda', '/host'), mountLine('/dev/sdb', '/host/data'), mountLine('/dev/sdc', '/hosts'));
  expect(sizes(reader)).toEqual(['/ 102400', '/data 102400', '/hosts 102400']);
  expect(asked).toEqual(['/host/', '/host/data', '/host/hosts']);
});

test('a mount point that is not UTF-8 is asked for by its bytes', () => {
  let asked = Buffer.alloc(0);
  const reader = openReader((file) => {
    asked = Buffer.from(file);
    return figures;
  });
  fs.writeFileSync(`${root}/1/mountinfo`, Buffer.from(mountLine('/dev/sda', '/caf\xe9'), 'latin1'));
  files.tick++;
  reader.read();
  expect(asked.equals(Buffer.from('/caf\xe9', 'latin1'))).toBe(true);
});

test('a file system of another machine is asked by a child, never in the sample', async () => {
  const reader = openReader(() => {
    throw new Error('asked in the sample');
  });
  fs.writeFileSync(`${root}/1/mountinfo`, mountLine('server:/export', root, 'nfs4'));
  await reader.ready?.();
  files.tick++;
  reader.read();
  const real = fs.statfsSync(root);
  expect(sizes(reader)).toEqual([`${root} ${real.blocks * real.bsize}`]);
});

test('what a child says about a missing path is the text of the C library', async () => {
  const reader = openReader();
  fs.writeFileSync(`${root}/1/mountinfo`, mountLine('server:/export', `${root}/gone`, 'nfs'));
  await reader.ready?.();
  files.tick++;
  reader.read();
  const errors = [...tableRows(reader.tables[0])].filter(({ name }) => name === 'node_filesystem_device_error');
  expect(errors).toMatchObject([{ labels: { device_error: 'no such file or directory' }, value: 1 }]);
});

test('a server that does not answer is an error after 5 s, is asked once, and recovers', () => {
  const waiting: ((answer: RemoteAnswer) => void)[] = [];
  const remote = new RemoteStatfs((_, done) => waiting.push(done));
  expect(remote.answer('/nfs', 0)).toBeUndefined();
  expect(remote.answer('/nfs', 5)).toBeUndefined();
  expect(remote.answer('/nfs', 6)).toEqual({ error: 'mountpoint timeout' });
  expect(remote.answer('/nfs', 1000)).toEqual({ error: 'mountpoint timeout' });
  expect(waiting).toHaveLength(1);
  waiting[0]({ figures });
  expect(remote.answer('/nfs', 1001)).toMatchObject({ figures });
});

test('an answer is kept for half a minute and shown while the next one is under way', () => {
  const waiting: ((answer: RemoteAnswer) => void)[] = [];
  const remote = new RemoteStatfs((_, done) => waiting.push(done));
  remote.answer('/nfs', 0);
  waiting[0]({ figures });
  remote.answer('/nfs', 29);
  expect(waiting).toHaveLength(1);
  expect(remote.answer('/nfs', 30)).toMatchObject({ figures });
  expect(waiting).toHaveLength(2);
  expect(remote.answer('/nfs', 33)).toMatchObject({ figures });
  waiting[1]({ error: 'stale file handle' });
  expect(remote.answer('/nfs', 34)).toMatchObject({ error: 'stale file handle' });
});

test('the first sample waits for a silent server no longer than about a second', async () => {
  const remote = new RemoteStatfs(() => undefined);
  const start = performance.now();
  await remote.first(['/nfs'], 0);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('which file systems count as remote', () => {
  for (const type of ['nfs', 'nfs4', 'cifs', 'ceph', 'fuse.sshfs', 'fuse', '9p']) expect(type).toMatch(REMOTE_TYPES);
  for (const type of ['ext4', 'fuseblk', 'fusectl', 'nfsd', 'tmpfs', 'zfs']) expect(type).not.toMatch(REMOTE_TYPES);
});
