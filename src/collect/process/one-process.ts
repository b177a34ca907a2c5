/**
 * One process: its files, and what was read from them last.
 *
 * Which files are read in a sample follows from what can have changed. `schedstat` counts how often
 * the main thread was put on a CPU, so a process whose only thread was not put on one since can have
 * used no CPU, done no I/O and opened no file: the cheapest file tells that the others need no
 * reading. Only what others do to it (its pages are swapped out) is then seen late, at the refresh.
 */
import fs from 'node:fs';
import type { Scanner } from '../../core/scanner.ts';
import type { Table } from '../../core/table.ts';
import { readText } from '../files.ts';
import { shortCommandLine } from './command-line.ts';
import type { DescriptorPool } from './descriptors.ts';
import { GONE, NEVER_KEEP, ProcessFile } from './descriptors.ts';
import {
  IoFigures,
  SchedFigures,
  StatusFigures,
  parseCgroupPath,
  parseIo,
  parseOpenFilesLimit,
  parseSchedstat,
  parseStatus,
} from './small-files.ts';
import { GROUP_COUNTERS, P } from './specs.ts';
import { StatFigures, TICKS_PER_SECOND, parseProcessStat } from './stat.ts';

const RUNNING = 0x52;
/** The state's letter as the place in `processStates`; any other letter is the last of them. */
const stateCodes = new Map([...'RSDTtZ'].map((letter, i) => [letter.charCodeAt(0), [0, 1, 2, 3, 3, 4][i]]));
const OTHER_STATE = 5;

/** What `schedstat` tells of the time since the last sample. */
const STILL = 0;
/** The main thread slept, but another one may have run. */
const UNKNOWN = 1;
const RAN = 2;

/** What all processes of one collector share; the figures are scratch, refilled by each read. */
export interface Shared {
  readonly procfs: string;
  readonly pool: DescriptorPool;
  readonly scan: Scanner;
  readonly table: Table;
  readonly pageBytes: number;
  readonly bootSeconds: number;
  /** Whether the kernel accounts delays (`task_delayacct`); a zero means nothing where it does not, or is too old to tell. */
  readonly ioDelay: 'on' | 'off' | 'unknown';
  /** Whether `/proc/<pid>/fd` tells the number of descriptors as its size (Linux 6.2). */
  readonly fdSize: boolean;
  readonly stat: StatFigures;
  readonly sched: SchedFigures;
  readonly io: IoFigures;
  readonly status: StatusFigures;
}

/** The scratch figures of a collector. */
export function scratch(): Pick<Shared, 'stat' | 'sched' | 'io' | 'status'> {
  return { stat: new StatFigures(), sched: new SchedFigures(), io: new IoFigures(), status: new StatusFigures() };
}

const utf8 = new TextDecoder('utf-8', { fatal: false });

/** What one name's processes used so far. */
export interface Group {
  readonly name: string;
  /** NaN until a member is known to have the figure. */
  readonly counters: Float64Array;
  members: number;
  emptySince: number;
  slot: number;
}

/** A process with its row in the table of processes. */
export class OneProcess {
  readonly pid: number;
  readonly dir: string;
  slot = -1;
  /** Its row in the table of labels, and whether that shows what is known by now. */
  infoSlot = -1;
  infoStale = true;
  /** The name as a label: what is not UTF-8 in it is replaced. */
  comm = '';
  uid = '';
  cgroup = '';
  detail: string | undefined;
  group: Group | undefined;
  /** The group's counters as this process had them last. */
  readonly counted = new Float64Array(GROUP_COUNTERS).fill(Number.NaN);
  startTicks = Number.NaN;
  /** The listing in which it was last seen. */
  listed = 0;
  kernel = false;
  state = 0;
  threads = Number.NaN;
  /** Monotonic seconds at which what moves slowly is read again. */
  refreshAt = 0;
  /** Whether its control group and command line were looked at. */
  described = false;
  /** Refreshes so far. */
  refreshes = 0;
  /** Whether the last read brought another name. */
  renamed = false;
  private name: Uint8Array = new Uint8Array(0);
  private timeslices = Number.NaN;
  private idleable = false;
  private ranSinceRefresh = true;
  private readonly shared: Shared;
  private readonly statFile: ProcessFile;
  private readonly schedFile: ProcessFile;
  private readonly ioFile: ProcessFile;
  private readonly statusFile: ProcessFile;

  constructor(shared: Shared, pid: number) {
    this.shared = shared;
    this.pid = pid;
    this.dir = `${shared.procfs}/${pid}`;
    this.statFile = new ProcessFile(shared.pool, `${this.dir}/stat`);
    this.schedFile = new ProcessFile(shared.pool, `${this.dir}/schedstat`);
    this.ioFile = new ProcessFile(shared.pool, `${this.dir}/io`);
    this.statusFile = new ProcessFile(shared.pool, `${this.dir}/status`);
  }

  /** Reads `stat` for the first time; `false` when the process is gone or not for us to see. */
  identify(): boolean {
    return this.parseStat(NEVER_KEEP);
  }

  /** Whether the process is there but not for us to see. */
  get hidden(): boolean {
    return this.statFile.refused;
  }

  /** Fills its row for the first time, right after `identify`. */
  begin(): void {
    this.storeStat();
    this.readSched();
    this.readIo(NEVER_KEEP);
    this.readStatus(NEVER_KEEP);
    // The files were not read in the order that makes an unchanged `schedstat` stand for the others.
    this.idleable = false;
  }

  /** Fills its row, which was marked present; `false` when the process is gone. */
  sample(due: boolean): boolean {
    this.renamed = false;
    const activity = this.readSched();
    if (activity === STILL && !due) return true;
    const moved = activity !== STILL;
    const floor = moved ? 0 : NEVER_KEEP;
    if (!this.parseStat(floor) || this.shared.stat.startTicks !== this.startTicks) return false;
    this.storeStat();
    this.ranSinceRefresh ||= moved;
    if (moved) this.readIo(floor);
    // Of the main thread alone, but for the swap, which others can fill while it sleeps.
    if (activity === RAN || due) this.readStatus(floor);
    return true;
  }

  /** Reads what moves slowly; `rarely` also what hardly ever changes. `true` when its labels changed. */
  refresh(rarely: boolean): boolean {
    const { table } = this.shared;
    const from = this.slot * table.width;
    if (!this.kernel && this.ranSinceRefresh) table.values[from + P.openFds] = this.countDescriptors();
    this.ranSinceRefresh = !this.idleable;
    if (!rarely) return false;
    if (!this.kernel) table.values[from + P.maxFds] = this.readLimit();
    const cgroup = this.kernel ? '' : parseCgroupPath(readText(`${this.dir}/cgroup`) ?? '');
    const changed = cgroup !== this.cgroup;
    this.cgroup = cgroup;
    return changed;
  }

  /** Reads what is shown beside the name: the command line, shortened. */
  describe(): void {
    if (this.described) this.ioFile.retry();
    this.described = true;
    this.detail = this.kernel ? undefined : shortCommandLine(readText(`${this.dir}/cmdline`) ?? '');
  }

  close(): void {
    for (const file of [this.statFile, this.schedFile, this.ioFile, this.statusFile]) file.close();
  }

  private readSched(): typeof STILL | typeof UNKNOWN | typeof RAN {
    const { scan, sched, table, pool } = this.shared;
    const length = this.schedFile.read(pool.reserve);
    if (length < 0) {
      if (length === GONE) this.schedFile.giveUp();
      return RAN;
    }
    scan.reset(pool.buf, length);
    parseSchedstat(scan, sched);
    const { values, width } = table;
    const from = this.slot * width;
    const slept =
      sched.timeslices === this.timeslices &&
      sched.runSeconds === values[from + P.run] &&
      sched.waitSeconds === values[from + P.wait];
    if (slept) return this.idleable ? STILL : UNKNOWN;
    this.timeslices = sched.timeslices;
    values[from + P.run] = sched.runSeconds;
    values[from + P.wait] = sched.waitSeconds;
    return RAN;
  }

  private parseStat(floor: number): boolean {
    const { scan, stat, pool, ioDelay } = this.shared;
    const length = this.statFile.read(floor);
    if (length <= 0) return false;
    scan.reset(pool.buf, length);
    if (!parseProcessStat(scan, stat, ioDelay !== 'off')) return false;
    this.renamed = !this.sameName();
    if (this.renamed) {
      this.name = new Uint8Array(pool.buf.subarray(stat.nameStart, stat.nameEnd));
      this.comm = utf8.decode(this.name);
    }
    return true;
  }

  private storeStat(): void {
    const { stat, table, pageBytes, bootSeconds, ioDelay } = this.shared;
    this.startTicks = stat.startTicks;
    this.kernel = stat.kernel;
    this.state = stat.state;
    this.threads = stat.threads;
    // A second thread leaves no trace in `schedstat`, and one that runs goes on within its time slice.
    this.idleable = this.timeslices > 0 && stat.threads === 1 && stat.state !== RUNNING;
    const { values } = table;
    const from = this.slot * table.width;
    values[from + P.user] = stat.userSeconds;
    values[from + P.system] = stat.systemSeconds;
    values[from + P.minorFaults] = stat.minorFaults;
    values[from + P.majorFaults] = stat.majorFaults;
    values[from + P.ioDelay] = ioDelay === 'on' || stat.ioDelaySeconds > 0 ? stat.ioDelaySeconds : Number.NaN;
    values[from + P.threads] = stat.threads;
    values[from + P.startTime] = bootSeconds + stat.startTicks / TICKS_PER_SECOND;
    values[from + P.nice] = stat.nice;
    values[from + P.state] = stateCodes.get(stat.state) ?? OTHER_STATE;
    if (stat.kernel) return;
    values[from + P.resident] = stat.residentPages * pageBytes;
    values[from + P.virtual] = stat.virtualBytes;
  }

  private sameName(): boolean {
    const { stat, pool } = this.shared;
    const { name } = this;
    if (name.length !== stat.nameEnd - stat.nameStart || Number.isNaN(this.startTicks)) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== pool.buf[stat.nameStart + i]) return false;
    return true;
  }

  private readIo(floor: number): void {
    const { scan, io, pool, table } = this.shared;
    const length = this.ioFile.read(floor);
    if (length === GONE) this.ioFile.giveUp();
    scan.reset(pool.buf, Math.max(length, 0));
    parseIo(scan, io);
    const from = this.slot * table.width;
    table.values[from + P.readBytes] = io.readBytes;
    table.values[from + P.writeBytes] = io.writeBytes;
    table.values[from + P.cancelledWriteBytes] = io.cancelledWriteBytes;
  }

  private readStatus(floor: number): void {
    const { scan, status, pool, table } = this.shared;
    const length = this.statusFile.read(floor);
    if (length === GONE) this.statusFile.giveUp();
    scan.reset(pool.buf, Math.max(length, 0));
    parseStatus(scan, status);
    const from = this.slot * table.width;
    table.values[from + P.voluntary] = status.voluntarySwitches;
    table.values[from + P.nonvoluntary] = status.nonvoluntarySwitches;
    table.values[from + P.swap] = status.swapBytes;
    if (this.uid === '' && !Number.isNaN(status.uid)) this.uid = String(status.uid);
  }

  private readLimit(): number {
    const { scan, pool } = this.shared;
    scan.reset(pool.buf, Math.max(new ProcessFile(pool, `${this.dir}/limits`).read(NEVER_KEEP), 0));
    return parseOpenFilesLimit(scan);
  }

  private countDescriptors(): number {
    try {
      if (this.shared.fdSize) return fs.statSync(`${this.dir}/fd`).size;
      return fs.readdirSync(`${this.dir}/fd`).length;
    } catch {
      return Number.NaN; // Another user's process does not tell, a vanished one cannot.
    }
  }
}
