/** Commands that a user can paste, addressed to the server of the facts. */
import type { ServerFacts } from '../core/cache.ts';

/** A word as the shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `redis-cli -u redis://host:6379 CONFIG SET maxmemory 2gb` */
export function redisCli({ name }: ServerFacts, ...words: readonly string[]): string {
  return ['redis-cli', ...redisPlace(name), ...words].map(quoted).join(' ');
}

function redisPlace(name: string): string[] {
  const unix = /^(?:unix:|redis\+unix:)(?:\/\/([^@/]*@)?)?(\/[^?]*)(?:\?db=(\d+))?/.exec(name);
  if (unix === null) return ['-u', name.replace(/^valkey/, 'redis')];
  const [, login, path, database] = unix;
  return [
    '-s',
    path,
    ...(login === undefined ? [] : ['--user', login.slice(0, -1)]),
    ...(database ? ['-n', database] : []),
  ];
}

/** A command of Memcached's text protocol, sent with netcat: `printf 'slabs automove 1\r\nquit\r\n' | nc 127.0.0.1 11211` */
export function memcachedSay({ name }: ServerFacts, command: string): string {
  const path = /^(?:unix:(?:\/\/)?)?(\/.+)$/s.exec(name)?.[1];
  const place = path === undefined ? hostAndPort(name) : `-U ${quoted(path)}`;
  return `printf '${command}\\r\\nquit\\r\\n' | nc ${place}`;
}

function hostAndPort(name: string): string {
  const [, host = name, port = '11211'] = /^(?:memcached:\/\/)?\[?([^\]/]*?)\]?(?::(\d+))?\/?$/.exec(name) ?? [];
  return `${quoted(host)} ${port}`;
}
