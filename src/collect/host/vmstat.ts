import type { Column, TableSpec } from '../../core/metric.ts';
import { KeyOrder } from '../../core/key-order.ts';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { openSingleFile } from '../single-file.ts';

/** node_exporter's default filter: out-of-memory kills, paging, swapping, faults. All of them only count up. */
const kept = /^(?:oom_kill|pgpg|pswp|pg\w*fault)\w*$/;

function describeField(key: string): Column {
  return {
    metric: `node_vmstat_${key}`,
    type: 'untyped',
    unit: 'count',
    help: `${key} of /proc/vmstat, counted since boot.`,
    cumulative: true,
  };
}

const spec: TableSpec = {
  name: 'vmstat',
  labels: [],
  columns: [],
  describe: (key) => (kept.test(key) ? describeField(key) : null),
  documented: [describeField('*')],
};

/** More keys than the filter can keep. */
const MOST_KEYS = 64;

/** `/proc/vmstat`: `name number` a line. https://docs.kernel.org/admin-guide/mm/index.html */
export class VmstatParser {
  private readonly order = new KeyOrder<number>();
  private readonly places = new Int32Array(MOST_KEYS);

  /** Refills the table from the bytes of the scanner. */
  parse(scan: Scanner, table: Table): void {
    const { order, places } = this;
    if (!order.locate(scan, places)) {
      this.parseAll(scan, table);
      return;
    }
    for (let i = 0; i < order.size; i++) {
      scan.pos = places[i];
      const slot = order.at(i);
      table.touch(slot);
      table.values[slot] = scan.uint();
    }
  }

  private parseAll(scan: Scanner, table: Table): void {
    const { order } = this;
    order.begin();
    do {
      if (!scan.word()) continue;
      const { wordStart, wordEnd } = scan;
      const value = scan.uint();
      if (Number.isNaN(value)) continue;
      const slot = table.at(scan.buf, wordStart, wordEnd);
      if (slot < 0) continue;
      table.values[slot] = value;
      order.add(scan, wordStart, wordEnd, slot);
    } while (scan.nextLine());
    order.end();
  }
}

function open(context: CollectContext): Reader {
  const parser = new VmstatParser();
  const parse = (scan: Scanner, table: Table): void => parser.parse(scan, table);
  return openSingleFile(context, { file: 'vmstat', spec, parse, broken: 'holds no figures' });
}

export default {
  name: 'vmstat',
  enabledByDefault: true,
  help: 'Faults, paging, swapping and out-of-memory kills (/proc/vmstat).',
  tables: [spec],
  open,
} satisfies Collector;
