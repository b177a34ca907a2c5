import type { CollectContext, Collector, Reader } from '../collector.ts';
import { NodeTables } from '../node/fill.ts';
import { Gatherer } from '../node/gatherer.ts';
import { nodeSpecs } from '../node/tables.ts';

/** To answer costs the processes something too. */
const MIN_INTERVAL_SECONDS = 1;

function open(context: CollectContext): Reader {
  const gatherer = new Gatherer(context);
  const filled = new NodeTables(gatherer, context.paths.procfs);
  return {
    tables: filled.tables,
    gather: (patienceMs) => gatherer.gather(patienceMs),
    read: () => filled.fill(),
    close: () => gatherer.close(),
  };
}

export default {
  name: 'nodejs',
  enabledByDefault: true,
  help: 'Node.js processes that run the agent (`node --import codoperf/register`), asked over their own sockets, with what /proc tells of their main threads.',
  tables: nodeSpecs,
  minIntervalSeconds: MIN_INTERVAL_SECONDS,
  open,
} satisfies Collector;
