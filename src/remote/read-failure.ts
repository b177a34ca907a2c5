/** What went wrong with a server, as an error of the catalogue: what, why, and what to do. */
import { excerptAt } from '../core/excerpt.ts';
import { CodoperfError, errnoOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { KIND } from './read-address.ts';
import type { Endpoint, Reply } from './read-exchange.ts';

const MAX_TEXT = 300;
const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_OSSL|EPROTO)/;
const ADDRESS_FIX = 'Check the address: it is what stands before /api/v1/query, with a path where there is one.';

/** The request got no answer. */
export function transportError({ base: name, timeoutMs }: Endpoint, error: unknown): Error {
  if (error instanceof CodoperfError) return error;
  if ((error as Error | null)?.name === 'TimeoutError')
    return new CodoperfError('QUERY_SLOW', { name, seconds: timeoutMs / 1000 }, error);
  const cause = causeOf(error);
  const code = errnoOf(cause) ?? '';
  const reason = printable(cause.message).slice(0, MAX_TEXT);
  if (TLS_CODE.test(code)) return new CodoperfError('SERVER_TLS', { name, reason, fix: tlsFix(code) }, error);
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return new CodoperfError('SERVER_OF_OTHER_KIND', { name, kind: KIND, reason: NOT_HTTP, fix: ADDRESS_FIX }, error);
  if (/^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|Z_|UND_ERR_BODY)/.test(code) || /terminated|unexpected end/.test(reason))
    return new CodoperfError('SERVER_DROPPED', { name, when: 'in the middle of its answer' }, error);
  return new CodoperfError('SERVER_UNREACHABLE', { name, reason: named(code, reason) }, error);
}

const NOT_HTTP = 'it does not speak HTTP';

/** `fetch` hides the failure of the connection in its cause; several addresses of a host fail together. */
function causeOf(error: unknown): Error {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const [first] = inner instanceof AggregateError ? (inner.errors as unknown[]) : [inner];
  return first instanceof Error ? first : new Error(String(first));
}

function named(code: string, reason: string): string {
  if (code === 'ENOTFOUND') return 'its name is not known';
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  return reason;
}

function tlsFix(code: string): string {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'The port may not speak TLS: try http://.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Use the name that the certificate is for as the host.';
  if (code === 'CERT_HAS_EXPIRED') return 'Its certificate has to be renewed.';
  return (
    'Name the authority that signed its certificate in NODE_EXTRA_CA_CERTS; the file of this machine is mostly ' +
    '/etc/ssl/certs/ca-certificates.crt.'
  );
}

/** The answer is not the one of this API. */
export function strangeAnswer({ base: name }: Endpoint, reason: string): CodoperfError {
  return new CodoperfError('SERVER_OF_OTHER_KIND', { name, kind: KIND, reason, fix: ADDRESS_FIX });
}

/** What a refusal says in Prometheus's JSON, or in any words. */
export interface Refusal {
  readonly errorType: string;
  readonly message: string;
}

/** The server answered, and did not do what was asked. */
export function refusal(endpoint: Endpoint, reply: Reply, told: Refusal | undefined, expr: string): CodoperfError {
  const { base: name, timeoutMs } = endpoint;
  const { status } = reply;
  const reason = told === undefined ? `HTTP status ${status}` : `${told.message} (HTTP status ${status})`;
  if (status === 401 || status === 403)
    return new CodoperfError('SERVER_AUTH', { name, reason, fix: authFix(endpoint) });
  if (told?.errorType === 'timeout') return new CodoperfError('QUERY_SLOW', { name, seconds: timeoutMs / 1000 });
  if (told !== undefined && (status === 400 || status === 422)) return refusedQuery(told, expr);
  if (status === 404 || status === 405 || (status < 400 && told === undefined))
    return strangeAnswer(endpoint, `it has no query API there (HTTP status ${status})`);
  return new CodoperfError('SERVER_REFUSED', { name, command: 'the query', reason, fix: retryFix(reply) });
}

function authFix({ headers }: Endpoint): string {
  return 'authorization' in headers
    ? 'Check user, password or token, and that they may read.'
    : 'Put user and password, or a token, into a file for --header-file: `Authorization: Bearer …`.';
}

/** Whether the query itself is wrong. Prometheus says where, VictoriaMetrics says that it cannot parse it. */
function refusedQuery({ errorType, message }: Refusal, expr: string): CodoperfError {
  const place = /(\d+):(\d+): parse error: (.*)/s.exec(message);
  if (place !== null) {
    const [, line, column, problem] = place;
    return new CodoperfError('QUERY_SYNTAX', { problem, excerpt: excerptAt(expr, Number(line), Number(column)) });
  }
  // VictoriaMetrics: `error when executing query="…" for (time=…, step=…): …`, with the query in it.
  const problem = message.replace(/^error when executing query=.* for \([^)]*\): /s, '');
  if (/parse error|cannot parse|unparsed data|unknown func/i.test(problem))
    return new CodoperfError('QUERY_SYNTAX', { problem, excerpt: expr });
  if (/too many (?:samples|series|points)|exceed(?:s|ed) (?:the )?(?:max|limit)/i.test(problem))
    return new CodoperfError('QUERY_TOO_LARGE', { problem });
  if (errorType === 'bad_data' || errorType === 'execution' || errorType === '422' || errorType === '400')
    return new CodoperfError('QUERY_FAILED', { problem });
  return new CodoperfError('QUERY_FAILED', { problem: `${errorType}: ${problem}` });
}

function retryFix({ status, headers }: Reply): string {
  const after = Number(headers.get('retry-after'));
  if (status === 429 || status === 503)
    return after > 0 ? `Try again in ${Math.ceil(after)} s.` : 'It has too much to do now: try again in a minute.';
  if (status === 413 || status === 414) return 'The expression is too long for it.';
  return 'See what the server says, and its log.';
}
