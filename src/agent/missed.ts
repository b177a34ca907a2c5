/**
 * Requests that come before the probes are there, which are loaded a moment after the start. The first one is kept,
 * brings the probes, and is given to them.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { guarded } from './guard.ts';

const CHANNELS = [
  'http.server.request.start',
  'undici:request:create',
  ...(Number.parseInt(process.versions.node, 10) >= 22
    ? ['http.client.request.created', 'http2.server.stream.start']
    : ['http.client.request.start']),
];

let missed: { readonly channel: string; readonly message: unknown } | undefined;

/** The message that nobody got, if it is one of `channel`. */
export function missedMessage(channel: string): unknown {
  return missed?.channel === channel ? missed.message : undefined;
}

/** Calls `wake` with the first message, while it can be asked for; gives the function that ends the watch. */
export function onFirstMessage(wake: () => void): () => void {
  const listener = (message: unknown, name: string | symbol): void => {
    missed = { channel: String(name), message };
    guarded('first message', wake);
    missed = undefined;
  };
  for (const channel of CHANNELS) subscribe(channel, listener);
  return () => {
    for (const channel of CHANNELS) unsubscribe(channel, listener);
  };
}
