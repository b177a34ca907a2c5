/** What went wrong with a Redis, as an error of the catalogue. */
import { CodoperfError, errnoOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { RedisAddress } from './redis-address.ts';
import { ReplyTooLarge } from './reply-budget.ts';

const MAX_TEXT = 200;
/** How the first record of a TLS server that gives up begins. */
const TLS_ALERT = '\x15\x03';
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_OSSL|EPROTO)/;
/** What is asked first on every connection. */
const FIRST_COMMAND = 'INFO';
const CLIENT_CERTIFICATE = 'The server wants a certificate of the client: add ?tls-cert=FILE&tls-key=FILE to the URL.';
/** What the client library says when bytes are not of the protocol. */
const NOT_THE_PROTOCOL = /^Unknown RESP type/;

/** A text of a server for a message: bounded, harmless on a terminal, without the password that it may repeat. */
function quoted(text: string, password: string | undefined): string {
  const open = password === undefined || password === '' ? text : text.replaceAll(password, '***');
  const short = open.length > MAX_TEXT ? `${open.slice(0, MAX_TEXT)}…` : open;
  return printable(short);
}

/** Why a connection could not be made or did not last; `phase` tells which, `greeting` is what the peer said first. */
export function connectionError(
  address: RedisAddress,
  error: unknown,
  phase: 'connecting' | 'waiting',
  command: string,
  greeting: string,
): CodoperfError {
  if (error instanceof CodoperfError) return error;
  const { name } = address;
  if (error instanceof ReplyTooLarge)
    return new CodoperfError('SERVER_REPLY_TOO_LARGE', { name, command, limit: error.what, kind: 'Redis' }, error);
  const reason = reasonOf(error, address);
  // A server that has too many clients, or is in protected mode, says so unasked and closes.
  const refusal = /^-([A-Z]+ [^\r\n]*)/.exec(greeting)?.[1];
  if (refusal !== undefined && command === FIRST_COMMAND)
    return replyError(address, new Error(refusal), 'a connection');
  if (NOT_THE_PROTOCOL.test(reason)) return otherKind(address, greeting, error);
  const code = errnoOf(error) ?? '';
  if (address.tls !== undefined && TLS_CODE.test(code))
    return new CodoperfError('SERVER_TLS', { name, reason, fix: tlsFix(code, reason) }, error);
  // With TLS 1.3 a server that wants a certificate refuses after the handshake, and its alert may be lost.
  if (address.tls?.cert === undefined && address.tls !== undefined && greeting === '' && command === FIRST_COMMAND) {
    const told = 'the server closed the connection after the handshake';
    return new CodoperfError('SERVER_TLS', { name, reason: told, fix: CLIENT_CERTIFICATE }, error);
  }
  if (phase === 'connecting' && code !== '') return new CodoperfError('SERVER_UNREACHABLE', { name, reason }, error);
  const when = phase === 'connecting' ? 'before it said anything' : `instead of answering ${command}`;
  return new CodoperfError('SERVER_DROPPED', { name, when }, error);
}

/** Node.js puts the attempts for several addresses of one host together without a text of its own. */
function reasonOf(error: unknown, { password }: RedisAddress): string {
  const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  return quoted(first instanceof Error ? first.message : String(first), password);
}

function tlsFix(code: string, reason: string): string {
  if (code === 'EPROTO' || /wrong version|packet length|http request/i.test(reason))
    return 'The port does not speak TLS: use redis://, or the TLS port of the server (`tls-port`).';
  if (/certificate required|handshake failure/i.test(reason)) return CLIENT_CERTIFICATE;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Use the name that the certificate is for as the host of the URL.';
  return 'Name the authority that signed the certificate with ?tls-ca=FILE in the URL, or in NODE_EXTRA_CA_CERTS.';
}

function otherKind({ name, password, tls }: RedisAddress, greeting: string, cause: unknown): CodoperfError {
  const [reason, fix] = told(greeting, password, tls !== undefined);
  return new CodoperfError('SERVER_OF_OTHER_KIND', { name, kind: 'Redis', reason, fix }, cause);
}

function told(greeting: string, password: string | undefined, secure: boolean): [reason: string, fix: string] {
  if (!secure && greeting.startsWith(TLS_ALERT)) return ['it speaks TLS', 'Use rediss:// in place of redis://.'];
  if (greeting.startsWith('HTTP/')) return ['it is an HTTP server', 'Check host and port.'];
  if (/^(ERROR|CLIENT_ERROR)\b/.test(greeting))
    return ['it answers as a Memcached does', 'Name it with --memcached HOST:PORT.'];
  return [`it says '${quoted(greeting.slice(0, 60), password)}'`, 'Check host and port.'];
}

/** What an error reply means. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
export function replyError(address: RedisAddress, error: Error, command: string): CodoperfError {
  const { name, username, password } = address;
  const reason = quoted(error.message, password);
  const kind = /^[A-Z]+/.exec(error.message)?.[0] ?? '';
  if (
    kind === 'NOAUTH' ||
    kind === 'WRONGPASS' ||
    command === 'AUTH' ||
    /invalid password|no password is set/i.test(reason)
  )
    return new CodoperfError('SERVER_AUTH', { name, reason, fix: authFix(kind) }, error);
  if (kind === 'NOPERM') {
    const fix = `Let it: ACL SETUSER ${username ?? 'default'} +${command.toLowerCase().replace(' ', '|')}, or name another user in the URL.`;
    return new CodoperfError('SERVER_PERMISSION', { name, command, reason, fix }, error);
  }
  if (kind === 'READONLY')
    return new CodoperfError('SERVER_READ_ONLY', { name, master: 'see INFO replication' }, error);
  if (kind === 'LOADING') return new CodoperfError('SERVER_LOADING', { name, progress: '' }, error);
  return new CodoperfError('SERVER_REFUSED', { name, command, reason, fix: refusedFix(kind) }, error);
}

function authFix(kind: string): string {
  return kind === 'NOAUTH'
    ? 'Put user and password into the URL: redis://USER:PASSWORD@HOST:PORT/DB, without USER for `requirepass`.'
    : 'Check user and password in the URL, and that special characters of the password are escaped with %.';
}

function refusedFix(kind: string): string {
  if (kind === 'MASTERDOWN') return 'Its master is away and `replica-serve-stale-data` is off: try the master.';
  if (kind === 'DENIED') return 'Connect from its own machine, or give it a password (`requirepass`).';
  if (kind === 'BUSY') return 'A script keeps it busy: SCRIPT KILL ends it.';
  if (kind === 'MISCONF') return 'It cannot save to disk and refuses writes: see its log.';
  return 'See what the server says, and its log.';
}
