import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { processScan } from '../process/scan.ts';
import { T, stateLetters, totalsSpec } from '../process/specs.ts';

const MIN_INTERVAL_SECONDS = 1;
const stateColumns = new Map(stateLetters.map((letter, i) => [letter.charCodeAt(0), T.states + i]));

function open(context: CollectContext): Reader {
  const { procfs } = context.paths;
  const scan = processScan(context);
  const table = new Table(totalsSpec);
  const numbers = new Scanner();
  const pidMax = context.files.file(`${procfs}/sys/kernel/pid_max`);
  const threadsMax = context.files.file(`${procfs}/sys/kernel/threads-max`);

  function readNumber(file: PseudoFile): number {
    file.tryRead();
    numbers.reset(file.buf, file.length);
    return numbers.uint();
  }

  /** Only states that some process is in are shown, as node_exporter does. */
  function count(values: Float64Array): void {
    let threads = 0;
    for (const one of scan.all.values()) {
      if (!Number.isNaN(one.threads)) threads += one.threads;
      const column = stateColumns.get(one.state);
      if (column !== undefined) values[column] = Number.isNaN(values[column]) ? 1 : values[column] + 1;
    }
    values[T.pids] = scan.all.size;
    values[T.threads] = threads;
  }

  return {
    tables: [table],
    read() {
      scan.read();
      table.begin();
      table.single();
      // The processes that a user named are not all there are, so there is nothing to total.
      if (!scan.restricted) count(table.values);
      table.values[T.maxProcesses] = readNumber(pidMax);
      table.values[T.maxThreads] = readNumber(threadsMax);
      table.commit();
    },
    close: () => scan.close(),
  };
}

export default {
  name: 'processes',
  enabledByDefault: false,
  help: 'Numbers of processes and threads, and their limits (/proc).',
  tables: [totalsSpec],
  minIntervalSeconds: MIN_INTERVAL_SECONDS,
  open,
} satisfies Collector;
