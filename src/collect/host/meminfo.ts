import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

const COLON = 0x3a;
const BYTES_PER_KIB = 1024;

/** `Active(anon)` is the field `Active_anon`. */
function fieldName(key: string): string {
  return key.replace(/\((.*)\)/, '_$1');
}

function describeBytes(key: string): Column {
  const metric = `node_memory_${fieldName(key)}_bytes`;
  return { metric, type: 'gauge', unit: 'bytes', help: `${key} of /proc/meminfo, in bytes.` };
}

function describeCount(key: string): Column {
  const metric = `node_memory_${fieldName(key)}`;
  return { metric, type: 'gauge', unit: 'count', help: `${key} of /proc/meminfo, a number of pages.` };
}

const bytes: TableSpec = {
  name: 'bytes',
  labels: [],
  columns: [],
  describe: describeBytes,
  documented: [describeBytes('*')],
};
const counts: TableSpec = {
  name: 'counts',
  labels: [],
  columns: [],
  describe: describeCount,
  documented: [describeCount('HugePages_*')],
};

/**
 * `/proc/meminfo`: `Name:  number[ kB]` a line, where kB means KiB. Lines without a number are left out.
 * https://docs.kernel.org/filesystems/proc.html#meminfo
 */
export function parseMeminfo(scan: Scanner, inBytes: Table, inPages: Table): void {
  do {
    if (!scan.word() || scan.buf[scan.wordEnd - 1] !== COLON) continue;
    const nameStart = scan.wordStart;
    const nameEnd = scan.wordEnd - 1;
    const value = scan.uint();
    if (Number.isNaN(value)) continue;
    const hasUnit = !scan.atLineEnd();
    const table = hasUnit ? inBytes : inPages;
    const slot = table.at(scan.buf, nameStart, nameEnd);
    if (slot >= 0) table.values[slot] = hasUnit ? value * BYTES_PER_KIB : value;
  } while (scan.nextLine());
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/meminfo`);
  const tables = [new Table(bytes), new Table(counts)] as const;
  const scan = new Scanner();
  return {
    tables,
    read() {
      if (file.read()) {
        for (const table of tables) table.begin();
        scan.reset(file.buf, file.length);
        parseMeminfo(scan, tables[0], tables[1]);
        for (const table of tables) table.commit();
      }
      if (!tables[0].anyPresent()) throw new Unavailable('broken', `${file.path} holds no figures`);
    },
  };
}

export default {
  name: 'meminfo',
  enabledByDefault: true,
  help: 'Memory of the host as the kernel accounts it (/proc/meminfo).',
  tables: [bytes, counts],
  open,
} satisfies Collector;
