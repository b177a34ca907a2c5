/** The probes of one thread: started, read and stopped so that one that fails takes nothing with it. */
import type { ProbeRow } from '../wire/agent/messages.ts';
import { guarded, note } from './guard.ts';
import { countFailure } from './probe-failures.ts';
import type { Probe, RunningProbe } from './probe.ts';

interface Started {
  readonly name: string;
  readonly running: RunningProbe;
}

/** The probes that run in this thread. */
export class ProbeSet {
  private started: readonly Started[] = [];

  /** Starts those of `probes` that this thread and this version of Node.js can have; some may run already. */
  start(probes: readonly Probe[], isMainThread: boolean, early: ReadonlyMap<string, RunningProbe>): void {
    this.started = probes.flatMap((probe) => {
      const { name } = probe;
      if (probe.scope === 'process' && !isMainThread) return [];
      const running = early.get(name) ?? startProbe(probe);
      return running === undefined ? [] : [{ name, running }];
    });
  }

  /** Starts what the probes left for later. */
  settle(): void {
    for (const { name, running } of this.started) counted(`${name}: settle`, () => running.settle?.());
  }

  /** The figures of this moment; those of a probe that throws are left out. */
  rows(window: number): ProbeRow[] {
    return this.started.flatMap(({ name, running }) => {
      const rows: ProbeRow[] = [];
      const whole = counted(`${name}: read`, () => {
        running.read((table, labels, figures) => {
          rows.push([`${name}/${table}`, [...labels], Array.from(figures)]);
        }, window);
        return true;
      });
      return whole ? rows : [];
    });
  }

  /** Undoes what the probes did. */
  stop(): void {
    for (const { name, running } of this.started) guarded(`${name}: stop`, () => running.stop());
    this.started = [];
  }
}

/** The probe at work; `undefined` when this version of Node.js cannot tell, or it failed. */
export function startProbe(probe: Probe): RunningProbe | undefined {
  return counted(`${probe.name}: start`, () => (probe.supported?.() === false ? undefined : probe.start()));
}

function counted<T>(what: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    countFailure();
    note(what, error);
    return undefined;
  }
}
