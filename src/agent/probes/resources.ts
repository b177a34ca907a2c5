/**
 * What keeps the event loop alive, by type. Jobs of libuv's pool are not among it (eight `pbkdf2` show as nothing at
 * all): see `threadpool`. The agent's own are left out.
 */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Column } from '../../core/metric.ts';
import { ownResources } from '../own-resources.ts';
import type { Probe, RunningProbe } from '../probe.ts';

/** Share of the time that the lists may cost: they grow with the number of sockets, and the next read waits. */
const SHARE = 1 / 500;
/** Milliseconds that they may cost at each read. */
const CHEAP_MS = 5;
/** Types are names of classes inside Node.js, about 30. */
const MOST_TYPES = 64;

function count(metric: string, help: string): Column {
  return { metric, type: 'gauge', unit: 'count', help };
}

/** Not in the types of Node.js, but what prom-client reads. */
type Lists = typeof process & {
  _getActiveHandles?: () => readonly unknown[];
  _getActiveRequests?: () => readonly unknown[];
};

interface Counts {
  readonly byType: ReadonlyMap<string, number>;
  readonly totals: readonly number[];
}

function look(): Counts {
  const byType = new Map<string, number>();
  let total = 0;
  for (const type of process.getActiveResourcesInfo()) {
    if (byType.has(type) || byType.size < MOST_TYPES) byType.set(type, (byType.get(type) ?? -ownResources(type)) + 1);
    total++;
  }
  const { _getActiveHandles: handles, _getActiveRequests: requests } = process as Lists;
  const ownRequests = ownResources('FSReqCallback');
  total -= ownRequests + ownResources('Immediate');
  const totals = [total, handles?.().length ?? Number.NaN, (requests?.().length ?? Number.NaN) - ownRequests];
  return { byType, totals };
}

function start(): RunningProbe {
  let counts: Counts | undefined;
  let againAt = 0;
  return {
    read(emit) {
      const now = performance.now();
      if (counts === undefined || now >= againAt) {
        counts = look();
        const cost = performance.now() - now;
        againAt = cost < CHEAP_MS ? 0 : now + cost / SHARE;
      }
      for (const [type, number] of counts.byType) if (number > 0) emit('types', [type], [number]);
      emit('totals', [], counts.totals);
    },
    stop() {},
  };
}

export default {
  name: 'resources',
  help: 'What keeps the event loop alive: sockets, timers, requests under way. Read less often when there is very much of it.',
  scope: 'thread',
  tables: [
    {
      name: 'types',
      labels: ['type'],
      columns: [count('nodejs_active_resources', 'Resources that keep the event loop alive, by type.')],
    },
    {
      name: 'totals',
      labels: [],
      columns: [
        count('nodejs_active_resources_total', 'Resources that keep the event loop alive.'),
        count('nodejs_active_handles_total', 'Handles of libuv that keep the event loop alive, without timers.'),
        count('nodejs_active_requests_total', 'Requests to libuv under way, without the jobs of crypto and zlib.'),
      ],
    },
  ],
  start,
} satisfies Probe;
