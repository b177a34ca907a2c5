/**
 * Figures of sysfs that stand in one small file each: sensors, zones, frequencies, energy meters.
 * Which files there are is found out at the first read and again every minute or so; in between,
 * a read is one `pread` a file.
 */
import { Scanner } from '../core/scanner.ts';
import type { Table } from '../core/table.ts';
import type { Reader } from './collector.ts';
import { Unavailable } from './collector.ts';
import type { FileSet, PseudoFile } from './files.ts';

/** Reads between two looks at which files there are, unless told otherwise. */
const REDISCOVER_READS = 60;

/** One figure and the file it comes from. */
export interface Attribute {
  /** The file; without one the figure is 1 for as long as the attribute is listed. */
  readonly path?: string;
  readonly table: Table;
  /** Key and labels of the row. */
  readonly key: string;
  readonly labels: readonly string[];
  /** Column of the row; 0 when absent. */
  readonly column?: number;
  /** The figure is 1 when the file holds this word and 0 when it holds another. */
  readonly is?: string;
  /** From the kernel's unit to the column's: `number * multiply / divide`, both 1 when absent. */
  readonly multiply?: number;
  readonly divide?: number;
}

interface Source {
  readonly attribute: Attribute;
  readonly file: PseudoFile | undefined;
}

/** The number that is all a file holds; `NaN` when it holds anything else. */
function soleNumber(scan: Scanner): number {
  const value = scan.decimal();
  do {
    if (!scan.atLineEnd()) return Number.NaN;
  } while (scan.nextLine());
  return value;
}

/** Reads what `discover` lists; see the module comment. */
export class KeptAttributes implements Reader {
  readonly tables: readonly Table[];
  private readonly files: FileSet;
  private readonly discover: () => readonly Attribute[];
  private readonly scan = new Scanner();
  private sources: readonly Source[] = [];
  private failure: Unavailable | undefined;
  private readonly nothing: Unavailable;
  private readonly rediscoverReads: number;
  private readsLeft = 0;

  /** `what` is the path to name when nothing is found there. */
  constructor(
    files: FileSet,
    tables: readonly Table[],
    what: string,
    discover: () => readonly Attribute[],
    rediscoverReads = REDISCOVER_READS,
  ) {
    this.rediscoverReads = rediscoverReads;
    this.files = files;
    this.tables = tables;
    this.discover = discover;
    this.nothing = new Unavailable('absent', `${what} lists nothing`);
  }

  read(): void {
    if (this.readsLeft === 0) this.rediscover();
    this.readsLeft--;
    if (this.sources.length === 0) throw this.nothing;
    this.failure = undefined;
    let known = 0;
    for (const table of this.tables) table.begin();
    for (const { attribute, file } of this.sources) {
      const value = file === undefined ? 1 : this.valueOf(attribute, file);
      if (Number.isNaN(value)) continue;
      if (file !== undefined) known++;
      const { table } = attribute;
      const slot = table.slot(attribute.key, attribute.labels);
      if (slot >= 0) table.values[slot * table.width + (attribute.column ?? 0)] = value;
    }
    for (const table of this.tables) table.commit();
    if (known === 0 && this.failure !== undefined) throw this.failure;
  }

  private valueOf(attribute: Attribute, file: PseudoFile): number {
    if (!this.load(file)) return Number.NaN;
    const { scan } = this;
    scan.reset(file.buf, file.length);
    if (attribute.is === undefined) return (soleNumber(scan) * (attribute.multiply ?? 1)) / (attribute.divide ?? 1);
    scan.word();
    return scan.wordIs(attribute.is) ? 1 : 0;
  }

  /** A sensor that cannot be read now and then (asleep, busy bus) is left out of that sample. */
  private load(file: PseudoFile): boolean {
    try {
      file.read();
      return true;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.failure ??= error;
      return false;
    }
  }

  private rediscover(): void {
    this.readsLeft = this.rediscoverReads;
    const attributes = this.discover();
    const paths = new Set(attributes.map(({ path }) => path));
    for (const { file } of this.sources) if (file !== undefined && !paths.has(file.path)) this.files.drop(file.path);
    this.sources = attributes.map((attribute) => ({
      attribute,
      file: attribute.path === undefined ? undefined : this.files.file(attribute.path),
    }));
  }
}
