import fs from 'node:fs';
import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { listDirectory, readText } from '../files.ts';

/** How often a host without ZFS is asked again, and how often pools and datasets are read. */
const SLOW_SECONDS = 10;
/** Data types of `include/sys/kstat.h` that are numbers of 64 bits. */
const INT64 = 3;
const UINT64 = 4;

/** Files of `/proc/spl/kstat/zfs` by the part of the metric name that stands for them. */
const statFiles: Readonly<Record<string, string>> = {
  abd: 'abdstats',
  arc: 'arcstats',
  dbuf: 'dbufstats',
  dmu_tx: 'dmu_tx',
  dnode: 'dnodestats',
  fm: 'fm',
  vdev_cache: 'vdev_cache_stats',
  vdev_mirror: 'vdev_mirror_stats',
  xuio: 'xuio_stats',
  zfetch: 'zfetchstats',
  zil: 'zil',
};
const poolStates = ['online', 'degraded', 'faulted', 'offline', 'removed', 'unavail', 'suspended'];

/** Among the untyped figures, those that are known to count up. */
const CUMULATIVE_FIELD = /(hits|misses|reads|writes|nread|nwritten|_count)$/;

/** The metric name that a field of a kstat file gets: the part after its last dot. */
function metricPart(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1).replaceAll('-', '_');
}

/** The figure behind a field; none when it cannot be part of a metric name. */
function kstat(prefix: string, field: string, help: string): Column | null {
  if (!/^[\w.*-]+$/.test(field)) return null;
  const cumulative = CUMULATIVE_FIELD.test(field);
  return { metric: `${prefix}_${metricPart(field)}`, type: 'untyped', unit: 'count', help, cumulative };
}

const documented = (column: Column | null): Column[] => (column === null ? [] : [column]);

function fileSpec(subsystem: string, file: string): TableSpec {
  const describe = (field: string): Column | null =>
    kstat(`node_zfs_${subsystem}`, field, `${field} of ZFS's ${file}.`);
  return { name: subsystem, labels: [], columns: [], describe, documented: documented(describe('*')) };
}

/** Keys of the tables of pools and datasets: the field, then the labels. */
const fieldOf = (key: string): string => key.slice(0, key.indexOf('\0'));
const describePool = (field: string): Column | null =>
  kstat('node_zfs_zpool', field, `${field} of the pool's io file.`);
const describeDataset = (field: string): Column | null =>
  kstat('node_zfs_zpool_dataset', field, `${field} of the dataset.`);

const poolSpec: TableSpec = {
  name: 'pools',
  labels: ['zpool'],
  columns: [],
  describe: (key) => describePool(fieldOf(key)),
  documented: documented(describePool('*')),
};
const datasetSpec: TableSpec = {
  name: 'datasets',
  labels: ['zpool', 'dataset'],
  columns: [],
  describe: (key) => describeDataset(fieldOf(key)),
  documented: documented(describeDataset('*')),
};
const stateSpec: TableSpec = {
  name: 'states',
  labels: ['zpool'],
  columns: poolStates.map((state) => ({
    metric: 'node_zfs_zpool_state',
    type: 'gauge',
    unit: 'info',
    help: '1 for the state that the pool is in.',
    labels: { state },
  })),
};
const fileSpecs = Object.entries(statFiles).map(([subsystem, file]) => fileSpec(subsystem, file));

/** Moves behind the line `name type data`, with which the figures begin. */
function findFigures(scan: Scanner): boolean {
  do {
    if (scan.word() && scan.wordIs('name') && scan.word() && scan.wordIs('type')) return scan.nextLine();
  } while (scan.nextLine());
  return false;
}

/**
 * A named kstat: two lines of head, then `name type value` a line. Values that are no 64-bit numbers
 * are left out. https://openzfs.github.io/openzfs-docs/man/master/4/zfs.4.html
 */
export function parseKstat(scan: Scanner, table: Table): void {
  if (!findFigures(scan)) return;
  do {
    if (!scan.word()) continue;
    const { wordStart, wordEnd } = scan;
    const type = scan.uint();
    if (type !== INT64 && type !== UINT64) continue;
    const value = scan.int();
    const slot = Number.isNaN(value) ? -1 : table.at(scan.buf, wordStart, wordEnd);
    if (slot >= 0) table.values[slot] = value;
  } while (scan.nextLine());
}

/** Pools and their datasets: slow to read and slow to change. */
class Pools {
  readonly tables = [new Table(poolSpec), new Table(stateSpec), new Table(datasetSpec)] as const;

  read(root: string): void {
    for (const table of this.tables) table.begin();
    for (const pool of poolsIn(root)) this.readPool(`${root}/${pool}`, pool);
    for (const table of this.tables) table.commit();
  }

  private readPool(folder: string, pool: string): void {
    const [pools, states] = this.tables;
    const io = readText(`${folder}/io`)?.split('\n') ?? [];
    const head = io.findIndex((line) => line.startsWith('nread'));
    const fields = head < 0 ? [] : io[head].split(/\s+/);
    const values = io[head + 1]?.trim().split(/\s+/) ?? [];
    fields.forEach((field, c) => {
      if (!/^\d+$/.test(values[c] ?? '')) return;
      const slot = pools.slot(`${field}\0${pool}`, [pool]);
      if (slot >= 0) pools.values[slot] = Number(values[c]);
    });
    const state = readText(`${folder}/state`)?.toLowerCase();
    if (state !== undefined && state !== '') {
      const i = states.slot(pool, [pool]) * states.width;
      poolStates.forEach((each, c) => (states.values[i + c] = each === state ? 1 : 0));
    }
    for (const name of listDirectory(folder))
      if (name.startsWith('objset-')) this.readDataset(`${folder}/${name}`, pool);
  }

  private readDataset(path: string, pool: string): void {
    const datasets = this.tables[2];
    const lines = (readText(path) ?? '').split('\n');
    const named = lines.map((line) => /^dataset_name\s+\d+\s+(.+)$/.exec(line)).find((match) => match !== null);
    if (named === undefined) return;
    const dataset = Buffer.from(named[1], 'latin1').toString('utf8');
    for (const line of lines) {
      const figure = /^(\S+)\s+4\s+(\d+)\s*$/.exec(line);
      if (figure === null) continue;
      const slot = datasets.slot([figure[1], pool, dataset].join('\0'), [pool, dataset]);
      if (slot >= 0) datasets.values[slot] = Number(figure[2]);
    }
  }
}

function poolsIn(root: string): string[] {
  return fs.readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
}

function open({ files, paths, clock }: CollectContext): Reader {
  const root = `${paths.procfs}/spl/kstat/zfs`;
  const absent = new Unavailable('absent', `${root} does not exist`);
  const scan = new Scanner();
  const pools = new Pools();
  const stats = Object.values(statFiles).map((name, i) => ({
    file: files.file(`${root}/${name}`),
    table: new Table(fileSpecs[i]),
  }));
  let lookedAt = Number.NaN;
  let there = false;

  function readStats(file: PseudoFile, table: Table): void {
    const changed = file.tryRead();
    if (file.found && !changed) return;
    table.begin();
    scan.reset(file.buf, file.length);
    if (file.found) parseKstat(scan, table);
    table.commit();
  }

  return {
    tables: [...stats.map(({ table }) => table), ...pools.tables],
    read() {
      const now = clock.monotonicSeconds();
      const due = !(now - lookedAt < SLOW_SECONDS);
      if (due) {
        lookedAt = now;
        there = fs.existsSync(root);
      }
      if (!there) throw absent;
      for (const { file, table } of stats) readStats(file, table);
      if (due) pools.read(root);
    },
  };
}

export default {
  name: 'zfs',
  enabledByDefault: true,
  help: 'ZFS: the adaptive replacement cache, prefetch, intent log, pools and datasets (/proc/spl/kstat/zfs).',
  tables: [...fileSpecs, poolSpec, stateSpec, datasetSpec],
  open,
} satisfies Collector;
