import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { pageBytes } from '../page-size.ts';

const COLON = 0x3a;

interface Field {
  readonly name: string;
  readonly unit: 'count' | 'bytes';
  readonly help: string;
}

/** The fields of a protocol that node_exporter knows; `mem` counts pages, `memory` bytes. */
const fields: readonly Field[] = [
  { name: 'inuse', unit: 'count', help: 'sockets that are bound or connected' },
  { name: 'orphan', unit: 'count', help: 'sockets that no process holds any more' },
  { name: 'tw', unit: 'count', help: 'sockets in TIME_WAIT' },
  { name: 'alloc', unit: 'count', help: 'sockets in any state' },
  { name: 'mem', unit: 'count', help: 'pages of memory in socket buffers' },
  { name: 'memory', unit: 'bytes', help: 'bytes of memory in reassembly queues' },
  { name: 'mem_bytes', unit: 'bytes', help: 'bytes of memory in socket buffers' },
];
const MEM = 4;
const MEM_BYTES = 6;

/** `TCP_inuse` is a figure; a protocol's name is what stands before the last field name. */
function describe(key: string): Column | null {
  if (key === 'sockets_used') {
    return {
      metric: 'node_sockstat_sockets_used',
      type: 'gauge',
      unit: 'count',
      help: 'Sockets of every family in use.',
    };
  }
  const field = fields.find(({ name }) => key.endsWith(`_${name}`));
  if (field === undefined || !/^[A-Za-z0-9]\w*$/.test(key)) return null;
  const protocol = key.slice(0, -field.name.length - 1);
  return { metric: `node_sockstat_${key}`, type: 'gauge', unit: field.unit, help: `${protocol}: ${field.help}.` };
}

const documented = ['sockets_used', ...fields.map(({ name }) => `PROTOCOL_${name}`)].map(
  (key) => describe(key) as Column,
);

const version4: TableSpec = { name: 'sockstat', labels: [], columns: [], describe, documented };
const version6: TableSpec = { name: 'sockstat6', labels: [], columns: [], describe, documented: documented.slice(1) };

const UNKNOWN_SLOT = -2;

interface Protocol {
  readonly name: string;
  /** Slot of each of `fields` in the table; -1 when it is left out. */
  readonly slots: Int32Array;
}

/** A parser of one of the two files that keeps the slots of its figures from sample to sample. */
export class SockstatParser {
  private readonly table: Table;
  private readonly hasTotal: boolean;
  private readonly page: number;
  private protocols: Protocol[] = [];
  private layout = 0;

  /** `hasTotal`: the file's `sockets:` line counts (node_exporter takes it from the first file only). */
  constructor(table: Table, hasTotal: boolean, page: number) {
    this.table = table;
    this.hasTotal = hasTotal;
    this.page = page;
  }

  /**
   * `/proc/net/sockstat{,6}`: `PROTOCOL: field number field number ...`; fields that we do not know
   * are left out. `man 5 proc_pid_net`, net/ipv4/proc.c
   */
  parse(scan: Scanner): void {
    if (this.layout !== this.table.layout) this.protocols = [];
    let line = 0;
    do {
      if (!scan.word() || scan.buf[scan.wordEnd - 1] !== COLON) continue;
      scan.wordEnd--;
      if (scan.wordIs('sockets')) this.parseTotal(scan);
      else this.parseProtocol(scan, this.protocolAt(line++, scan));
    } while (scan.nextLine());
    this.layout = this.table.layout;
  }

  private parseTotal(scan: Scanner): void {
    if (!this.hasTotal || !scan.word() || !scan.wordIs('used')) return;
    const used = scan.int();
    if (!Number.isNaN(used)) this.table.values[this.table.slot('sockets_used')] = used;
  }

  private parseProtocol(scan: Scanner, protocol: Protocol): void {
    while (scan.word()) {
      const field = knownField(scan);
      const value = scan.int();
      if (Number.isNaN(value)) return;
      if (field < 0) continue;
      this.set(protocol, field, value);
      if (field === MEM) this.set(protocol, MEM_BYTES, value * this.page);
    }
  }

  private set({ name, slots }: Protocol, field: number, value: number): void {
    if (slots[field] === UNKNOWN_SLOT) slots[field] = this.table.slot(`${name}_${fields[field].name}`);
    const slot = slots[field];
    if (slot < 0) return;
    this.table.touch(slot);
    this.table.values[slot] = value;
  }

  /** The protocol of a line is nearly always the one that stood there in the sample before. */
  private protocolAt(line: number, scan: Scanner): Protocol {
    const { protocols } = this;
    if (line < protocols.length && scan.wordIs(protocols[line].name)) return protocols[line];
    const slots = new Int32Array(fields.length).fill(UNKNOWN_SLOT);
    return (protocols[line] = { name: scan.text(scan.wordStart, scan.wordEnd), slots });
  }
}

function knownField(scan: Scanner): number {
  for (let i = 0; i < MEM_BYTES; i++) if (scan.wordIs(fields[i].name)) return i;
  return -1;
}

interface Source {
  readonly file: PseudoFile;
  readonly table: Table;
  readonly parser: SockstatParser;
}

function open({ files, paths }: CollectContext): Reader {
  const scan = new Scanner();
  const source = (name: string, table: Table, hasTotal: boolean): Source => ({
    file: files.file(`${paths.procfs}/net/${name}`),
    table,
    parser: new SockstatParser(table, hasTotal, pageBytes()),
  });
  const first = source('sockstat', new Table(version4), true);
  const second = source('sockstat6', new Table(version6), false);

  function refill({ file, table, parser }: Source): void {
    if (!file.tryRead() && file.found && table.anyPresent()) return;
    table.begin();
    scan.reset(file.buf, file.length);
    parser.parse(scan);
    table.commit();
  }

  return {
    tables: [first.table, second.table],
    read() {
      refill(first);
      refill(second);
      if (first.table.anyPresent() || second.table.anyPresent()) return;
      // Answers with the failure of this sample's attempt, when that is why there is nothing.
      first.file.read();
      throw new Unavailable('broken', `${first.file.path} holds no figures`);
    },
  };
}

export default {
  name: 'sockstat',
  enabledByDefault: true,
  minIntervalSeconds: 1,
  help: 'Sockets in use and their memory, by protocol (/proc/net/sockstat and sockstat6).',
  tables: [version4, version6],
  open,
} satisfies Collector;
