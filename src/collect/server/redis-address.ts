/**
 * Where a Redis is: `redis://[user[:password]@]host[:port][/database]`, `rediss://` for TLS, `unix:/path` and
 * `redis+unix://[user[:password]@]/path[?db=N]` for a socket. https://www.iana.org/assignments/uri-schemes/prov/redis
 */
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { CodoperfError, errnoOf } from '../../core/errors.ts';

/** A Redis as the user named it. */
export interface RedisAddress {
  /** Without password and without the paths of certificates. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket; then host and port mean nothing. */
  readonly socketPath: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Certificates of a `rediss://` address. */
  readonly tls: TlsFiles | undefined;
}

/** Texts of PEM files. */
interface TlsFiles {
  readonly ca: readonly string[];
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const DEFAULT_PORT = 6379;
/** Redis keeps the number in 32 bits. */
const MAX_DATABASE = 2 ** 31 - 1;
const SCHEMES = new Set(['redis:', 'rediss:', 'valkey:', 'valkeys:']);
const UNIX = /^(?:unix:|redis\+unix:)(?:\/\/(?:([^@/]*)@)?)?(\/[^?#]*)(?:\?([^#]*))?$/;
/** What Node.js does not look into by itself: the certificates that the machine's administrator trusts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Reads an address. Throws BAD_SERVER_ADDRESS, which never shows a password. */
export function parseRedisUrl(text: string): RedisAddress {
  const unix = UNIX.exec(text);
  return unix === null ? parseTcp(text) : parseUnix(text, unix);
}

function parseTcp(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw bad(text, 'it is no URL');
  // A password with one of these ends the host early: its beginning would be taken for a port and shown.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@') || url.hash !== '')
    throw bad(text, 'it has an @ or # where none belongs');
  if (!SCHEMES.has(url.protocol)) throw bad(text, `the scheme '${url.protocol.slice(0, 20)}' is not known`);
  if (url.hostname === '') throw bad(text, 'it has no host');
  const secure = url.protocol === 'rediss:' || url.protocol === 'valkeys:';
  const parameters = parametersOf(text, url.searchParams, secure ? ['tls-ca', 'tls-cert', 'tls-key'] : []);
  return {
    ...loginOf(text, url.username, url.password),
    name: nameOf(text),
    host: decodeURIComponent(url.hostname.replace(/^\[|\]$/g, '')),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    socketPath: undefined,
    database: databaseOf(text, url.pathname.slice(1)),
    tls: secure ? tlsFiles(text, parameters) : undefined,
  };
}

function parseUnix(text: string, [, login = '', path, query = '']: RegExpExecArray): RedisAddress {
  const parameters = parametersOf(text, new URLSearchParams(query), ['db']);
  const [username = '', ...password] = login.split(':');
  return {
    ...loginOf(text, username, password.join(':')),
    name: nameOf(text),
    host: '',
    port: 0,
    socketPath: decoded(text, path),
    database: databaseOf(text, parameters.get('db') ?? ''),
    tls: undefined,
  };
}

function parametersOf(text: string, given: URLSearchParams, known: readonly string[]): URLSearchParams {
  // The value of an unknown one may be a password.
  const stranger = [...given.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) throw bad(text, `it has an unknown parameter '${stranger.slice(0, 40)}'`);
  return given;
}

function loginOf(text: string, username: string, password: string): Pick<RedisAddress, 'username' | 'password'> {
  return {
    username: username === '' ? undefined : decoded(text, username),
    password: password === '' ? undefined : decoded(text, password),
  };
}

function databaseOf(text: string, digits: string): number {
  const database = Number(digits);
  if (digits !== '' && (!/^\d+$/.test(digits) || database > MAX_DATABASE))
    throw bad(text, 'what follows the host is not the number of a database');
  return database;
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw bad(text, 'it has a % that is not followed by two hexadecimal digits');
  }
}

/** The text without what stands between `:` and `@`, and without the parameters that say where files are. */
function nameOf(text: string): string {
  const database = /[?&](db=\d+)/.exec(text)?.[1];
  const plain = text.replace(/[?#].*$/s, '').replace(/^([^:]+:\/\/)([^/]*)@/, (_, scheme: string, login: string) => {
    const user = login.split(':')[0];
    return user === '' ? scheme : `${scheme}${user}@`;
  });
  return database === undefined ? plain : `${plain}?${database}`;
}

function bad(text: string, detail: string): CodoperfError {
  // Everything before the last @ may be a password with characters that had to be escaped, and so may what looks
  // like a port when the host was forgotten.
  const address = text
    .replace(/^([^:]*:\/\/)?.*@/s, '$1***@')
    .replace(/^([^:]*:\/\/[^:/?#]*):(?!\d+(?:[/?#]|$))[^/]*/, '$1:***')
    .replace(/[?#].*$/s, '');
  return new CodoperfError('BAD_SERVER_ADDRESS', {
    address: address.slice(0, 200),
    kind: 'Redis',
    detail,
    fix: 'Write redis://[user:password@]host:port/database, rediss://… for TLS, or unix:/path; escape special characters of a password with %.',
  });
}

function tlsFiles(text: string, parameters: URLSearchParams): TlsFiles {
  const read = (name: string): string | undefined => {
    const path = parameters.get(name);
    return path === null ? undefined : pemFile(text, name, path);
  };
  const own = read('tls-ca');
  return { ca: own === undefined ? trusted() : [own], cert: read('tls-cert'), key: read('tls-key') };
}

function pemFile(text: string, parameter: string, path: string): string {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch (error) {
    throw bad(text, `the file of ${parameter} cannot be read (${errnoOf(error) ?? 'unknown reason'})`);
  }
}

/** Naming any certificate switches off Node.js's own list and NODE_EXTRA_CA_CERTS, so they are put back beside the system's. */
function trusted(): string[] {
  const files = [process.env.NODE_EXTRA_CA_CERTS, systemBundles.find((file) => fs.existsSync(file))];
  const texts = files.flatMap((file) => {
    try {
      return file === undefined ? [] : [fs.readFileSync(file, 'latin1')];
    } catch {
      return []; // Node.js itself goes on without such a file, after a warning.
    }
  });
  return [...tls.rootCertificates, ...texts];
}

/** The name that the certificate must have; none for an IP address, which it must list as such. */
export function serverNameOf({ host }: RedisAddress): string | undefined {
  return net.isIP(host) === 0 ? host : undefined;
}
