/** A collector on a file tree of its own that a test changes from sample to sample. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Collector, Reader } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import { Outcome, outcomeNames } from '../../src/core/outcome.ts';
import { RepairedTable } from '../../src/core/repair.ts';
import { seriesKey, tableRows } from '../../src/core/series.ts';

/** One second passes from `sample()` to `sample()`. */
export class CollectorTree {
  readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-tree-'));
  tables: readonly RepairedTable[] = [];
  private readonly collector: Collector;
  private readonly files = new FileSet(false);
  private reader: Reader | undefined;
  private seconds = 100;

  constructor(collector: Collector) {
    this.collector = collector;
  }

  write(file: string, text: string | Buffer): void {
    const full = path.join(this.root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, text);
  }

  remove(file: string): void {
    fs.rmSync(path.join(this.root, file), { recursive: true });
  }

  /** Reads once and repairs; the tables are cleared, as the sampler does, when the source is not there. */
  sample(): void {
    this.reader ??= this.open();
    this.files.tick++;
    try {
      this.reader.read();
    } catch (error) {
      for (const { table } of this.tables) table.clear();
      throw error;
    } finally {
      for (const table of this.tables) table.update(this.seconds, false);
      this.seconds++;
    }
  }

  /** Every known raw figure by its series. */
  series(): Map<string, number> {
    const rows = this.tables.flatMap(({ table }) => [...tableRows(table)]);
    return new Map(rows.map(({ name, labels, value }) => [seriesKey(name, labels), value]));
  }

  /** Increase and outcome of one figure of the first subject whose labels begin with `label`. */
  change(metric: string, label?: string): { delta: number; outcome: string } {
    for (const repaired of this.tables) {
      const { table } = repaired;
      for (let slot = 0; slot < table.size; slot++) {
        if (!table.used(slot) || (label !== undefined && table.row(slot).labels[0] !== label)) continue;
        const column = table.row(slot).columns.findIndex((each) => each.metric === metric);
        if (column < 0) continue;
        const i = slot * table.width + column;
        return { delta: repaired.delta[i], outcome: outcomeNames[repaired.outcome[i]] };
      }
    }
    return { delta: Number.NaN, outcome: outcomeNames[Outcome.unavailable] };
  }

  close(): void {
    this.reader?.close?.();
    this.files.close();
    fs.rmSync(this.root, { recursive: true });
  }

  private open(): Reader {
    const { root, files } = this;
    const clock = { monotonicSeconds: () => this.seconds, wallMs: () => 1_767_225_600_000 };
    const paths = { procfs: `${root}/proc`, sysfs: `${root}/sys`, rootfs: root, cgroupfs: `${root}/sys/fs/cgroup` };
    const reader = this.collector.open({ paths, clock, files });
    this.tables = reader.tables.map((table) => new RepairedTable(table));
    return reader;
  }
}
