/** A file tree that looks like the host of the kernel, with figures that a test sets and changes. */
import fs from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from './cli.ts';

/** Jiffies of one CPU as in `/proc/stat`: user nice system idle iowait irq softirq steal guest guest_nice. */
export type CpuTimes = readonly number[];

/** Figures of `/proc/diskstats` after the name, 17 as in Linux 5.5. */
export type DiskFigures = readonly number[];

/** The state that the files show. */
export interface FakeState {
  cpus: Record<string, CpuTimes>;
  disks: Record<string, DiskFigures>;
  /** 16 figures of `/proc/net/dev`. */
  interfaces: Record<string, readonly number[]>;
  /** kB. */
  memory: Record<string, number>;
  vmstat: Record<string, number>;
  contextSwitches: number;
  interrupts: number;
  forks: number;
  running: number;
  blocked: number;
  load: readonly [number, number, number];
  /** Microseconds. */
  pressure: Record<string, { some?: number; full?: number }>;
  tcp: Record<string, number>;
  tcpExt: Record<string, number>;
  processes: Record<
    number,
    { name: string | Buffer; user: number; system: number; start?: number; residentPages?: number }
  >;
}

/** A host that does nothing. */
export function quietState(): FakeState {
  return {
    cpus: { 0: [0, 0, 0, 1000, 0, 0, 0, 0, 0, 0], 1: [0, 0, 0, 1000, 0, 0, 0, 0, 0, 0] },
    disks: { sda: Array.from({ length: 17 }, () => 0) },
    interfaces: { eth0: Array.from({ length: 16 }, () => 0) },
    memory: {
      MemTotal: 8_000_000,
      MemFree: 4_000_000,
      MemAvailable: 6_000_000,
      Buffers: 100_000,
      Cached: 1_500_000,
      SwapCached: 0,
      Active: 2_000_000,
      Inactive: 1_000_000,
      SwapTotal: 0,
      SwapFree: 0,
      Dirty: 10,
      AnonPages: 1_000_000,
      Shmem: 1000,
      Slab: 400_000,
      Committed_AS: 2_000_000,
    },
    vmstat: { pgpgin: 0, pgpgout: 0, pswpin: 0, pswpout: 0, pgfault: 0, pgmajfault: 0, oom_kill: 0 },
    contextSwitches: 0,
    interrupts: 0,
    forks: 100,
    running: 1,
    blocked: 0,
    load: [0.5, 0.4, 0.3],
    pressure: { cpu: { some: 0, full: 0 }, memory: { some: 0, full: 0 }, io: { some: 0, full: 0 } },
    tcp: {
      ActiveOpens: 0,
      PassiveOpens: 0,
      CurrEstab: 5,
      InSegs: 0,
      OutSegs: 0,
      RetransSegs: 0,
      InErrs: 0,
      OutRsts: 0,
    },
    tcpExt: { ListenOverflows: 0, ListenDrops: 0 },
    processes: {},
  };
}

const sum = (rows: readonly CpuTimes[], i: number): number => rows.reduce((all, row) => all + (row[i] ?? 0), 0);
const keyValues = (name: string, figures: Record<string, number>): string =>
  `${name}: ${Object.keys(figures).join(' ')}\n${name}: ${Object.values(figures).join(' ')}\n`;

function statText({ cpus, interrupts, contextSwitches, forks, running, blocked }: FakeState): string {
  const rows = Object.values(cpus);
  const total = Array.from({ length: 10 }, (_, i) => sum(rows, i));
  const lines = Object.entries(cpus).map(([name, times]) => `cpu${name} ${times.join(' ')}`);
  return [
    `cpu  ${total.join(' ')}`,
    ...lines,
    `intr ${interrupts} 0 0`,
    `ctxt ${contextSwitches}`,
    'btime 1767225600',
    `processes ${forks}`,
    `procs_running ${running}`,
    `procs_blocked ${blocked}`,
    'softirq 0 0 0 0 0 0 0 0 0 0 0\n',
  ].join('\n');
}

function pressureText({ some, full }: { some?: number; full?: number }): string {
  const line = (name: string, total: number | undefined): string =>
    total === undefined ? '' : `${name} avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\n`;
  return line('some', some) + line('full', full);
}

function processStat(
  pid: string,
  { name, user, system, start = 5, residentPages = 100 }: FakeState['processes'][number],
): Buffer {
  const after = [
    'S',
    1,
    1,
    1,
    0,
    -1,
    4194560,
    10,
    0,
    1,
    0,
    user,
    system,
    0,
    0,
    20,
    0,
    1,
    0,
    start,
    1_000_000,
    residentPages,
  ];
  const tail = [...after, ...Array.from({ length: 28 }, () => 0)].join(' ');
  return Buffer.concat([Buffer.from(`${pid} (`), Buffer.from(name), Buffer.from(`) ${tail}\n`)]);
}

/** The tree of one fake host below a temporary directory. */
export class FakeHost {
  readonly root = temporaryDirectory();
  readonly state: FakeState;

  constructor(state: FakeState = quietState()) {
    this.state = state;
    for (const [name, text] of [
      ['ostype', 'Linux'],
      ['osrelease', '6.1.0-fake'],
      ['version', '#1 SMP'],
      ['hostname', 'fakehost'],
      ['domainname', '(none)'],
    ]) {
      this.write(`proc/sys/kernel/${name}`, `${text}\n`);
    }
    this.write('proc/uptime', '5000.00 9000.00\n');
    const mounts = '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n';
    for (const pid of ['self', '1']) this.write(`proc/${pid}/mountinfo`, mounts);
    this.write('proc/mounts', '/dev/sda1 / ext4 rw,relatime 0 0\n');
    fs.mkdirSync(path.join(this.root, 'sys/fs/cgroup'), { recursive: true });
    this.show();
  }

  /** Options that point codoperf to the tree. */
  get args(): string[] {
    const { root } = this;
    return [`--path.procfs=${root}/proc`, `--path.sysfs=${root}/sys`, `--path.rootfs=${root}`];
  }

  /** The same for the library. */
  get paths(): { procfs: string; sysfs: string; rootfs: string; cgroupfs: string } {
    const { root } = this;
    return { procfs: `${root}/proc`, sysfs: `${root}/sys`, rootfs: root, cgroupfs: `${root}/sys/fs/cgroup` };
  }

  /** Writes a file of the tree in place, as the program under test keeps its descriptor. */
  write(file: string, content: string | Buffer): void {
    const full = path.join(this.root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    const bytes = Buffer.from(content as string);
    const fd = fs.openSync(full, fs.existsSync(full) ? 'r+' : 'w');
    fs.writeSync(fd, bytes, 0, bytes.length, 0);
    fs.ftruncateSync(fd, bytes.length);
    fs.closeSync(fd);
  }

  remove(file: string): void {
    fs.rmSync(path.join(this.root, file), { recursive: true, force: true });
  }

  /** Writes every file from the state. */
  show(): void {
    const { state } = this;
    this.write('proc/stat', statText(state));
    this.write('proc/loadavg', `${state.load.map((load) => load.toFixed(2)).join(' ')} ${state.running}/200 4321\n`);
    const memory = Object.entries(state.memory).map(([name, kib]) => `${`${name}:`.padEnd(16)} ${kib} kB\n`);
    this.write('proc/meminfo', memory.join(''));
    this.write(
      'proc/vmstat',
      Object.entries(state.vmstat)
        .map(([name, value]) => `${name} ${value}\n`)
        .join(''),
    );
    const disks = Object.entries(state.disks).map(
      ([name, figures], i) => `   8 ${String(i * 16)} ${name} ${figures.join(' ')}\n`,
    );
    this.write('proc/diskstats', disks.join(''));
    const interfaces = Object.entries(state.interfaces).map(([name, figures]) => `${name}: ${figures.join(' ')}\n`);
    this.write(
      'proc/net/dev',
      `Inter-|   Receive  |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed\n${interfaces.join('')}`,
    );
    this.write('proc/net/snmp', keyValues('Tcp', state.tcp));
    this.write('proc/net/netstat', keyValues('TcpExt', state.tcpExt));
    this.write('proc/net/sockstat', 'sockets: used 50\nTCP: inuse 5 orphan 0 tw 3 alloc 8 mem 1\n');
    for (const [name, totals] of Object.entries(state.pressure))
      this.write(`proc/pressure/${name}`, pressureText(totals));
    this.showProcesses();
  }

  private showProcesses(): void {
    for (const [pid, process] of Object.entries(this.state.processes)) {
      this.write(`proc/${pid}/stat`, processStat(pid, process));
      this.write(`proc/${pid}/cmdline`, Buffer.concat([Buffer.from(process.name), Buffer.from([0])]));
      this.write(
        `proc/${pid}/status`,
        'Name:\tx\nUid:\t0\t0\t0\t0\nThreads:\t1\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t1\n',
      );
    }
  }
}
