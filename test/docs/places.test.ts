/** The order of directories that docs/contracts.md promises under "Places". */
import { expect, test } from 'vitest';
import { placePath } from '../../src/config/places.ts';

const user = { uid: 1000, home: '/home/u' };
const root = { uid: 0, home: '/root' };

test('CODOPERF_*_DIR comes before XDG, XDG before the defaults', () => {
  const env = { CODOPERF_STATE_DIR: '/own', XDG_STATE_HOME: '/xdg' };
  expect(placePath('state', { ...user, env })).toBe('/own');
  expect(placePath('state', { ...user, env: { XDG_STATE_HOME: '/xdg' } })).toBe('/xdg/codoperf');
  expect(placePath('state', { ...root, env: { XDG_STATE_HOME: '/xdg' } })).toBe('/xdg/codoperf');
});

test.each([
  ['runtime', '/run/codoperf'],
  ['state', '/var/lib/codoperf'],
  ['config', '/etc/codoperf'],
] as const)('as root, %s is %s', (place, expected) => {
  expect(placePath(place, { ...root, env: {} })).toBe(expected);
});

test('without any of them, sockets go to a directory of the user in /tmp', () => {
  expect(placePath('runtime', { ...user, env: {} })).toBe('/tmp/codoperf-1000');
});
