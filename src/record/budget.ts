/**
 * A bound on what the monitor itself may cost. Above it the interval doubles, and the caller says so:
 * a monitor that eats the machine it watches answers the wrong question (netdata #16990, glances #3027).
 */
import fs from 'node:fs';

/** Until the loop is compiled it costs several times what it does later. */
const WARM_UP_SECONDS = 5;
const JUDGE_AFTER_SECONDS = 5;
const JUDGE_AFTER_TICKS = 5;

/** CPU seconds of this process so far (user and system). */
export type CpuSeconds = () => number;

/** CPU seconds of the process that calls it. */
export const ownCpuSeconds: CpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/**
 * The most memory that this process had in RAM so far. `getrusage` will not do: over `exec` it inherits
 * the peak of the parent. https://docs.kernel.org/filesystems/proc.html (VmHWM)
 */
export function peakResidentBytes(): number {
  const now = process.memoryUsage.rss();
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1];
    return kib === undefined ? now : Number(kib) * 1024;
  } catch {
    return now; // Without /proc the present value is the best that is known.
  }
}

/** Watches the CPU share of the loop; `limitRatio` is of one core (0.1 = 10 %). */
export class SelfBudget {
  readonly limitRatio: number;
  private readonly cpu: CpuSeconds;
  private since = Number.NaN;
  private cpuSince = 0;
  private ticks = 0;

  constructor(limitRatio: number, cpu: CpuSeconds = ownCpuSeconds) {
    this.limitRatio = limitRatio;
    this.cpu = cpu;
  }

  /** Called after every tick; the share of a core when it was above the limit, else `undefined`. */
  exceeded(now: number, elapsedSinceStart: number): number | undefined {
    if (elapsedSinceStart < WARM_UP_SECONDS) return undefined;
    if (Number.isNaN(this.since)) {
      this.restart(now);
      return undefined;
    }
    this.ticks++;
    const elapsed = now - this.since;
    if (this.ticks < JUDGE_AFTER_TICKS || elapsed < JUDGE_AFTER_SECONDS) return undefined;
    const ratio = (this.cpu() - this.cpuSince) / elapsed;
    this.restart(now);
    return ratio > this.limitRatio ? ratio : undefined;
  }

  private restart(now: number): void {
    this.since = now;
    this.cpuSince = this.cpu();
    this.ticks = 0;
  }
}
