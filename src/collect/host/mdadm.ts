import type { Column, TableSpec } from '../../core/metric.ts';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { listDirectory, readText } from '../files.ts';

const gauge = (metric: string, unit: Column['unit'], help: string, labels?: Column['labels']): Column => ({
  metric,
  type: 'gauge',
  unit,
  help,
  labels,
});

const states = ['active', 'inactive', 'recovering', 'resync', 'check'];
const diskStates = ['active', 'failed', 'spare'];

const spec: TableSpec = {
  name: 'arrays',
  labels: ['device'],
  columns: [
    ...states.map((state) => gauge('node_md_state', 'info', '1 for what the array does now.', { state })),
    ...diskStates.map((state) => gauge('node_md_disks', 'count', 'Members of the array by state.', { state })),
    gauge('node_md_disks_required', 'count', 'Members that a whole array has.'),
    gauge('node_md_blocks', 'count', 'Size of the array in blocks of 1 KiB.'),
    gauge('node_md_blocks_synced', 'count', 'Blocks that are in sync.'),
  ],
};
const sysfsSpec: TableSpec = {
  name: 'sysfs',
  labels: ['device'],
  columns: [
    gauge('node_md_raid_disks', 'count', 'Members that a whole array has, as sysfs says.'),
    gauge('node_md_degraded', 'count', 'Members that the array lacks; 0 where it cannot lack any.'),
  ],
};

/** Levels that keep running without a member; the others have no `degraded` file. */
const REDUNDANT_LEVEL = /^raid(1|4|5|6|10)$/;
const PERSONALITIES = 'Personalities';

/** What `/proc/mdstat` says about one array; `NaN` is what it does not say. */
export interface ArrayState {
  readonly name: string;
  /** One of `node_md_state`'s labels, or a state that has none (`broken`, `reshaping`). */
  readonly state: string;
  readonly active: number;
  readonly required: number;
  readonly failed: number;
  readonly spare: number;
  readonly blocks: number;
  readonly synced: number;
}

/**
 * `/proc/mdstat`: an array is a line at the margin (`md0 : active raid1 sdb1[1] sda1[0](F)`), one
 * with its size and members (`1048 blocks super 1.2 [2/1] [_U]`), and one while it synchronises.
 * https://docs.kernel.org/admin-guide/md.html
 */
export function parseMdstat(text: string): ArrayState[] {
  const arrays: ArrayState[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (!/^[^\s:]+ : \S/.test(lines[i]) || lines[i].startsWith(PERSONALITIES)) continue;
    const details: string[] = [];
    for (let j = i + 1; j < lines.length && /^\s+\S/.test(lines[j]); j++) details.push(lines[j]);
    const array = parseArray(lines[i], details);
    if (array !== undefined) arrays.push(array);
  }
  return arrays;
}

function parseArray(line: string, details: readonly string[]): ArrayState | undefined {
  const [name, , state] = line.split(/\s+/);
  const size = /^\s+(\d+) blocks/.exec(details[0] ?? '');
  if (size === null) return undefined;
  const blocks = Number(size[1]);
  const members = countMembers(line, details[0]);
  const rest = details.slice(1).filter((detail) => !detail.includes('bitmap'));
  const sync = rest.find((detail) => /recovery|resync|check|reshape/.test(detail));
  return {
    name,
    state: sync === undefined ? state : syncState(sync),
    ...members,
    failed: line.split('(F)').length - 1,
    spare: line.split('(S)').length - 1,
    blocks,
    synced: sync === undefined ? blocks : syncedBlocks(sync),
  };
}

/** `[required/active]`, except that levels without redundancy print no such thing: all members are needed. */
function countMembers(line: string, details: string): { active: number; required: number } {
  if (/\b(raid0|linear)\b/.test(line)) {
    const members = line.split('[').length - 1;
    return { active: members, required: members };
  }
  if (line.includes('inactive')) return { active: 0, required: 0 };
  const counts = /\[(\d+)\/(\d+)\] \[[U_]+\]/.exec(details);
  return counts === null
    ? { active: Number.NaN, required: Number.NaN }
    : { active: Number(counts[2]), required: Number(counts[1]) };
}

/** `reshaping` has no label in node_exporter: all the others are 0 then. */
function syncState(sync: string): string {
  if (sync.includes('recovery')) return 'recovering';
  if (sync.includes('reshape')) return 'reshaping';
  return sync.includes('check') ? 'check' : 'resync';
}

function syncedBlocks(sync: string): number {
  if (/PENDING|DELAYED/.test(sync)) return 0;
  return Number(/\((\d+)\/\d+\)/.exec(sync)?.[1] ?? Number.NaN);
}

function fill(table: Table, array: ArrayState): void {
  const { name, state, active, failed, spare, required, blocks, synced } = array;
  const i = table.slot(name) * table.width;
  states.forEach((each, c) => (table.values[i + c] = each === state ? 1 : 0));
  table.values.set([active, failed, spare, required, blocks, synced], i + states.length);
}

interface SysfsArray {
  readonly name: string;
  readonly disks: PseudoFile;
  readonly degraded: PseudoFile | undefined;
}

function open({ files, paths }: CollectContext): Reader {
  const file = files.file(`${paths.procfs}/mdstat`);
  const arrays = new Table(spec);
  const sysfs = new Table(sysfsSpec);
  const scan = new Scanner();
  let inSysfs: SysfsArray[] = [];
  let understood = false;

  /** Looked for when mdstat changes: an array that comes or goes is a line there. */
  function findArrays(): SysfsArray[] {
    const root = `${paths.sysfs}/block`;
    for (const { disks, degraded } of inSysfs) for (const each of [disks, degraded]) if (each) files.drop(each.path);
    return listDirectory(root).flatMap((name) => {
      const level = name.startsWith('md') ? readText(`${root}/${name}/md/level`) : undefined;
      if (level === undefined) return [];
      const degraded = REDUNDANT_LEVEL.test(level) ? files.file(`${root}/${name}/md/degraded`) : undefined;
      return [{ name, disks: files.file(`${root}/${name}/md/raid_disks`), degraded }];
    });
  }

  function number(from: PseudoFile): number {
    from.tryRead();
    scan.reset(from.buf, from.length);
    return scan.uint();
  }

  function readSysfs(known: readonly SysfsArray[]): void {
    sysfs.begin();
    for (const { name, disks, degraded } of known) {
      const i = sysfs.slot(name) * sysfs.width;
      sysfs.values[i] = number(disks);
      sysfs.values[i + 1] = degraded === undefined ? 0 : number(degraded);
    }
    sysfs.commit();
  }

  return {
    tables: [arrays, sysfs],
    read() {
      const changed = file.read() || !understood;
      if (changed) {
        const text = Buffer.from(file.buf.subarray(0, file.length)).toString('latin1');
        understood = text.startsWith(PERSONALITIES);
        if (!understood) throw new Unavailable('broken', `${file.path} does not start with '${PERSONALITIES}'`);
        arrays.begin();
        for (const array of parseMdstat(text)) fill(arrays, array);
        arrays.commit();
      }
      if (changed) inSysfs = findArrays();
      readSysfs(inSysfs);
    },
  };
}

export default {
  name: 'mdadm',
  enabledByDefault: true,
  help: 'Software RAID: state, members and synchronisation of each array (/proc/mdstat, sysfs).',
  tables: [spec, sysfsSpec],
  minIntervalSeconds: 5,
  open,
} satisfies Collector;
