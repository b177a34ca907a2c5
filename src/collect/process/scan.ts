/**
 * All processes of one procfs, kept from sample to sample: found by listing the directory, but only
 * when something was forked since, and read through descriptors that stay open.
 */
import fs from 'node:fs';
import { Scanner } from '../../core/scanner.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext } from '../collector.ts';
import { Unavailable } from '../collector.ts';
import type { PseudoFile } from '../files.ts';
import { readText, unavailable } from '../files.ts';
import { DescriptorPool } from './descriptors.ts';
import { Groups } from './groups.ts';
import type { Shared } from './one-process.ts';
import { OneProcess, scratch } from './one-process.ts';
import { factsSpec, groupSpec, infoSpec, processSpec } from './specs.ts';
import { fdSizeWorks, isProcfs, mountHidesProcesses, pageBytes } from './visibility.ts';

/** Seconds between two looks at what moves slowly: descriptors, what is swapped out, a sleeper's memory. */
const REFRESH_SECONDS = 10;
/** Every so many refreshes also what hardly ever changes: limits and control group. */
const RARELY = 30;
const SPREAD = 64;
/** The first refreshes do so too: a new process is often moved to its control group only after its start. */
const EARLY = 2;
const ZERO = 0x30;
const NINE = 0x39;
const FORKS = Buffer.from('\nprocesses ');

/** The processes of one file tree. */
export class ProcessScan {
  /** The processes in the order they were found. */
  readonly all = new Map<number, OneProcess>();
  readonly processes = new Table(processSpec);
  readonly info = new Table(infoSpec);
  readonly groupTable = new Table(groupSpec);
  readonly facts = new Table(factsSpec);
  private readonly groups = new Groups(this.groupTable);
  private readonly scan = new Scanner();
  private readonly shared: Shared;
  private readonly context: CollectContext;
  private readonly statFile: PseudoFile;
  /** Whether the number of forks tells when to list. */
  private readonly trusted: boolean;
  private readonly hides: boolean | undefined;
  /** Pids that are listed but may not be read. */
  private forbidden = new Set<number>();
  private forks = Number.NaN;
  private listing = 0;
  private readTick = -1;
  private first = true;
  private infoChanged = false;

  constructor(context: CollectContext) {
    const { procfs } = context.paths;
    this.context = context;
    this.statFile = context.files.file(`${procfs}/stat`);
    this.trusted = isProcfs(procfs);
    this.hides = mountHidesProcesses(procfs);
    const boot = /^btime (\d+)/m.exec(readText(`${procfs}/stat`) ?? '')?.[1];
    this.shared = {
      procfs,
      pool: new DescriptorPool(),
      scan: this.scan,
      table: this.processes,
      pageBytes: pageBytes(),
      bootSeconds: Number(boot ?? Number.NaN),
      ioDelay: delayAccounting(readText(`${procfs}/sys/kernel/task_delayacct`)),
      fdSize: fdSizeWorks(procfs),
      ...scratch(),
    };
  }

  /** Refills the tables, once a sample whoever asks. */
  read(): void {
    const { files } = this.context;
    if (this.readTick === files.tick) return;
    this.readTick = files.tick;
    const now = this.context.clock.monotonicSeconds();
    this.processes.begin();
    const found = this.list();
    for (const one of this.all.values()) this.readOne(one, now);
    for (const pid of found) if (!this.all.has(pid) && !this.forbidden.has(pid)) this.discover(pid, now);
    this.processes.commit();
    if (this.all.size === 0 && !this.restricted) {
      throw new Unavailable('absent', `${this.context.paths.procfs} shows no process`);
    }
    this.groups.fill(this.all.values(), this.processes);
    if (this.infoChanged) this.fillInfo();
    this.fillFacts();
    this.first = false;
  }

  /** Whether only the processes that the user named are read. */
  get restricted(): boolean {
    return this.context.pids !== undefined;
  }

  close(): void {
    for (const one of this.all.values()) one.close();
    this.all.clear();
  }

  /** The pids to look at, when there can be new ones; none otherwise. */
  private list(): readonly number[] {
    const { pids } = this.context;
    if (pids !== undefined) return this.first ? pids : [];
    if (!this.forked()) return [];
    this.listing++;
    const found: number[] = [];
    const stillForbidden = new Set<number>();
    for (const name of this.listNames()) {
      const first = name.charCodeAt(0);
      if (first < ZERO || first > NINE) continue;
      const pid = Number(name);
      const one = this.all.get(pid);
      if (one !== undefined) one.listed = this.listing;
      else if (this.forbidden.has(pid)) stillForbidden.add(pid);
      found.push(pid);
    }
    this.forbidden = stillForbidden;
    for (const one of this.all.values()) if (one.listed !== this.listing) this.drop(one);
    return found;
  }

  private listNames(): string[] {
    const { procfs } = this.context.paths;
    try {
      return fs.readdirSync(procfs);
    } catch (error) {
      this.close();
      throw unavailable(error, procfs);
    }
  }

  /** Whether anything was forked since the last listing, by the `processes` line of `/proc/stat`. */
  private forked(): boolean {
    if (!this.trusted) return true;
    this.statFile.tryRead();
    const { buf, length } = this.statFile;
    const at = length === 0 ? -1 : Buffer.prototype.lastIndexOf.call(buf, FORKS, length - FORKS.length);
    if (at < 0) return true;
    this.scan.reset(buf, length);
    this.scan.pos = at + FORKS.length;
    const forks = this.scan.uint();
    if (forks === this.forks) return false;
    this.forks = forks;
    return true;
  }

  private readOne(one: OneProcess, now: number): void {
    const due = this.restricted || now >= one.refreshAt;
    if (!one.sample(due)) {
      this.drop(one);
      return;
    }
    this.processes.keep(one.slot);
    if (one.renamed) this.rename(one);
    if (due) this.refresh(one, now);
    this.groups.count(one, this.processes, false);
  }

  private discover(pid: number, now: number): void {
    const one = new OneProcess(this.shared, pid);
    if (!one.identify()) {
      if (one.hidden) this.forbidden.add(pid);
      one.close();
      return;
    }
    const key = String(pid);
    one.slot = this.processes.slot(key, [key, one.comm]);
    this.processes.identify(one.slot, this.shared.stat.startTicks);
    one.begin();
    one.listed = this.listing;
    this.all.set(pid, one);
    this.rename(one);
    // Most of those that start later are gone or another program in the next sample: it can wait until then.
    if (this.first) this.refresh(one, now);
    else one.refreshAt = now;
    this.groups.count(one, this.processes, !this.first);
  }

  private rename(one: OneProcess): void {
    if (this.first || one.described) one.describe();
    this.label(one);
    this.groups.join(one);
  }

  private label(one: OneProcess): void {
    this.processes.relabel(one.slot, [String(one.pid), one.comm], one.detail);
    one.infoStale = true;
    this.infoChanged = true;
  }

  private refresh(one: OneProcess, now: number): void {
    const rarely = one.refreshes < EARLY || one.refreshes % RARELY === 0;
    if (!one.described) {
      one.describe();
      this.label(one);
    }
    if (one.refresh(rarely)) {
      one.infoStale = true;
      this.infoChanged = true;
    }
    // Spread over the interval, so that no sample has to look at all of them.
    const spread = one.refreshes === 0 ? (one.pid % SPREAD) / SPREAD : 1;
    one.refreshes++;
    // Nobody swaps out a thread of the kernel or opens a file for it.
    one.refreshAt = one.kernel ? Number.POSITIVE_INFINITY : now + REFRESH_SECONDS * spread;
  }

  private drop(one: OneProcess): void {
    one.close();
    this.groups.leave(one);
    this.all.delete(one.pid);
    this.infoChanged = true;
  }

  private fillInfo(): void {
    const { info } = this;
    this.infoChanged = false;
    info.begin();
    for (const one of this.all.values()) {
      if (!one.described) continue;
      if (one.infoStale) this.labelInfo(one);
      else info.keep(one.infoSlot);
      info.values[one.infoSlot] = 1;
    }
    info.commit();
  }

  private labelInfo(one: OneProcess): void {
    const key = String(one.pid);
    const labels = [key, one.comm, one.uid, one.cgroup];
    one.infoStale = false;
    one.infoSlot = this.info.slot(key, labels);
    // The slot may still carry the labels of before, or those of the last process with this pid.
    if (labels.some((label, i) => label !== this.info.row(one.infoSlot).labels[i]))
      this.info.relabel(one.infoSlot, labels);
  }

  /** Processes are hidden when the mount says so and it applies to us: the first of them is not there. */
  private fillFacts(): void {
    const { facts, hides } = this;
    facts.begin();
    const slot = facts.single();
    const applies = this.forbidden.size > 0 || !this.all.has(1);
    if (hides !== undefined && !this.restricted) facts.values[slot] = hides && applies ? 1 : 0;
    facts.commit();
  }
}

/** The sysctl is there since Linux 5.14. https://docs.kernel.org/accounting/delay-accounting.html */
function delayAccounting(sysctl: string | undefined): Shared['ioDelay'] {
  if (sysctl === undefined) return 'unknown';
  return sysctl === '0' ? 'off' : 'on';
}

const scans = new WeakMap<object, ProcessScan>();

/** The processes of a sampler, read once a sample for all of its collectors. */
export function processScan(context: CollectContext): ProcessScan {
  const known = scans.get(context.files);
  if (known !== undefined) return known;
  const scan = new ProcessScan(context);
  scans.set(context.files, scan);
  return scan;
}
