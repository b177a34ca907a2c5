/** What it means when a Memcached does not answer as one. */
import { CodoperfError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { MemcachedAddress } from './memcached-address.ts';

/** How the first record of a TLS server that gives up begins. */
const TLS_ALERT = '\x15\x03';

/** The error for an answer that is none to `stats`. */
export function withoutStats(address: MemcachedAddress, line: string): CodoperfError {
  const { name } = address;
  const reason = quoted(line);
  if (/^CLIENT_ERROR (un)?authenticat/.test(line)) {
    const fix = 'It wants a login (-Y or SASL), which codoperf does not have: ask it through a listener without one.';
    return new CodoperfError('SERVER_AUTH', { name, reason, fix });
  }
  if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR|END)\b/.test(line))
    return new CodoperfError('SERVER_WITHOUT_STATS', { name, reason: `it answers '${reason}'` });
  return (
    otherServer(address, line) ??
    new CodoperfError('SERVER_OF_OTHER_KIND', {
      name,
      kind: 'Memcached',
      reason: `it says '${reason}'`,
      fix: 'Check host and port.',
    })
  );
}

/** The error for a peer that is known to be something else by what it says; `undefined` otherwise. */
export function otherServer({ name }: MemcachedAddress, said: string): CodoperfError | undefined {
  const told = (reason: string, fix: string): CodoperfError =>
    new CodoperfError('SERVER_OF_OTHER_KIND', { name, kind: 'Memcached', reason, fix });
  if (said.startsWith(TLS_ALERT)) return told('it speaks TLS', 'Use a plain listener or a Unix socket of the server.');
  if (said.startsWith('HTTP/')) return told('it is an HTTP server', 'Check host and port.');
  if (/^-[A-Z]+ /.test(said)) return told('it answers as a Redis does', 'Name it with --redis redis://HOST:PORT.');
  return undefined;
}

/** A text of the server for a message. */
export function quoted(text: string): string {
  return printable(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
