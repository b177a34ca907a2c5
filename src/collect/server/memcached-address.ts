/** Where a Memcached is: `host[:port]`, `[::1]:port`, `memcached://host:port`, `unix:/path` or `/path` for a socket. */
import { CodoperfError } from '../../core/errors.ts';

/** A Memcached as the user named it. */
export interface MemcachedAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket; then host and port mean nothing. */
  readonly socketPath: string | undefined;
}

const DEFAULT_PORT = 11211;
const HOST_PORT = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:/@?#]+))(?::(\d{1,5}))?$/;

/** Reads an address. Throws BAD_SERVER_ADDRESS. */
export function parseMemcachedAddress(text: string): MemcachedAddress {
  const path = /^(?:unix:(?:\/\/)?)?(\/.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { name: text, host: '', port: 0, socketPath: path };
  const match = HOST_PORT.exec(text.replace(/^memcached:\/\//, '').replace(/\/$/, ''));
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535) throw bad(text);
  return { name: text, host: match[1] ?? match[2], port, socketPath: undefined };
}

function bad(text: string): CodoperfError {
  return new CodoperfError('BAD_SERVER_ADDRESS', {
    // The protocol has no login in its address; somebody may have written one all the same.
    address: text.replace(/^.*@/s, '***@').slice(0, 200),
    kind: 'Memcached',
    detail: 'it is neither host:port nor the path of a socket',
    fix: 'Write host:port, [address]:port for IPv6, or unix:/path.',
  });
}
