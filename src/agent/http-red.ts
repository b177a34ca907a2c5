/**
 * What the HTTP probes share: requests under way and durations by labels, under the names of OpenTelemetry's Prometheus
 * exporter. Every label has a bounded set of values, and so has their combination.
 */
import type { Column, TableSpec } from '../core/metric.ts';
import { Histogram, histogramColumns, httpSecondsBounds } from '../core/histogram.ts';
import type { Emit } from './probe.ts';

/** Label of a request whose client or server went away, or that the program gave up. */
const ABORTED = 'aborted';
const MS_PER_SECOND = 1000;
/** Combinations of labels that are told apart; what comes later is counted together. */
const MOST_SERIES = 500;
const LARGEST_STATUS = 599;

/** `_OTHER` stands for everything that is not well known, as OpenTelemetry has it. */
const methods = ['_OTHER', 'CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'] as const;
const methodIndex = new Map<string | undefined, number>(methods.map((method, index) => [method, index]));

/** Codes of errors that are told apart; index 0 is none, 1 any other. */
const errors: readonly string[] = [
  '',
  '_OTHER',
  ABORTED,
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ETIMEDOUT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'TimeoutError',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
];
const errorIndex = new Map<unknown, number>(errors.map((error, index) => [error, index]));
/** How those say that the program itself gave up. */
for (const code of ['ABORT_ERR', 'UND_ERR_ABORTED', 'AbortError']) errorIndex.set(code, errors.indexOf(ABORTED));

/** Index of the error with this `code`, or this name when it has none. */
export function errorOf(error: unknown): number {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return errorIndex.get(code) ?? errorIndex.get(name) ?? 1;
}

/** Index of "the other side went away, or the program gave up". */
export const abortedError = errors.indexOf(ABORTED);

/** Durations by labels. Counting allocates nothing but for a combination that comes up first. */
class Durations {
  private readonly series = new Map<number, { readonly labels: readonly string[]; readonly histogram: Histogram }>();
  private readonly labelsOf: (method: string, status: string, error: string, more: number) => readonly string[];

  constructor(labelsOf: (method: string, status: string, error: string, more: number) => readonly string[]) {
    this.labelsOf = labelsOf;
  }

  /** One that took `ms`; `status` 0 is none, `error` an index of `errors`, `more` is handed to `labelsOf`. */
  add(ms: number, method: string | undefined, status: number, error: number, more = 0): void {
    const known = status >= 100 && status <= LARGEST_STATUS ? status : 0;
    const verb = methodIndex.get(method) ?? 0;
    const key = ((more * methods.length + verb) * (LARGEST_STATUS + 1) + known) * errors.length + error;
    let series = this.series.get(key);
    if (series === undefined) {
      series = this.make(key, methods[verb], known, errors[error], more);
    }
    series.histogram.add(ms / MS_PER_SECOND);
  }

  emit(emit: Emit): void {
    for (const { labels, histogram } of this.series.values()) emit('durations', labels, histogram.figures());
  }

  private make(key: number, method: string, status: number, error: string, more: number) {
    const isFull = this.series.size >= MOST_SERIES;
    const at = isFull ? -1 : key;
    const known = this.series.get(at);
    if (known !== undefined) return known;
    const code = status === 0 ? '' : String(status);
    const labels = isFull ? this.labelsOf(methods[0], '', errors[1], -1) : this.labelsOf(method, code, error, more);
    const series = { labels, histogram: new Histogram(httpSecondsBounds) };
    this.series.set(at, series);
    return series;
  }
}

function tables(side: 'client' | 'server', more: readonly string[], labels: Record<string, string>): TableSpec[] {
  const help = side === 'server' ? 'requests that this process serves' : 'requests that this process makes';
  const active: Column = {
    metric: `http_${side}_active_requests`,
    type: 'gauge',
    unit: 'count',
    help: `HTTP ${help}, under way now.`,
    labels,
  };
  return [
    {
      name: 'durations',
      labels: ['http_request_method', 'http_response_status_code', 'error_type', ...more],
      omitsEmptyLabels: true,
      bornAtZero: true,
      columns: histogramColumns(
        `http_${side}_request_duration_seconds`,
        'seconds',
        `Duration of HTTP ${help}, to the end of the response. Those that were given up have error_type "aborted".`,
        httpSecondsBounds,
        labels,
      ),
    },
    { name: 'active', labels: [], columns: [active] },
  ];
}

/** Tables of a probe of requests that the process serves, of one version of the protocol: `1.1` or `2`. */
export function serverTables(version: string): TableSpec[] {
  return tables('server', [], { network_protocol_version: version });
}

/** Tables of a probe of requests that the process makes, through `http` or `fetch`. */
export function clientTables(client: string): TableSpec[] {
  return tables('client', ['server_address'], { client });
}

const FIRST_SERVER_ERROR = 500;

/** Requests that the process serves. */
export class ServerRequests {
  active = 0;
  private readonly durations = new Durations((method, status, error) => {
    const isFailure = error === '' && Number(status) >= FIRST_SERVER_ERROR;
    return [method, status, isFailure ? status : error];
  });

  /** One that was counted in `active` is over after `ms`; `status` 0: no response had begun. */
  end(ms: number, method: string | undefined, status: number, isAborted: boolean): void {
    this.active--;
    this.durations.add(ms, method, status, isAborted ? abortedError : 0);
  }

  emit(emit: Emit): void {
    this.durations.emit(emit);
    emit('active', [], [this.active]);
  }
}

/** Servers that are told apart. */
const MOST_HOSTS = 32;
const LONGEST_HOST = 255;
const OTHER_HOST = '(other)';

/** Requests that the process makes. */
export class ClientRequests {
  active = 0;
  private readonly hosts = new Map<string, number>();
  private readonly names: string[] = [];
  private readonly durations = new Durations((method, status, error, host) => {
    const isFailure = error === '' && Number(status) >= FIRST_CLIENT_ERROR;
    return [method, status, isFailure ? status : error, this.names[host] ?? OTHER_HOST];
  });

  /** One that was counted in `active` is over after `ms`; `status` 0: no response came; `error` as of `errorOf`. */
  end(ms: number, method: string | undefined, status: number, error: number, host: string): void {
    this.active--;
    this.durations.add(ms, method, status, error, this.hostIndex(host));
  }

  emit(emit: Emit): void {
    this.durations.emit(emit);
    emit('active', [], [this.active]);
  }

  private hostIndex(host: string): number {
    const index = this.hosts.get(host);
    if (index !== undefined) return index;
    if (this.hosts.size >= MOST_HOSTS || host === '' || host.length > LONGEST_HOST) return MOST_HOSTS;
    this.hosts.set(host, this.names.length);
    return this.names.push(host) - 1;
  }
}

/** OpenTelemetry: for a client, a 4xx is an error too. */
const FIRST_CLIENT_ERROR = 400;
