/**
 * Requests that the process serves over HTTP/1.
 *
 * An aborted request never publishes `http.server.response.finish`: counting on it alone leaks the requests under way
 * and loses the slowest. So each connection knows the responses it still owes, and those that are left when it closes
 * were aborted. One listener a connection, none a request; no request allocates but for its own two fields.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ServerRequests, serverTables } from '../http-red.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { shielded } from '../shield.ts';
import { subscribeAll } from '../subscriptions.ts';

const kConnection = Symbol('codoperf.connection');
const kBegun = Symbol('codoperf.begun');
const kNext = Symbol('codoperf.next');

/** Responses that a connection owes: one, or with pipelining a queue, as they leave in the order of their requests. */
interface Connection {
  head: Response | undefined;
  tail: Response | undefined;
}

type Response = ServerResponse & {
  /** Milliseconds of `performance.now()`, or -1 when it is over. */
  [kBegun]?: number;
  [kNext]?: Response;
};

interface Message {
  readonly request: IncomingMessage;
  readonly response: Response;
  readonly socket: Socket & { [kConnection]?: Connection };
}

class Watch {
  readonly requests = new ServerRequests();
  private readonly sockets = new Set<Message['socket']>();
  private readonly onClose: (this: Message['socket']) => void;

  constructor() {
    const close = shielded('http.server: close', (socket: Message['socket']) => this.close(socket));
    this.onClose = function onClose() {
      close(this);
    };
  }

  start({ response, socket }: Message): void {
    const connection = socket[kConnection] ?? this.adopt(socket);
    if (connection === undefined) return;
    response[kBegun] = performance.now();
    if (connection.tail === undefined) connection.head = response;
    else connection.tail[kNext] = response;
    connection.tail = response;
    this.requests.active++;
  }

  finish({ request, response, socket }: Message): void {
    const begun = response[kBegun];
    // One that began before the agent was there, or that its connection has given up.
    if (begun === undefined || begun < 0) return;
    response[kBegun] = -1;
    this.requests.end(performance.now() - begun, request.method, response.statusCode, false);
    const connection = socket[kConnection] as Connection;
    while (connection.head !== undefined && connection.head[kBegun] === -1) connection.head = connection.head[kNext];
    if (connection.head === undefined) connection.tail = undefined;
  }

  stop(): void {
    for (const socket of this.sockets) {
      socket.off('close', this.onClose);
      socket[kConnection] = undefined;
    }
    this.sockets.clear();
  }

  private adopt(socket: Message['socket']): Connection | undefined {
    // A request that was read in the moment in which its connection closed is never answered, and nothing tells its end.
    if (socket.closed) return undefined;
    const connection = { head: undefined, tail: undefined };
    socket[kConnection] = connection;
    this.sockets.add(socket);
    socket.on('close', this.onClose);
    return connection;
  }

  private close(socket: Message['socket']): void {
    this.sockets.delete(socket);
    const now = performance.now();
    for (let response = socket[kConnection]?.head; response !== undefined; response = response[kNext]) {
      const begun = response[kBegun] as number;
      if (begun < 0) continue;
      response[kBegun] = -1;
      const status = response.headersSent ? response.statusCode : 0;
      this.requests.end(now - begun, response.req.method, status, true);
    }
    socket[kConnection] = undefined;
  }
}

function start(): RunningProbe {
  const watch = new Watch();
  const unsubscribe = subscribeAll({
    'http.server.request.start': (message: Message) => watch.start(message),
    'http.server.response.finish': (message: Message) => watch.finish(message),
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
  name: 'http-server',
  help: 'Requests that the process serves over HTTP/1.1 and 1.0 (node:http, node:https and what builds on them).',
  scope: 'thread',
  tables: serverTables('1.1'),
  start,
} satisfies Probe;
