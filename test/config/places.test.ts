import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Identity, Place } from '../../src/config/places.ts';
import { ensurePlace, existingPlace, placePath, socketPath } from '../../src/config/places.ts';
import { temporaryDirectory } from '../support/cli.ts';

const uid = process.geteuid?.() ?? 0;
const home = '/home/u';

const cases: [place: Place, who: Partial<Identity>, directory: string][] = [
  ['runtime', { env: { CODOPERF_RUNTIME_DIR: '/r', XDG_RUNTIME_DIR: '/run/user/1' } }, '/r'],
  ['runtime', { env: { XDG_RUNTIME_DIR: '/run/user/1' } }, '/run/user/1/codoperf'],
  ['runtime', { env: { XDG_RUNTIME_DIR: 'relative' } }, '/tmp/codoperf-1000'],
  ['runtime', {}, '/tmp/codoperf-1000'],
  ['runtime', { uid: 0 }, '/run/codoperf'],
  ['state', { uid: 0 }, '/var/lib/codoperf'],
  ['state', {}, '/home/u/.local/state/codoperf'],
  ['state', { uid: 0, env: { XDG_STATE_HOME: '/s' } }, '/s/codoperf'],
  ['config', {}, '/home/u/.config/codoperf'],
  ['config', { uid: 0 }, '/etc/codoperf'],
  ['config', { env: { CODOPERF_CONFIG_DIR: '/c' } }, '/c'],
];
test.each(cases)('%s of %j is %s', (place, who, directory) => {
  expect(placePath(place, { env: {}, uid: 1000, home, ...who })).toBe(directory);
});

test('a place is made for its owner alone', () => {
  const directory = path.join(temporaryDirectory(), 'deep/state');
  const who = { env: { CODOPERF_STATE_DIR: directory }, uid, home };
  expect(existingPlace('state', who)).toBeUndefined();
  expect(ensurePlace('state', who)).toBe(directory);
  expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
  expect(ensurePlace('state', who)).toBe(directory);
  expect(existingPlace('state', who)).toBe(directory);
});

test('a place that another user may have made is refused', () => {
  const top = temporaryDirectory();
  fs.mkdirSync(`${top}/real`, { mode: 0o700 });
  fs.symlinkSync('real', `${top}/link`);
  fs.writeFileSync(`${top}/file`, '');
  fs.mkdirSync(`${top}/open`);
  fs.chmodSync(`${top}/open`, 0o770);
  const use =
    (name: string, as = uid) =>
    () =>
      ensurePlace('runtime', { env: { CODOPERF_RUNTIME_DIR: `${top}/${name}` }, uid: as, home });
  expect(use('real')).not.toThrow();
  expect(use('link')).toThrow('it is a symbolic link');
  expect(use('file')).toThrow('it is not a directory');
  expect(use('open')).toThrow('others may use it (mode 770)');
  expect(use('real', uid + 1)).toThrow(`it belongs to uid ${uid}, not to ${uid + 1}`);
});

test('a socket path that the kernel would cut is refused', () => {
  expect(socketPath(`/${'x'.repeat(106)}`)).toHaveLength(107);
  expect(() => socketPath(`/${'x'.repeat(107)}`)).toThrow('has 108 bytes, and the kernel takes at most 107');
  expect(() => socketPath(`/${'é'.repeat(54)}`)).toThrow('has 109 bytes');
});
