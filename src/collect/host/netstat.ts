import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

const NEWLINE = 0x0a;

/** What node_exporter exposes by default, by protocol; a protocol's own list comes on top of the first. */
const everyProtocol = /_(InErrors|InErrs)$/;
const byProtocol: readonly RegExp[] = [
  /^Ip_Forwarding$/,
  /^Ip(6|Ext)_(InOctets|OutOctets)$/,
  /^Icmp6?_(InMsgs|OutMsgs)$/,
  /^TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)$/,
  /^Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)$/,
  /^Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors)$/,
];
/** States among the totals of those files. */
const states = new Set(['Ip_Forwarding', 'Tcp_CurrEstab']);

function toColumn(field: string): Column {
  return {
    metric: `node_netstat_${field}`,
    type: 'untyped',
    unit: field.endsWith('Octets') ? 'bytes' : 'count',
    help: `${field.replace('_', ' ')} of the network stack, as in /proc/net/netstat, snmp and snmp6.`,
    cumulative: !states.has(field),
  };
}

/** Keys are `Tcp_InSegs`, or names of `/proc/net/snmp6` such as `Udp6InErrors`, where the 6 ends the protocol. */
function describe(key: string): Column | null {
  const field = key.includes('_') ? key : key.replace('6', '6_');
  if (!/^\w+$/.test(field)) return null;
  return everyProtocol.test(field) || byProtocol.some((pattern) => pattern.test(field)) ? toColumn(field) : null;
}

const spec: TableSpec = {
  name: 'netstat',
  labels: [],
  columns: [],
  describe,
  documented: [toColumn('PROTOCOL_FIELD')],
};

/** What is remembered of one pair of lines for as long as its header stays the same, byte for byte. */
interface Pair {
  /** The header line, without its end. */
  readonly header: Uint8Array;
  /** Length of `Proto:`, the first word of both lines; 0 when the line is no header. */
  readonly protocolBytes: number;
  /** Fields in the line. */
  readonly count: number;
  /** Positions of the fields that we keep, rising, and their slots; set when values were first there. */
  fields: Int32Array | undefined;
  slots: Int32Array;
}

const none = new Int32Array(0);

/** Native, as the headers are thousands of bytes; `compare` of a Buffer takes bounds without a view. */
function sameBytes(buf: Uint8Array, from: number, bytes: Uint8Array, length: number): boolean {
  return Buffer.prototype.compare.call(buf, bytes, 0, length, from, from + length) === 0;
}

function wordsOf(line: Uint8Array): string[] {
  return String.fromCharCode(...line)
    .split(' ')
    .filter(Boolean);
}

function learn(header: Uint8Array): Pair {
  const [first = '', ...names] = wordsOf(header);
  const protocolBytes = first.length > 1 && first.endsWith(':') ? first.length : 0;
  return { header, protocolBytes, count: names.length, fields: undefined, slots: none };
}

/** A parser of one file of header and value lines that remembers where the fields stand. */
export class PairParser {
  private readonly table: Table;
  private readonly pairs: Pair[] = [];
  private layout = 0;

  constructor(table: Table) {
    this.table = table;
  }

  /**
   * `/proc/net/netstat` and `/proc/net/snmp`: pairs of lines, `Proto: name name ...` and
   * `Proto: number number ...`. A pair whose lines do not match gives nothing, as its numbers could be
   * anyone's. https://docs.kernel.org/networking/snmp_counter.html
   */
  parse(scan: Scanner): void {
    // A slot was given or taken since: what we remember may point to another field's.
    if (this.layout !== this.table.layout) this.pairs.length = 0;
    let index = 0;
    while (scan.pos < scan.end) {
      const start = scan.pos;
      const newline = scan.buf.indexOf(NEWLINE, start);
      if (newline < 0 || newline >= scan.end) break;
      const pair = this.pairAt(index++, scan.buf, start, newline);
      scan.pos = newline + 1;
      if (!startsValues(scan, pair)) continue;
      this.readValues(scan, pair);
      scan.nextLine();
    }
    this.layout = this.table.layout;
  }

  private pairAt(index: number, buf: Uint8Array, start: number, end: number): Pair {
    const known = this.pairs[index];
    const length = end - start;
    if (known?.header.length === length && sameBytes(buf, start, known.header, length)) return known;
    // Copied: a slice of a Buffer would be a window on bytes that the next read replaces.
    return (this.pairs[index] = learn(Uint8Array.prototype.slice.call(buf, start, end)));
  }

  private readValues(scan: Scanner, pair: Pair): void {
    scan.pos += pair.protocolBytes;
    const fields = pair.fields ?? this.bindAt(scan, pair);
    if (fields.length === 0) return;
    const { slots } = pair;
    const { values } = this.table;
    let position = 0;
    for (let i = 0; i < fields.length; i++) {
      scan.skipWords(fields[i] + 1 - position);
      position = fields[i] + 1;
      scan.pos = scan.wordStart;
      const value = scan.int();
      this.table.touch(slots[i]);
      values[slots[i]] = scan.pos === scan.wordEnd ? value : Number.NaN;
      scan.pos = scan.wordEnd;
    }
    if (!hasWordsLeft(scan, pair.count - position)) for (const slot of slots) values[slot] = Number.NaN;
  }

  /** Gives slots to the fields of a pair, but not before a whole line of values was there. */
  private bindAt(scan: Scanner, pair: Pair): Int32Array {
    const { pos } = scan;
    const isWhole = hasWordsLeft(scan, pair.count);
    scan.pos = pos;
    return isWhole ? this.bind(pair) : none;
  }

  private bind(pair: Pair): Int32Array {
    const [first, ...names] = wordsOf(pair.header);
    const found = names
      .map((name, position) => ({ position, slot: this.table.slot(`${first.slice(0, -1)}_${name}`) }))
      .filter(({ slot }) => slot >= 0);
    pair.slots = Int32Array.from(found, ({ slot }) => slot);
    return (pair.fields = Int32Array.from(found, ({ position }) => position));
  }
}

/** Whether the rest of the line is exactly `count` words. */
function hasWordsLeft(scan: Scanner, count: number): boolean {
  scan.skipWords(count);
  return (count === 0 || scan.wordEnd > scan.wordStart) && scan.atLineEnd();
}

function startsValues(scan: Scanner, { header, protocolBytes }: Pair): boolean {
  if (protocolBytes === 0 || scan.pos + protocolBytes > scan.end) return false;
  return sameBytes(scan.buf, scan.pos, header, protocolBytes);
}

/** `/proc/net/snmp6`: a name and a number a line. https://docs.kernel.org/networking/snmp_counter.html */
export function parseSnmp6(scan: Scanner, table: Table): void {
  do {
    if (!scan.word()) continue;
    const { wordStart, wordEnd } = scan;
    const value = scan.uint();
    if (Number.isNaN(value)) continue;
    const slot = table.at(scan.buf, wordStart, wordEnd);
    if (slot >= 0) table.values[slot] = value;
  } while (scan.nextLine());
}

/** Each of the three files may be missing: IPv6 is switched off, a sandbox has no `netstat`. */
function open({ files, paths }: CollectContext): Reader {
  const sources = ['netstat', 'snmp', 'snmp6'].map((name) => files.file(`${paths.procfs}/net/${name}`));
  const [netstat, snmp, snmp6] = sources;
  const table = new Table(spec);
  const scan = new Scanner();
  const netstatParser = new PairParser(table);
  const snmpParser = new PairParser(table);
  const found = [true, true, true];

  function anyChanged(): boolean {
    let changed = false;
    for (let i = 0; i < sources.length; i++) {
      if (sources[i].tryRead() || sources[i].found !== found[i]) changed = true;
      found[i] = sources[i].found;
    }
    return changed;
  }

  return {
    tables: [table],
    read() {
      if (anyChanged() || !table.anyPresent()) {
        table.begin();
        scan.reset(netstat.buf, netstat.length);
        netstatParser.parse(scan);
        scan.reset(snmp.buf, snmp.length);
        snmpParser.parse(scan);
        scan.reset(snmp6.buf, snmp6.length);
        parseSnmp6(scan, table);
        table.commit();
      }
      if (table.anyPresent()) return;
      // Answers with the failure of this sample's attempt, when that is why there is nothing.
      netstat.read();
      throw new Unavailable('broken', `${netstat.path} holds no figures that we know`);
    },
  };
}

export default {
  name: 'netstat',
  enabledByDefault: true,
  // Three files of hundreds of sums over all CPUs: dear, and nobody needs them a hundred times a second.
  minIntervalSeconds: 1,
  help: 'Totals of the network protocols (/proc/net/netstat, snmp and snmp6).',
  tables: [spec],
  open,
} satisfies Collector;
