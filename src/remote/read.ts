/** PromQL over HTTP: any server that speaks Prometheus's API (Prometheus, VictoriaMetrics, Mimir, Thanos) as a querier. */
import { CodoperfError } from '../core/errors.ts';
import type { Querier, QueryOptions, QueryResult } from '../core/querier.ts';
import { parseRemoteUrl } from './read-address.ts';
import { parsedObject, queryResultIn, refusalIn, StrangeAnswer } from './read-answer.ts';
import type { Endpoint, Reply } from './read-exchange.ts';
import { refusal, strangeAnswer } from './read-failure.ts';
import { ask } from './read-http.ts';

/** How to reach the server. */
export interface RemoteOptions {
  /** Base address, with a path where there is one (`https://host/prometheus`); it may hold user and password. */
  readonly url: string;
  /** Sent with every request: `Authorization`, `X-Scope-OrgID` … */
  readonly headers?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly password?: string;
  /** Bearer token. */
  readonly token?: string;
  /** Time for one answer. Default: 30,000. */
  readonly timeoutMs?: number;
  /** Size of one answer after decompression. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** Changes every expression before it is sent, such as `onInstance` of `query/promql/instance.ts` does. */
  readonly rewrite?: (expr: string) => string;
}

/** Who the server says it is. */
export interface RemoteServer {
  readonly product: 'prometheus' | 'victoriametrics' | 'mimir' | 'unknown';
  readonly version: string | null;
}

/** A server that answers queries; what fails throws a `CodoperfError`. */
export interface RemoteQuerier extends Querier {
  /** Address as it may be shown: without user, password and query. */
  readonly name: string;
  /** Asks who it is, once; never throws for a server that does not tell. */
  server(): Promise<RemoteServer>;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const BUILDINFO_BYTES = 64 * 1024;

/** A querier over a server. Throws BAD_SERVER_ADDRESS; asks nothing yet. */
export function remoteQuerier(options: RemoteOptions): RemoteQuerier {
  return new HttpQuerier(options);
}

class HttpQuerier implements RemoteQuerier {
  readonly name: string;
  private readonly endpoint: Endpoint;
  private readonly rewrite: (expr: string) => string;
  /** Some proxies and old servers take no POST. */
  private method: 'GET' | 'POST' = 'POST';
  private known: Promise<RemoteServer> | undefined;

  constructor(options: RemoteOptions) {
    const { url, timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES, rewrite = (expr) => expr } = options;
    const address = parseRemoteUrl(url);
    this.name = address.base;
    this.rewrite = rewrite;
    this.endpoint = { base: address.base, headers: headersOf(options, address), timeoutMs, maxBytes };
  }

  async instant(expr: string, at_ms: number, { signal }: QueryOptions = {}): Promise<QueryResult> {
    return this.query('query', expr, { time: seconds(at_ms) }, signal);
  }

  async range(
    expr: string,
    start_ms: number,
    end_ms: number,
    step_ms: number,
    { signal }: QueryOptions = {},
  ): Promise<QueryResult> {
    const grid = { start: seconds(start_ms), end: seconds(end_ms), step: seconds(step_ms) };
    return this.query('query_range', expr, grid, signal);
  }

  server(): Promise<RemoteServer> {
    this.known ??= this.askWho();
    return this.known;
  }

  private async query(
    api: 'query' | 'query_range',
    expr: string,
    when: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult> {
    const { endpoint } = this;
    const sent = this.rewrite(expr);
    const timeout = `${Math.max(1, Math.round(endpoint.timeoutMs / 1000))}s`;
    // VictoriaMetrics moves the ends of a range to multiples of its step unless it may not use its cache.
    const parameters = { query: sent, ...when, timeout, nocache: '1' };
    const path = `/api/v1/${api}`;
    let reply = await ask(endpoint, { method: this.method, path, parameters, signal });
    if (this.method === 'POST' && (reply.status === 405 || reply.status === 501)) {
      this.method = 'GET';
      reply = await ask(endpoint, { method: 'GET', path, parameters, signal });
    }
    return resultOf(endpoint, reply, sent);
  }

  private async askWho(): Promise<RemoteServer> {
    const { endpoint } = this;
    const question = { method: 'GET', path: '/api/v1/status/buildinfo', parameters: {}, signal: undefined } as const;
    try {
      return serverIn(await ask({ ...endpoint, maxBytes: BUILDINFO_BYTES }, question));
    } catch (error) {
      if (!(error instanceof CodoperfError)) throw error;
      return { product: 'unknown', version: null };
    }
  }
}

/** Prometheus's times are seconds with a fraction. */
function seconds(ms: number): string {
  return String(Math.round(ms) / 1000);
}

function resultOf(endpoint: Endpoint, reply: Reply, expr: string): QueryResult {
  const answer = parsedObject(reply.text);
  const told = answer === undefined ? undefined : refusalIn(answer);
  if (reply.status !== 200 || told !== undefined) throw refusal(endpoint, reply, told, expr);
  if (answer === undefined) throw strangeAnswer(endpoint, whatElse(reply));
  try {
    return queryResultIn(answer);
  } catch (error) {
    if (!(error instanceof StrangeAnswer)) throw error;
    throw strangeAnswer(endpoint, `it answers with ${error.message}`);
  }
}

function whatElse({ headers, text }: Reply): string {
  const type = headers.get('content-type') ?? '';
  if (/html/i.test(type) || /^\s*</.test(text)) return 'it answers with a page for people (HTML)';
  return text.trim() === '' ? 'it answers with nothing' : 'its answer is no JSON';
}

function headersOf(
  { headers = {}, user, password, token }: RemoteOptions,
  address: { readonly user: string | undefined; readonly password: string | undefined },
): Record<string, string> {
  const own: Record<string, string> = { accept: 'application/json' };
  const login = { user: user ?? address.user, password: password ?? address.password };
  if (token !== undefined) own.authorization = `Bearer ${token}`;
  else if (login.user !== undefined || login.password !== undefined)
    own.authorization = `Basic ${Buffer.from(`${login.user ?? ''}:${login.password ?? ''}`).toString('base64')}`;
  for (const [name, value] of Object.entries(headers)) own[name.toLowerCase()] = value;
  return own;
}

/** Who answers: Mimir says so, VictoriaMetrics says nothing but adds a header of its own to every answer. */
function serverIn({ headers, text, status }: Reply): RemoteServer {
  const data = status === 200 ? parsedObject(text)?.data : undefined;
  const { version, application } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const told = typeof version === 'string' && version !== '' ? version.slice(0, 60) : null;
  if (headers.has('x-server-hostname')) return { product: 'victoriametrics', version: null };
  if (typeof application === 'string' && /mimir/i.test(application)) return { product: 'mimir', version: told };
  return { product: told === null ? 'unknown' : 'prometheus', version: told };
}
