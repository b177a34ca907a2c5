import os from 'node:os';
import type { TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import type { PseudoFile } from '../files.ts';

/** Files of `/proc/sys/kernel` behind the labels; `arch` is there since Linux 6.1. */
const fileNames = ['domainname', 'arch', 'hostname', 'osrelease', 'ostype', 'version'];
const MACHINE = 1;

const spec: TableSpec = {
  name: 'uname',
  labels: ['domainname', 'machine', 'nodename', 'release', 'sysname', 'version'],
  columns: [
    { metric: 'node_uname_info', type: 'gauge', unit: 'info', help: 'What uname(2) says of the kernel; always 1.' },
  ],
};

function textOf(file: PseudoFile): string {
  return Buffer.from(file.buf.subarray(0, file.length)).toString('utf8').replace(/\n$/, '');
}

/**
 * The files rather than the system call, so that the names are those of the host that procfs shows.
 * https://docs.kernel.org/admin-guide/sysctl/kernel.html#ostype-osrelease
 */
function open({ files, paths }: CollectContext): Reader {
  const sources = fileNames.map((name) => files.file(`${paths.procfs}/sys/kernel/${name}`));
  const release = sources[fileNames.indexOf('osrelease')];
  const table = new Table(spec);

  return {
    tables: [table],
    read() {
      release.read();
      let changed = false;
      for (const file of sources) if (file.tryRead()) changed = true;
      if (!changed && table.anyPresent()) return;
      const labels = sources.map(textOf);
      if (!sources[MACHINE].found) labels[MACHINE] = os.machine();
      table.begin();
      table.values[table.slot(labels.join('\0'), labels)] = 1;
      table.commit();
    },
  };
}

export default {
  name: 'uname',
  enabledByDefault: true,
  help: 'Kernel, host name and machine (/proc/sys/kernel).',
  tables: [spec],
  minIntervalSeconds: 60,
  open,
} satisfies Collector;
