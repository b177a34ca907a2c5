import fs from 'node:fs';
import { CodoperfError } from '../../core/errors.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { processScan } from '../process/scan.ts';
import { factsSpec, groupSpec, infoSpec, processSpec } from '../process/specs.ts';

/** CPU time of processes comes in ticks of 10 ms, and reading them all is most of a sample's cost. */
const MIN_INTERVAL_SECONDS = 1;

function open(context: CollectContext): Reader {
  const { procfs } = context.paths;
  for (const pid of context.pids ?? []) {
    if (!fs.existsSync(`${procfs}/${pid}/stat`)) throw new CodoperfError('PROCESS_NOT_FOUND', { pid, procfs });
  }
  const scan = processScan(context);
  return {
    tables: [scan.processes, scan.groupTable, scan.info, scan.facts],
    read: () => scan.read(),
    close: () => scan.close(),
  };
}

export default {
  name: 'process',
  enabledByDefault: true,
  help: 'Every process, and processes of one name together (/proc/<pid>).',
  tables: [processSpec, groupSpec, infoSpec, factsSpec],
  minIntervalSeconds: MIN_INTERVAL_SECONDS,
  open,
} satisfies Collector;
