/**
 * Tells a sleep of the machine from a step of its wall clock. Both show as wall time running away from
 * CLOCK_MONOTONIC, but only asleep does `/proc/uptime`, which counts it, run away too.
 */
import type { Clock } from '../core/clock.ts';

/** Smaller differences are NTP slewing the clock. */
const STEP_SECONDS = 1;

/** Watches one pair of clocks. */
export class WallClock {
  /** Seconds the machine slept since the start. */
  suspendedSeconds = 0;
  /** Seconds by which somebody set the wall clock since the start; negative is back. */
  steppedSeconds = 0;
  private readonly clock: Clock;
  private readonly uptime: () => number | undefined;
  private skew: number;
  private asleep: number | undefined;

  /** `uptimeSeconds` reads `/proc/uptime`; it is asked only when the clocks disagree. */
  constructor(clock: Clock, uptimeSeconds: () => number | undefined) {
    this.clock = clock;
    this.uptime = uptimeSeconds;
    this.skew = this.skewNow();
    this.asleep = this.asleepNow();
  }

  /** Looks at the clocks; `true` when the machine slept since the last look. */
  look(): boolean {
    const skew = this.skewNow();
    const jump = skew - this.skew;
    if (Math.abs(jump) < STEP_SECONDS) return false;
    this.skew = skew;
    const before = this.asleep;
    this.asleep = this.asleepNow();
    const slept = before === undefined || this.asleep === undefined ? 0 : this.asleep - before;
    if (slept < STEP_SECONDS) {
      this.steppedSeconds += jump;
      return false;
    }
    this.suspendedSeconds += slept;
    if (Math.abs(jump - slept) >= STEP_SECONDS) this.steppedSeconds += jump - slept;
    return true;
  }

  private skewNow(): number {
    return this.clock.wallMs() / 1000 - this.clock.monotonicSeconds();
  }

  private asleepNow(): number | undefined {
    const uptime = this.uptime();
    return uptime === undefined ? undefined : uptime - this.clock.monotonicSeconds();
  }
}
