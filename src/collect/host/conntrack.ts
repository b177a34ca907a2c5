import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';

/** node_exporter exposes the totals as gauges too; names and types are its own. */
function gauge(name: string, help: string): Column {
  return { metric: `node_nf_conntrack_${name}`, type: 'gauge', unit: 'count', help };
}

const entries: TableSpec = {
  name: 'conntrack',
  labels: [],
  columns: [
    gauge('entries', 'Connections that are tracked now.'),
    gauge('entries_limit', 'Connections that can be tracked at the same time.'),
  ],
};

const stat: TableSpec = {
  name: 'stat',
  labels: [],
  columns: [
    gauge('stat_found', 'Lookups that found a tracked connection, all CPUs together.'),
    gauge('stat_invalid', 'Packets that could not be tracked.'),
    gauge('stat_ignore', 'Packets left alone because they were tracked before; 0 on newer kernels.'),
    gauge('stat_insert', 'Connections entered into the table; 0 on newer kernels.'),
    gauge('stat_insert_failed', 'Connections that could not be entered, as an equal one was there.'),
    gauge('stat_drop', 'Packets dropped because their connection could not be tracked.'),
    gauge('stat_early_drop', 'Tracked connections given up to make room in a full table.'),
    gauge('stat_search_restart', 'Lookups begun again because the table was resized under them.'),
  ],
};

/** Where the columns stand in a line: the header names of two of them changed, their places never did. */
const fieldOf = [2, 4, 5, 8, 9, 10, 11, 16];
/** `search_restart` came as the seventeenth field with Linux 2.6.35. */
const FEWEST_FIELDS = 16;
const FIELDS = 17;

/**
 * `/proc/net/stat/nf_conntrack`: a header, then a line of hexadecimal 32-bit counters for each possible
 * CPU, summed here. A line that is short or no number is left out.
 * https://docs.kernel.org/networking/nf_conntrack-sysctl.html, net/netfilter/nf_conntrack_standalone.c
 */
export function parseConntrackStat(scan: Scanner, table: Table, fields: Float64Array): void {
  while (scan.nextLine()) {
    let count = 0;
    while (count < FIELDS && !scan.atLineEnd()) {
      fields[count] = scan.hex();
      if (Number.isNaN(fields[count])) break;
      count++;
    }
    if (count < FEWEST_FIELDS) continue;
    const from = table.single() * table.width;
    for (let i = 0; i < table.width; i++) {
      if (fieldOf[i] >= count) continue;
      const sum = table.values[from + i];
      table.values[from + i] = (Number.isNaN(sum) ? 0 : sum) + fields[fieldOf[i]];
    }
  }
}

function open({ files, paths }: CollectContext): Reader {
  const sysctl = `${paths.procfs}/sys/net/netfilter`;
  const countFile = files.file(`${sysctl}/nf_conntrack_count`);
  const limitFile = files.file(`${sysctl}/nf_conntrack_max`);
  const statFile = files.file(`${paths.procfs}/net/stat/nf_conntrack`);
  const tables = [new Table(entries), new Table(stat)] as const;
  const [now, totals] = tables;
  const scan = new Scanner();
  const fields = new Float64Array(FIELDS);

  function readEntries(): void {
    now.begin();
    const from = now.single() * now.width;
    scan.reset(countFile.buf, countFile.length);
    now.values[from] = scan.uint();
    limitFile.tryRead();
    scan.reset(limitFile.buf, limitFile.length);
    now.values[from + 1] = scan.uint();
    now.commit();
    if (Number.isNaN(now.values[from])) throw new Unavailable('broken', `${countFile.path} holds no number`);
  }

  return {
    tables,
    read() {
      countFile.read();
      readEntries();
      if (!statFile.tryRead() && statFile.found && totals.anyPresent()) return;
      totals.begin();
      scan.reset(statFile.buf, statFile.length);
      parseConntrackStat(scan, totals, fields);
      totals.commit();
    },
  };
}

export default {
  name: 'conntrack',
  enabledByDefault: true,
  minIntervalSeconds: 5,
  help: 'Connection tracking of the packet filter (/proc/sys/net/netfilter, /proc/net/stat/nf_conntrack).',
  tables: [entries, stat],
  open,
} satisfies Collector;
