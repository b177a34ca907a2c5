/**
 * One full sample of the host: every collector read once, each on its own, so that one that fails
 * does not stop the others. `sample()` allocates nothing in the steady state; `rows()` does.
 */
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { SeriesRow } from '../core/series.ts';
import { tableRows } from '../core/series.ts';
import type { Table } from '../core/table.ts';
import type { Collector, Paths, Reader } from './collector.ts';
import { Unavailable, hostPaths } from './collector.ts';
import { FileSet, RETRY_SECONDS } from './files.ts';
import { collectors as allCollectors } from './registry.gen.ts';

/** What `createSampler` can be told. */
export interface SamplerOptions {
  readonly paths?: Partial<Paths>;
  /** Names of the collectors to open; those enabled by default when absent. */
  readonly collectors?: readonly string[];
  /** Whether to read every process (`/proc/<pid>`). Default: true. */
  readonly processes?: boolean;
  /** Whether to read every cgroup. Default: true. */
  readonly cgroups?: boolean;
  readonly clock?: Clock;
  /** Only these processes. */
  readonly pids?: readonly number[];
  /** Look for absent files at every sample instead of now and then. */
  readonly eager?: boolean;
}

/** What one collector did in the current sample. */
export interface CollectorState {
  readonly collector: Collector;
  readonly tables: readonly Table[];
  /** Whether its source could be read in the last attempt. */
  success: boolean;
  /** What went wrong in the last attempt. */
  failure: Unavailable | undefined;
  durationSeconds: number;
  /** Monotonic seconds of its last read; NaN before the first. */
  readAt: number;
  /** Whether it was read in the current sample (slow collectors sit out fast ticks). */
  fresh: boolean;
}

/** The state of the host at one moment; the object and its tables are reused by the next `sample()`. */
export interface Sample {
  /** Wall-clock milliseconds: an anchor taken at the start plus monotonic time. */
  t_ms: number;
  monotonicSeconds: number;
  readonly collectors: readonly CollectorState[];
}

/**
 * Which collectors to read: `all` of them; all but those of what hardly moves (file systems, link states,
 * names), which keep their figures until their own interval has passed (`steady`); only those that are
 * `due`, for loops faster than a second.
 */
export type Which = 'all' | 'steady' | 'due';

/** Reads the host; made by `createSampler`. */
export interface Sampler {
  /**
   * Asks what the next `sample(which)` cannot ask itself, as it does not wait: Node.js processes about themselves.
   * Waits for `patienceMs` (default: 1000) at most, `undefined` when there is nothing to wait for. Without it the
   * tables of these collectors show what the last one brought.
   */
  gather?(patienceMs?: number, which?: Which): Promise<void> | undefined;
  /** Reads the collectors; the default is `steady`. */
  sample(which?: Which): Sample;
  /** Every series of the current sample with its raw value. */
  rows(): Iterable<SeriesRow>;
  close(): void;
}

/** From this interval on a collector shows what hardly moves. */
const SLOW_SECONDS = 10;
/** Slack that lets a collector with a 1 s interval run in a 1 s loop that wakes a little early. */
const DUE_SLACK_SECONDS = 0.02;
const PATIENCE_MS = 1000;

class HostSampler implements Sampler {
  private readonly clock: Clock;
  private readonly files: FileSet;
  private readonly readers: Reader[] = [];
  private readonly states: CollectorState[] = [];
  /** Seconds until each collector is due again in a loop. */
  private readonly waits: number[] = [];
  /** The collectors that `gather` asks for, and whether it did for the next sample. */
  private readonly gatherers: number[] = [];
  private readonly gathered: (boolean | undefined)[] = [];
  private readonly current: Sample;
  private readonly wallAnchorMs: number;

  constructor(options: SamplerOptions) {
    this.clock = options.clock ?? systemClock;
    this.files = new FileSet(options.eager !== true);
    const paths = resolvePaths(options.paths);
    const context = { paths, clock: this.clock, files: this.files, pids: options.pids };
    for (const collector of chosenCollectors(options)) {
      const reader = collector.open(context);
      this.readers.push(reader);
      this.states.push({
        collector,
        tables: reader.tables,
        success: false,
        failure: undefined,
        durationSeconds: 0,
        readAt: Number.NaN,
        fresh: false,
      });
      this.waits.push(collector.minIntervalSeconds ?? 0);
      this.gathered.push(undefined);
      if (reader.gather !== undefined) this.gatherers.push(this.readers.length - 1);
    }
    this.wallAnchorMs = this.clock.wallMs() - this.clock.monotonicSeconds() * 1000;
    this.current = { t_ms: 0, monotonicSeconds: 0, collectors: this.states };
  }

  gather(patienceMs = PATIENCE_MS, which: Which = 'steady'): Promise<void> | undefined {
    const now = this.clock.monotonicSeconds();
    let all: Promise<void>[] | undefined;
    for (const i of this.gatherers) {
      const due = this.isDue(i, which, now);
      this.gathered[i] = due;
      const one = due ? this.readers[i].gather?.(patienceMs) : undefined;
      if (one !== undefined) (all ??= []).push(one);
    }
    return all === undefined ? undefined : Promise.all(all).then(() => undefined);
  }

  sample(which: Which = 'steady'): Sample {
    const { current, clock, gathered } = this;
    const now = clock.monotonicSeconds();
    current.monotonicSeconds = now;
    current.t_ms = Math.round(this.wallAnchorMs + now * 1000);
    this.files.tick++;
    this.files.nowSeconds = now;
    let start = now;
    for (let i = 0; i < this.readers.length; i++) {
      const state = this.states[i];
      state.fresh = gathered[i] ?? this.isDue(i, which, now);
      gathered[i] = undefined;
      if (!state.fresh) continue;
      state.readAt = start;
      this.readOne(this.readers[i], state);
      const end = clock.monotonicSeconds();
      state.durationSeconds = end - start;
      start = end;
      this.waits[i] = usualWait(state);
    }
    return current;
  }

  private isDue(i: number, which: Which, now: number): boolean {
    return !(now - this.states[i].readAt < this.waitOf(i, which) - DUE_SLACK_SECONDS);
  }

  private waitOf(i: number, which: Which): number {
    const wait = this.waits[i];
    return which === 'due' || (which === 'steady' && wait >= SLOW_SECONDS) ? wait : 0;
  }

  private readOne(reader: Reader, state: CollectorState): void {
    try {
      reader.read();
      state.success = true;
      state.failure = undefined;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      state.success = false;
      state.failure = error;
      for (const table of reader.tables) table.clear();
    }
  }

  *rows(): Iterable<SeriesRow> {
    for (const { tables } of this.states) {
      for (const table of tables) yield* tableRows(table);
    }
  }

  /** Waits for the readers that must ask something asynchronously before the first sample. */
  async ready(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.ready?.()));
  }

  close(): void {
    for (const reader of this.readers) reader.close?.();
    this.files.close();
  }
}

/** What a machine does not have is looked for again only now and then. */
function usualWait({ collector, failure }: CollectorState): number {
  const usual = collector.minIntervalSeconds ?? 0;
  return failure?.reason === 'absent' ? Math.max(usual, RETRY_SECONDS) : usual;
}

/** Trees that are not given are those of this machine, except that cgroups belong to the sysfs that is given. */
function resolvePaths(given: Partial<Paths> = {}): Paths {
  const below = given.sysfs === undefined ? {} : { cgroupfs: `${given.sysfs}/fs/cgroup` };
  return { ...hostPaths, ...below, ...given };
}

function chosenCollectors(options: SamplerOptions): Collector[] {
  return allCollectors.filter(({ name, enabledByDefault }) => {
    if (name === 'process' && options.processes === false) return false;
    if (name === 'cgroup' && options.cgroups === false) return false;
    return options.collectors === undefined ? enabledByDefault : options.collectors.includes(name);
  });
}

/** Opens the host, or the file trees that `paths` points to, for sampling. */
export async function createSampler(options: SamplerOptions = {}): Promise<Sampler> {
  const sampler = new HostSampler(options);
  await sampler.ready();
  return sampler;
}
