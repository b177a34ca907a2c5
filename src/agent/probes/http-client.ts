/**
 * Requests that the process makes through `node:http` and `node:https`, from their creation (Node.js 22 and later; their
 * sending before) to the end of the response.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { abortedError, ClientRequests, clientTables, errorOf } from '../http-red.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { shielded } from '../shield.ts';
import { subscribeAll } from '../subscriptions.ts';

const kBegun = Symbol('codoperf.begun');
const kError = Symbol('codoperf.error');
const SWITCHING = 101;

type BornSocket = Socket & { [kBegun]?: number };

type Request = Omit<ClientRequest, 'socket'> & {
  readonly socket: BornSocket | null;
  res?: IncomingMessage;
  [kBegun]?: number;
  [kError]?: number;
};

class Watch {
  readonly requests = new ClientRequests();
  private isStopped = false;
  private readonly onClose: (this: Request) => void;

  constructor() {
    const close = shielded('http.client: close', (request: Request) => this.close(request));
    this.onClose = function onClose() {
      close(this);
    };
  }

  begin(request: Request, begun = performance.now()): void {
    if (request[kBegun] !== undefined) return;
    request[kBegun] = begun;
    this.requests.active++;
    request.on('close', this.onClose);
  }

  fail(request: Request, error: unknown): void {
    // Before Node.js 22, one that fails before it is sent is only known by the connection that was made for it.
    const born = request.socket?.[kBegun];
    if (request[kBegun] === undefined && born !== undefined && !request.reusedSocket) this.begin(request, born);
    // The program has destroyed it: "socket hang up" is then what it did itself.
    request[kError] ??= request.destroyed && isHangUp(error) ? abortedError : errorOf(error);
  }

  stop(): void {
    this.isStopped = true;
  }

  private close(request: Request): void {
    const begun = request[kBegun] as number;
    if (this.isStopped || begun < 0) return;
    request[kBegun] = -1;
    const response = request.res;
    this.requests.end(
      performance.now() - begun,
      request.method,
      response?.statusCode ?? 0,
      request[kError] ?? (isWhole(request, response) ? 0 : abortedError),
      request.host,
    );
  }
}

function isHangUp(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ECONNRESET';
}

function isWhole(request: Request, response: IncomingMessage | undefined): boolean {
  if (response === undefined) return false;
  return response.complete || response.statusCode === SWITCHING || request.method === 'CONNECT';
}

function start(): RunningProbe {
  const watch = new Watch();
  const unsubscribe = subscribeAll({
    'http.client.request.created': ({ request }: { request: Request }) => watch.begin(request),
    'http.client.request.start': ({ request }: { request: Request }) => watch.begin(request),
    'http.client.request.error': ({ request, error }: { request: Request; error: unknown }) => {
      watch.fail(request, error);
    },
    'net.client.socket': ({ socket }: { socket: BornSocket }) => {
      socket[kBegun] = performance.now();
    },
  });
  return {
    read: (emit) => watch.requests.emit(emit),
    stop() {
      unsubscribe();
      watch.stop();
    },
  };
}

export default {
  name: 'http-client',
  help: 'Requests that the process makes through node:http and node:https.',
  scope: 'thread',
  tables: clientTables('http'),
  start,
} satisfies Probe;
