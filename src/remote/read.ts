/** PromQL over HTTP: any server that speaks Prometheus's API (Prometheus, VictoriaMetrics, Mimir, Thanos) as a querier. */
import type { Querier } from '../core/querier.ts';

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
  readonly product: 'prometheus' | 'victoriametrics' | 'mimir' | 'thanos' | 'unknown';
  readonly version: string | null;
}

/** A server that answers queries; what fails throws a `CodoperfError`. */
export interface RemoteQuerier extends Querier {
  /** Address as it may be shown: without user, password and query. */
  readonly name: string;
  /** Asks who it is, once; never throws for a server that does not tell. */
  server(): Promise<RemoteServer>;
}
