import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

/** The kernel prints `unsigned int` counters as `%08x`: 32 bits on every architecture. */
function counter(name: string, help: string): Column {
  return { metric: `node_softnet_${name}_total`, type: 'counter', unit: 'count', help, wrapAt: 2 ** 32 };
}

const spec: TableSpec = {
  name: 'softnet',
  labels: ['cpu'],
  columns: [
    counter('processed', 'Packets that a CPU took from its receive queues.'),
    counter('dropped', 'Packets that a CPU dropped because its backlog was full.'),
    counter('times_squeezed', 'Times that a CPU stopped receiving with packets left, its budget or time used up.'),
    counter('cpu_collision', 'Times that a CPU found the device locked when it wanted to send; 0 on newer kernels.'),
    counter('received_rps', 'Times that another CPU woke this one to process packets.'),
    counter('flow_limit_count', 'Packets dropped because one flow filled more than its share of the backlog.'),
    {
      metric: 'node_softnet_backlog_len',
      type: 'gauge',
      unit: 'count',
      help: 'Packets that wait in the backlog of a CPU.',
    },
  ],
};

/** Where the columns of the table stand in a line. */
const fieldOf = [0, 1, 2, 8, 9, 10, 11];
const CPU_FIELD = 12;
/** The oldest kernels print 9 fields; later ones 10, 11, 13 and 15. */
const FEWEST_FIELDS = 9;
const MOST_CPUS = 65536;

/** A parser of `/proc/net/softnet_stat` that keeps what it needs from sample to sample. */
export class SoftnetParser {
  private readonly fields = new Float64Array(CPU_FIELD + 1);
  private slots: number[] = [];
  private layout = 0;

  /**
   * `/proc/net/softnet_stat`: a line of hexadecimal fields for each online CPU. Before Linux 5.10 the CPU's
   * number is not among them and is taken to be the line's. What a kernel does not print yet is 0, which is
   * what node_exporter means by it and its own test data show.
   * https://docs.kernel.org/networking/scaling.html, net/core/net-procfs.c
   */
  parse(scan: Scanner, table: Table): void {
    let line = -1;
    do {
      const count = this.readFields(scan);
      if (count === 0) continue;
      line++;
      if (count < FEWEST_FIELDS) continue;
      const cpu = count > CPU_FIELD ? this.fields[CPU_FIELD] : line;
      if (cpu >= MOST_CPUS) continue;
      const from = this.slotOf(cpu, table) * table.width;
      for (let i = 0; i < table.width; i++) table.values[from + i] = this.fields[fieldOf[i]];
    } while (scan.nextLine());
  }

  /** Reads the fields of a line that we know of; those it lacks are 0. Returns 0 for garbage. */
  private readFields(scan: Scanner): number {
    const { fields } = this;
    fields.fill(0);
    let count = 0;
    while (count < fields.length && !scan.atLineEnd()) {
      const value = scan.hex();
      if (Number.isNaN(value)) return 0;
      fields[count++] = value;
    }
    return count;
  }

  private slotOf(cpu: number, table: Table): number {
    if (this.layout !== table.layout) {
      this.slots = [];
      this.layout = table.layout;
    }
    const known = this.slots[cpu];
    if (known === undefined) {
      const slot = table.slot(String(cpu));
      // Meeting a new CPU changed the layout by adding a slot, which leaves those we hold as they are.
      this.layout = table.layout;
      this.slots[cpu] = slot;
      return slot;
    }
    table.touch(known);
    return known;
  }
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/net/softnet_stat`);
  const table = new Table(spec);
  const scan = new Scanner();
  const parser = new SoftnetParser();
  return {
    tables: [table],
    read() {
      if (file.read() || !table.anyPresent()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parser.parse(scan, table);
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} holds no figures`);
    },
  };
}

export default {
  name: 'softnet',
  enabledByDefault: true,
  minIntervalSeconds: 1,
  help: 'Packets through the receive path of each CPU (/proc/net/softnet_stat).',
  tables: [spec],
  open,
} satisfies Collector;
