/** Requests that the process makes through `fetch` or the package `undici`, which publish on the same channels. */
import { performance } from 'node:perf_hooks';
import { ClientRequests, clientTables, errorOf } from '../http-red.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { subscribeAll } from '../subscriptions.ts';

const kBegun = Symbol('codoperf.begun');
const kStatus = Symbol('codoperf.status');

/** The part of undici's `Request` that is used. */
interface Request {
  readonly method: string;
  readonly origin?: string | URL;
  /** A request for another protocol (WebSocket) never publishes its end. */
  readonly upgrade?: unknown;
  [kBegun]?: number;
  [kStatus]?: number;
}

interface Message {
  readonly request: Request;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

function begin(requests: ClientRequests, request: Request): void {
  if (request.upgrade || request.method === 'CONNECT') return;
  request[kBegun] = performance.now();
  requests.active++;
}

function end(requests: ClientRequests, request: Request, error: number): void {
  const begun = request[kBegun];
  if (begun === undefined || begun < 0) return;
  request[kBegun] = -1;
  requests.end(performance.now() - begun, request.method, request[kStatus] ?? 0, error, hostOf(request.origin));
}

/** `new URL` costs a microsecond, and a program has few origins. */
const hosts = new Map<string, string>();
const MOST_ORIGINS = 100;

function hostOf(origin: string | URL | undefined): string {
  if (typeof origin !== 'string') return origin?.hostname ?? '';
  const known = hosts.get(origin);
  if (known !== undefined) return known;
  const host = URL.canParse(origin) ? new URL(origin).hostname : '';
  if (hosts.size < MOST_ORIGINS) hosts.set(origin, host);
  return host;
}

function start(): RunningProbe {
  const requests = new ClientRequests();
  const unsubscribe = subscribeAll({
    'undici:request:create': ({ request }: Message) => begin(requests, request),
    'undici:request:headers': ({ request, response }: Message) => {
      request[kStatus] = response?.statusCode;
    },
    'undici:request:trailers': ({ request }: Message) => end(requests, request, 0),
    'undici:request:error': ({ request, error }: Message) => end(requests, request, errorOf(error)),
  });
  return { read: (emit) => requests.emit(emit), stop: unsubscribe };
}

export default {
  name: 'fetch',
  help: 'Requests that the process makes through fetch (undici).',
  scope: 'thread',
  tables: clientTables('fetch'),
  start,
} satisfies Probe;
