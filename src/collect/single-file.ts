/** The plainest collector: one file of the kernel fills one table. */
import type { TableSpec } from '../core/metric.ts';
import { Scanner } from '../core/scanner.ts';
import { Table } from '../core/table.ts';
import type { CollectContext, Reader } from './collector.ts';
import { Unavailable } from './unavailable.ts';

/** What a reader of one file is made of. */
export interface SingleFile {
  /** Below procfs: `loadavg`, `sys/fs/file-nr`. */
  readonly file: string;
  readonly spec: TableSpec;
  /** Refills the table from the bytes at the cursor; touches no row when they say nothing. */
  readonly parse: (scan: Scanner, table: Table) => void;
  /** What is wrong with a file that filled no row: `holds no CPU`. */
  readonly broken: string;
}

/** Opens the file; unchanged bytes are not parsed again. */
export function openSingleFile(
  { files, paths }: CollectContext,
  { file: name, spec, parse, broken }: SingleFile,
): Reader {
  const file = files.file(`${paths.procfs}/${name}`);
  const table = new Table(spec);
  const scan = new Scanner();
  return {
    tables: [table],
    read() {
      if (file.read()) {
        table.begin();
        scan.reset(file.buf, file.length);
        parse(scan, table);
        table.commit();
      }
      if (!table.anyPresent()) throw new Unavailable('broken', `${file.path} ${broken}`);
    },
  };
}
