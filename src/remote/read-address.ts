/** Where a server is and how to log in there. */
import { CodoperfError } from '../core/errors.ts';

/** A server as the user named it. */
export interface RemoteAddress {
  /** Without a slash at the end, without user and password. */
  readonly base: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** What the errors of this folder call such a server. */
export const KIND = 'Prometheus-compatible';
/** What people copy from a browser or a manual along with the base address. */
const API_PATH = /\/(?:api\/v1(?:\/query(?:_range)?)?|graph|query)?\/*$/;

/** Reads an address. Throws BAD_SERVER_ADDRESS, which never shows a password. */
export function parseRemoteUrl(text: string): RemoteAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const bare = /^[\w.-]+(?::\d+)?(?:\/|$)/.test(text) ? ` Write http://${text}, or https://${text}.` : '';
    throw bad(text, 'it is no http:// or https:// URL', `Give the base address of the server.${bare}`);
  }
  // A password with one of these ends the host early: its beginning would be taken for a host and shown.
  if (`${url.pathname}${url.search}`.includes('@') || url.hash !== '')
    throw bad(text, 'it has an @ or # where none belongs', 'Escape such characters of a password with %40 and %23.');
  if (url.search !== '') throw bad(text, 'it has a query', 'Leave out what begins with the question mark.');
  return {
    base: `${url.protocol}//${url.host}${url.pathname.replace(API_PATH, '')}`,
    user: url.username === '' ? undefined : decoded(url.username),
    password: url.password === '' ? undefined : decoded(url.password),
  };
}

/** As it may be shown: what stands before the last @ is a login, and a query may hold a token. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/.*@/s, '//***@').replace(/[?#].*$/s, '');
}

function bad(text: string, detail: string, fix: string): CodoperfError {
  return new CodoperfError('BAD_SERVER_ADDRESS', { address: withoutSecrets(text), kind: KIND, detail, fix });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A % that escapes nothing stands for itself.
  }
}
