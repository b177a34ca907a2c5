/** CPU time by mode as mpstat shows it, of one CPU or of all: shares that add up to 1. */
import type { RepairedTable } from '../core/repair.ts';
import type { Stat, TextColumn } from './section.ts';

const modes = ['user', 'nice', 'system', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'idle'] as const;

/** Column order of `node_cpu_seconds_total` and `node_cpu_guest_seconds_total` in the collector's table. */
const USER = 0;
const NICE = 1;
const SYSTEM = 2;
const IDLE = 3;
const IOWAIT = 4;
const IRQ = 5;
const SOFTIRQ = 6;
const STEAL = 7;
const GUEST = 8;
const GUEST_NICE = 9;

const meaning: Record<(typeof modes)[number], string> = {
  user: 'user code, virtual machines not included',
  nice: 'user code of lowered priority',
  system: 'the kernel on behalf of processes',
  iowait: 'idle while a disk request was outstanding',
  irq: 'hardware interrupts',
  softirq: 'software interrupts (network, timers)',
  steal: 'involuntary wait: the hypervisor ran something else',
  guest: 'virtual machines run by this host',
  idle: 'idle with no disk request outstanding',
};

/** The statistics, in the order that `writeCpuModes` fills them. */
export function cpuModeStats(of: string): Stat[] {
  return [
    ...modes.map(
      (mode): Stat => ({ name: `${mode}_ratio`, unit: 'ratio', help: `Share of the time of ${of}: ${meaning[mode]}.` }),
    ),
    { name: 'busy_ratio', unit: 'ratio', help: `Share of the time of ${of} that was neither idle nor iowait.` },
  ];
}

/** mpstat's columns. */
export const cpuModeColumns: readonly TextColumn[] = [
  { head: '%usr', stat: 'user_ratio', scale: 100 },
  { head: '%nice', stat: 'nice_ratio', scale: 100 },
  { head: '%sys', stat: 'system_ratio', scale: 100 },
  { head: '%iowait', stat: 'iowait_ratio', scale: 100 },
  { head: '%irq', stat: 'irq_ratio', scale: 100 },
  { head: '%soft', stat: 'softirq_ratio', scale: 100 },
  { head: '%steal', stat: 'steal_ratio', scale: 100 },
  { head: '%guest', stat: 'guest_ratio', scale: 100 },
  { head: '%idle', stat: 'idle_ratio', scale: 100 },
];

/** Seconds by mode, summed over CPUs; reused from frame to frame. */
export class CpuModeSums {
  private readonly sums = new Float64Array(10);

  /** Starts over. */
  clear(): void {
    this.sums.fill(0);
  }

  /** Adds the increases of one CPU; `false` when they are not all known (hotplug, gap). */
  add(table: RepairedTable, slot: number): boolean {
    const from = slot * table.table.width;
    if (!(table.delta[from + IDLE] >= 0) || table.gap) return false;
    for (let i = from; i < from + this.sums.length; i++) {
      // There, but began again: its increase is not known, and so neither are the shares.
      if (Number.isNaN(table.delta[i]) && !Number.isNaN(table.value[i])) return false;
    }
    for (let i = 0; i < this.sums.length; i++) {
      const delta = table.delta[from + i];
      // Kernels before 2.6.33 lack the last fields: nothing was counted there.
      if (delta > 0) this.sums[i] += delta;
    }
    return true;
  }

  /** Writes the shares into `out` in the order of `cpuModeStats`. */
  write(out: Float64Array): void {
    const t = this.sums;
    const total = t[USER] + t[NICE] + t[SYSTEM] + t[IDLE] + t[IOWAIT] + t[IRQ] + t[SOFTIRQ] + t[STEAL];
    if (!(total > 0)) return;
    out[0] = Math.max(0, t[USER] - t[GUEST]) / total;
    out[1] = Math.max(0, t[NICE] - t[GUEST_NICE]) / total;
    out[2] = t[SYSTEM] / total;
    out[3] = t[IOWAIT] / total;
    out[4] = t[IRQ] / total;
    out[5] = t[SOFTIRQ] / total;
    out[6] = t[STEAL] / total;
    out[7] = (t[GUEST] + t[GUEST_NICE]) / total;
    out[8] = t[IDLE] / total;
    out[9] = (t[USER] + t[NICE] + t[SYSTEM] + t[IRQ] + t[SOFTIRQ] + t[STEAL]) / total;
  }
}
