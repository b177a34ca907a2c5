/** Time zones as node_exporter names them, also across the change to summer time; and uname over time. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { FileSet } from '../../src/collect/files.ts';
import time from '../../src/collect/host/time.ts';
import uname from '../../src/collect/host/uname.ts';
import { tableRows } from '../../src/core/series.ts';
import { zoneAt } from '../../src/collect/time-zone.ts';

const before = process.env.TZ;
const setZone = (zone: string | undefined) => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
};
afterEach(() => {
  vi.restoreAllMocks();
  setZone(before);
});

/** A zone file of which only the last line matters here, so that no zone files need be installed. */
function zoneFile(footer: string): void {
  vi.spyOn(fs, 'readFileSync').mockReturnValue(`TZif2\0\0\nTZif2\0\xff\n${footer}\n`);
}

const winter = Date.UTC(2026, 0, 15);
const summer = Date.UTC(2026, 6, 15);
const berlin = 'CET-1CEST,M3.5.0,M10.5.0/3';

test.each([
  ['UTC', 'UTC0', winter, 'UTC', 0],
  ['Europe/Berlin', berlin, winter, 'CET', 3600],
  ['Europe/Berlin', berlin, summer, 'CEST', 7200],
  [':America/New_York', 'EST5EDT,M3.2.0,M11.1.0', summer, 'EDT', -14_400],
  ['Asia/Kolkata', 'IST-5:30', summer, 'IST', 19_800],
  ['America/Sao_Paulo', '<-03>3', winter, '-03', -10_800],
  ['Australia/Lord_Howe', '<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', summer, '+1030', 37_800],
  ['Asia/Kolkata', 'no footer', summer, '+0530', 19_800],
  ['America/Sao_Paulo', '', winter, '-03', -10_800],
  ['', 'unused', winter, 'UTC', 0],
])('TZ=%s with %s at %d is %s', (zone, footer, at, name, offsetSeconds) => {
  setZone(zone);
  zoneFile(footer);
  expect(zoneAt(at)).toEqual({ name, offsetSeconds });
});

test('a zone without a file is named by its offset', () => {
  setZone('Asia/Kolkata');
  vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  });
  expect(zoneAt(winter)).toEqual({ name: '+0530', offsetSeconds: 19_800 });
});

test('the clock is shown at every read, the zone follows within a minute', () => {
  setZone('Europe/Berlin');
  zoneFile(berlin);
  let wallMs = Date.UTC(2026, 2, 29, 0, 59, 30);
  const files = new FileSet();
  const paths = { procfs: '/nowhere', sysfs: '/nowhere', rootfs: '/', cgroupfs: '/nowhere' };
  const reader = time.open({ paths, clock: { monotonicSeconds: () => 0, wallMs: () => wallMs }, files });
  const read = () => {
    reader.read();
    return reader.tables
      .flatMap((table) => [...tableRows(table)])
      .map(({ labels, value }) => [labels.time_zone, value]);
  };
  expect(read()).toEqual([
    [undefined, wallMs / 1000],
    ['CET', 3600],
  ]);
  wallMs += 45_000;
  expect(read()).toEqual([
    [undefined, wallMs / 1000],
    ['CET', 3600],
  ]);
  wallMs += 45_000;
  expect(read()).toEqual([
    [undefined, wallMs / 1000],
    ['CEST', 7200],
  ]);
  wallMs -= 86_400_000;
  expect(read(), 'the wall clock was set back a day').toEqual([
    [undefined, wallMs / 1000],
    ['CET', 3600],
  ]);
});

test('uname: a renamed host is one series, and an old kernel takes the machine from the system call', () => {
  const tree = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-uname-'));
  fs.mkdirSync(`${tree}/sys/kernel`, { recursive: true });
  const put = (name: string, text: string) => fs.writeFileSync(`${tree}/sys/kernel/${name}`, `${text}\n`);
  put('osrelease', '5.10.0');
  put('hostname', 'old');
  const files = new FileSet();
  const paths = { procfs: tree, sysfs: tree, rootfs: '/', cgroupfs: tree };
  const reader = uname.open({ paths, clock: { monotonicSeconds: () => 0, wallMs: () => 0 }, files });
  const read = () => {
    files.tick++;
    reader.read();
    return [...tableRows(reader.tables[0])].map(({ labels }) => [labels.nodename, labels.machine]);
  };
  expect(read()).toEqual([['old', os.machine()]]);
  expect(read()).toEqual([['old', os.machine()]]);
  put('hostname', 'new');
  expect(read()).toEqual([['new', os.machine()]]);
  files.close();
  fs.rmSync(tree, { recursive: true });
});
