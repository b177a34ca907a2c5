/** Channels of `node:diagnostics_channel` that a probe listens to, and stops to listen to. */
import diagnostics from 'node:diagnostics_channel';
import { missedMessage } from './missed.ts';
import { shielded } from './shield.ts';

/**
 * Subscribes to each channel; gives the function that ends it. `subscribe` of the module, not of a channel object:
 * that one may be collected, and its subscribers with it.
 */
export function subscribeAll(listeners: Readonly<Record<string, (message: never) => void>>): () => void {
  const shields = Object.entries(listeners).map(([channel, listener]) => {
    return [channel, shielded(channel, listener as (message: unknown) => void)] as const;
  });
  for (const [channel, listener] of shields) {
    const missed = missedMessage(channel);
    if (missed !== undefined) listener(missed);
    diagnostics.subscribe(channel, listener);
  }
  return () => {
    for (const [channel, listener] of shields) diagnostics.unsubscribe(channel, listener);
  };
}
