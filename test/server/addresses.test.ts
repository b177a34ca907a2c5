import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMemcachedAddress } from '../../src/collect/server/memcached-address.ts';
import { parseRedisUrl } from '../../src/collect/server/redis-address.ts';
import { CodoperfError } from '../../src/core/errors.ts';

function refusal(parse: () => unknown): CodoperfError {
  try {
    parse();
  } catch (error) {
    if (error instanceof CodoperfError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('addresses of Redis', () => {
  it.each([
    ['redis://host', { name: 'redis://host', host: 'host', port: 6379, database: 0, tls: undefined }],
    [
      'redis://user:p%40ss@host:7000/5',
      { name: 'redis://user@host:7000/5', username: 'user', password: 'p@ss', database: 5 },
    ],
    ['redis://:secret@127.0.0.1:1', { name: 'redis://127.0.0.1:1', username: undefined, password: 'secret' }],
    ['redis://u:a@b@host/1', { name: 'redis://u@host/1', password: 'a@b', host: 'host' }],
    ['redis://[::1]:7001/2', { name: 'redis://[::1]:7001/2', host: '::1', port: 7001 }],
    ['valkey://host', { name: 'valkey://host', host: 'host' }],
    ['unix:/run/redis.sock', { name: 'unix:/run/redis.sock', socketPath: '/run/redis.sock', database: 0 }],
    ['unix:///run/redis.sock', { name: 'unix:///run/redis.sock', socketPath: '/run/redis.sock' }],
    [
      'redis+unix://u:p@/r.sock?db=3',
      { name: 'redis+unix://u@/r.sock?db=3', username: 'u', password: 'p', database: 3 },
    ],
  ])('%s', (text, expected) => expect(parseRedisUrl(text)).toMatchObject(expected));

  it('with TLS trust what the machine trusts, unless an authority is named', () => {
    const { tls, name } = parseRedisUrl('rediss://host/0');
    expect(tls?.ca.length).toBeGreaterThan(50);
    expect(name).toBe('rediss://host/0');
    expect(refusal(() => parseRedisUrl('rediss://host?tls-ca=/no/such/file')).message).toContain('ENOENT');
  });

  it.each([
    ['host:6379', 'scheme'],
    ['http://host', 'scheme'],
    ['redis://', 'URL|host'],
    ['redis://host/one', 'number of a database'],
    ['redis://host/-1', 'number of a database'],
    ['redis://host:99999', 'URL'],
    ['redis://host?tls-ca=/x', 'unknown parameter'],
    ['redis://host?password=secret', "unknown parameter 'password'"],
    ['redis://user:secret#x@host', 'where none belongs|URL'],
    ['redis://user:12#secret@host', 'where none belongs'],
    ['redis://user:12?secret@host', 'where none belongs'],
    ['redis://user:12/secret@host', 'where none belongs'],
    ['redis://user:sec/ret@host', 'URL'],
    ['redis://user:secret', 'URL'],
    ['redis://u:secret%zz@host', '%'],
    ['unix:relative.sock', 'host|URL|scheme'],
    ['', 'URL'],
  ])('%s is refused without its secret', (text, why) => {
    const error = refusal(() => parseRedisUrl(text));
    expect(error).toMatchObject({ code: 'BAD_SERVER_ADDRESS', exitCode: 2 });
    expect(error.message).toMatch(new RegExp(why));
    expect(`${error.message} ${error.remedy}`).not.toMatch(/secret|sec\/ret/);
  });

  it('never show a password that is escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 30, unit: 'binary' }),
        fc.constantFrom('', 'user'),
        (password, user) => {
          // A lone surrogate has no escape.
          fc.pre(!/\p{Surrogate}/u.test(password));
          const address = parseRedisUrl(`redis://${user}:${encodeURIComponent(password)}@host:1/0`);
          expect(address.password).toBe(password);
          expect(address.name).toBe(user === '' ? 'redis://host:1/0' : 'redis://user@host:1/0');
        },
      ),
    );
  });
});

describe('addresses of Memcached', () => {
  it.each([
    ['host', { name: 'host', host: 'host', port: 11_211 }],
    ['127.0.0.1:7', { name: '127.0.0.1:7', host: '127.0.0.1', port: 7 }],
    ['[::1]:8', { name: '[::1]:8', host: '::1', port: 8 }],
    ['memcached://cache.example:9/', { host: 'cache.example', port: 9 }],
    ['unix:/run/m.sock', { socketPath: '/run/m.sock' }],
    ['/run/m.sock', { socketPath: '/run/m.sock' }],
  ])('%s', (text, expected) => expect(parseMemcachedAddress(text)).toMatchObject(expected));

  it.each(['', 'host:0', 'host:65536', 'host:x', 'a b:1', 'user:secret@host:1', '::1:11211', 'host:1/path'])(
    '%s is refused',
    (text) => {
      const error = refusal(() => parseMemcachedAddress(text));
      expect(error).toMatchObject({ code: 'BAD_SERVER_ADDRESS', exitCode: 2 });
      expect(error.message).not.toContain('secret');
    },
  );
});
