/**
 * Requests that the process serves over HTTP/2, the compatibility layer included. Node.js 22 and later: older versions
 * publish nothing about them.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { ServerRequests, serverTables } from '../http-red.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { subscribeAll } from '../subscriptions.ts';

const SINCE = 22;
const kBegun = Symbol('codoperf.begun');
const kMethod = Symbol('codoperf.method');

type Stream = ServerHttp2Stream & { [kBegun]?: number; [kMethod]?: string };

interface Message {
  readonly stream: Stream;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

function begin(requests: ServerRequests, { stream, headers }: Message): void {
  // Streams of the server's own have even numbers: nobody asked for what they push.
  if (stream.id !== undefined && stream.id % 2 === 0) return;
  stream[kBegun] = performance.now();
  stream[kMethod] = headers[':method'];
  requests.active++;
}

function end(requests: ServerRequests, { stream }: Message): void {
  const begun = stream[kBegun];
  if (begun === undefined || begun < 0) return;
  stream[kBegun] = -1;
  const status = Number(stream.sentHeaders?.[':status'] ?? 0);
  // Reset although the response was whole, but not yet sent.
  const isCutShort = stream.rstCode !== 0 && !stream.writableFinished;
  requests.end(performance.now() - begun, stream[kMethod], status, stream.aborted || isCutShort);
}

function start(): RunningProbe {
  const requests = new ServerRequests();
  const unsubscribe = subscribeAll({
    'http2.server.stream.start': (message: Message) => begin(requests, message),
    'http2.server.stream.close': (message: Message) => end(requests, message),
  });
  return { read: (emit) => requests.emit(emit), stop: unsubscribe };
}

export default {
  name: 'http2-server',
  help: 'Requests that the process serves over HTTP/2 (node:http2; Node.js 22 and later).',
  scope: 'thread',
  tables: serverTables('2'),
  supported: () => Number(process.versions.node.split('.')[0]) >= SINCE,
  start,
} satisfies Probe;
