/** One measurement: sampler, loop, summaries, verdict, report. Prints nothing. */
import fs from 'node:fs';
import { collectors as allCollectors } from '../../collect/registry.gen.ts';
import type { Sampler } from '../../collect/sampler.ts';
import { createSampler } from '../../collect/sampler.ts';
import { systemClock } from '../../core/clock.ts';
import { CodoperfError, ExitCode, errnoOf, worstExitCode } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { outcomeNames } from '../../core/outcome.ts';
import { SelfBudget, ownCpuSeconds, peakResidentBytes } from '../../record/budget.ts';
import { FrameSource } from '../../record/frames.ts';
import type { LoopResult } from '../../record/loop.ts';
import { runLoop } from '../../record/loop.ts';
import { WallClock } from '../../record/wall-clock.ts';
import { anyAtLeast, bySeverity } from '../../report/finding.ts';
import { hostFacts } from '../../report/host-facts.ts';
import type { CollectorReport, MonitorReport } from '../../report/monitor-report.ts';
import { resourcesOf } from '../../report/monitor-report.ts';
import { NodeLedger } from '../../report/node-ledger.ts';
import { ProcessLedger } from '../../report/process-ledger.ts';
import { Summarizer } from '../../report/summarizer.ts';
import { checkThresholds } from '../../report/thresholds.ts';
import { judge } from '../../report/verdict.ts';
import { version } from '../version.ts';
import type { MonitorStatsSettings } from './settings.ts';

/** Lets a caller follow the measurement. */
export interface MeasureHooks {
  readonly stop: AbortSignal;
  onFrame?(frame: Frame): void | Promise<void>;
  warn(message: string): void;
}

/** Everything a view needs when the measurement is over. */
export interface Measured {
  readonly exitCode: number;
  readonly report: MonitorReport;
  readonly frame: Frame;
}

/** A measurement that can be observed while it runs. */
export class Measurement {
  readonly summarizer: Summarizer;
  readonly processes = new ProcessLedger();
  readonly nodes = new NodeLedger();
  /** The frame of the last tick; there from the baseline on. */
  frame: Frame | undefined;
  /** What became of the ticks up to now; there with `frame`. */
  soFar: Readonly<LoopResult> | undefined;
  private readonly settings: MonitorStatsSettings;
  private startMs = 0;
  /** Seconds of the window that were observed: pauses left out. */
  private observedSeconds = 0;
  private cpuAtStart = 0;
  private wall: WallClock | undefined;

  constructor(settings: MonitorStatsSettings) {
    this.settings = settings;
    this.summarizer = new Summarizer(settings.sections);
  }

  /** Runs to the end of the duration or until `stop`. */
  async run(hooks: MeasureHooks): Promise<Measured> {
    const { settings } = this;
    const sampler = await openSampler(settings);
    try {
      this.cpuAtStart = ownCpuSeconds();
      const result = await this.loop(sampler, hooks);
      return this.finish(result, hooks);
    } finally {
      sampler.close();
    }
  }

  /** The report of what was measured so far. */
  report(result: LoopResult): MonitorReport {
    const frame = this.frame as Frame;
    const { settings, summarizer } = this;
    const seconds = Math.max(0, (frame.t_ms - this.startMs) / 1000);
    const judged = judge(summarizer, this.observedSeconds, this.processes, settings.monitorType, this.nodes);
    const limits = checkThresholds(settings.thresholds, summarizer);
    const cpu = ownCpuSeconds() - this.cpuAtStart;
    return {
      schema: 'codoperf/monitor-stats@1',
      version,
      monitor_type: settings.monitorType,
      host: hostFacts(frame),
      window: {
        start: new Date(this.startMs).toISOString(),
        end: new Date(frame.t_ms).toISOString(),
        duration_seconds: seconds,
        interval_seconds: settings.intervalSeconds,
        effective_interval_seconds: result.intervalSeconds,
        samples: result.samples,
        missed: result.missed,
        gaps: result.gaps,
        interrupted: result.interrupted,
      },
      verdict: judged.verdict,
      resources: resourcesOf(summarizer, this.processes, settings.verbose),
      findings: bySeverity([...limits.findings, ...judged.findings]),
      collectors: frame.collectors.map(collectorReport),
      overhead: {
        cpu_seconds: cpu,
        cpu_ratio: seconds > 0 ? cpu / seconds : null,
        max_rss_bytes: peakResidentBytes(),
      },
    };
  }

  private async loop(sampler: Sampler, hooks: MeasureHooks): Promise<LoopResult> {
    const { settings } = this;
    const clock = systemClock;
    this.wall = new WallClock(clock, () => uptimeSeconds(settings.paths.procfs));
    return runLoop({
      intervalSeconds: settings.intervalSeconds,
      samples: Math.floor(settings.durationSeconds / settings.intervalSeconds + 1e-9),
      clock,
      frames: new FrameSource(sampler, this.wall),
      budget: new SelfBudget(settings.maxOverheadRatio),
      stop: hooks.stop,
      onFrame: (frame, soFar) => {
        this.soFar = soFar;
        return this.take(frame, hooks);
      },
      onSlowDown: (ratio, interval) =>
        hooks.warn(
          `codoperf itself took ${(ratio * 100).toFixed(1)} % of a core, above its limit of ${(settings.maxOverheadRatio * 100).toFixed(0)} %: it goes on every ${interval} s`,
        ),
    });
  }

  private take(frame: Frame, hooks: MeasureHooks): void | Promise<void> {
    if (frame.index === 0) {
      this.startMs = frame.t_ms;
      assertSomethingCollected(frame.collectors);
    }
    if (frame.index > 0 && !frame.gap) this.observedSeconds += frame.elapsedSeconds;
    this.frame = frame;
    this.summarizer.add(frame);
    this.processes.add(frame);
    this.nodes.add(frame);
    return hooks.onFrame?.(frame);
  }

  private finish(result: LoopResult, hooks: MeasureHooks): Measured {
    const { settings } = this;
    const report = this.report(result);
    const stepped = this.wall?.steppedSeconds ?? 0;
    if (stepped !== 0)
      hooks.warn(
        `the wall clock was set by ${stepped.toFixed(0)} s meanwhile; times here go on from where it stood at the start`,
      );
    for (const text of missingParts((this.frame as Frame).collectors)) hooks.warn(text);
    for (const { section, full } of this.summarizer.sections) {
      if (full)
        hooks.warn(
          `${section.resource}.${section.key}: there are too many to keep all apart; those seen last are left out`,
        );
    }
    for (const text of checkThresholds(settings.thresholds, this.summarizer).unknown) {
      hooks.warn(`cannot tell about the limit ${text}: nothing was observed of it`);
    }
    return { report, exitCode: this.exitCode(report), frame: this.frame as Frame };
  }

  private exitCode({ findings }: MonitorReport): number {
    const codes: number[] = [ExitCode.ok];
    const { failOn } = this.settings;
    if (failOn !== undefined && anyAtLeast(findings, failOn)) {
      codes.push(anyAtLeast(findings, 'critical') ? ExitCode.criticalFinding : ExitCode.warningFinding);
    }
    if (missingParts((this.frame as Frame).collectors).length > 0) codes.push(ExitCode.partialData);
    return worstExitCode(codes);
  }
}

/** Opens a sampler for the collectors that the sections need, or for all with `--once`. */
export async function openSampler(settings: MonitorStatsSettings, eager = false): Promise<Sampler> {
  // The others may be missing on a healthy host (containers, kernels without cgroups, no udev).
  for (const tree of ['procfs', 'rootfs'] as const) assertDirectory(`--path.${tree}`, settings.paths[tree]);
  const wanted = showsEverything(settings) ? undefined : collectorsOf(settings);
  const names = allCollectors
    .filter(
      ({ name, enabledByDefault }) =>
        settings.collectors[name] ?? (wanted === undefined ? enabledByDefault : wanted.has(name)),
    )
    .map(({ name }) => name);
  return createSampler({ paths: settings.paths, collectors: names, pids: settings.pids, eager });
}

/** The formats of raw series show every collector; the others only what their sections stand on. */
function showsEverything({ once, format, monitorType }: MonitorStatsSettings): boolean {
  return monitorType === 'all' && (once || format.name === 'prometheus');
}

/** What the header and the verdict of every report need. */
const always = ['cpu', 'stat', 'meminfo', 'uname', 'pressure', 'process'];

function collectorsOf({ sections }: MonitorStatsSettings): Set<string> {
  return new Set([...always, ...sections.flatMap(({ collectors }) => collectors)]);
}

/** Throws ROOT_NOT_FOUND unless the file tree is there. */
export function assertDirectory(option: string, path: string): void {
  try {
    if (!fs.statSync(path).isDirectory())
      throw new CodoperfError('ROOT_NOT_FOUND', { option, path, reason: 'is not a directory' });
  } catch (error) {
    if (error instanceof CodoperfError) throw error;
    const reason =
      errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${errnoOf(error) ?? 'unknown reason'})`;
    throw new CodoperfError('ROOT_NOT_FOUND', { option, path, reason }, error);
  }
}

/** A collector as far as it matters for whether the result is whole. */
interface Attempt {
  readonly name: string;
  readonly success: boolean;
  /** The source was there, but held something else or may not be read. */
  readonly broken: boolean;
  readonly failure: string | undefined;
}

/** These two read no file tree to speak of, so they prove nothing. */
const unproving = new Set(['time', 'uname']);
/** Sources that every Linux host has: without them the result is partial. */
const essential = new Set(['cpu', 'stat', 'meminfo', 'diskstats', 'netdev']);

/** Throws NOTHING_COLLECTED when no collector found its source. */
export function assertSomethingCollected(attempts: readonly Attempt[]): void {
  if (attempts.some(({ success, name }) => success && !unproving.has(name))) return;
  const reason = attempts.find(({ failure }) => failure !== undefined)?.failure ?? 'none is switched on';
  throw new CodoperfError('NOTHING_COLLECTED', { reason });
}

/** What is missing from the result, in words; none when it is whole. */
export function missingParts(attempts: readonly Attempt[]): string[] {
  return attempts
    .filter(({ name, success, broken }) => !success && (broken || essential.has(name)))
    .map(({ name, failure }) => `${name}: ${failure ?? 'not read'}; its figures are missing`);
}

function collectorReport({
  name,
  success,
  failure,
  durationSeconds,
  tables,
}: Frame['collectors'][number]): CollectorReport {
  const outcomes = outcomeNames.map(
    (outcome, code) => [outcome, tables.reduce((sum, { counts }) => sum + counts[code], 0)] as const,
  );
  return {
    name,
    success,
    failure: failure ?? null,
    duration_seconds: durationSeconds,
    outcomes: Object.fromEntries(outcomes.filter(([, count]) => count > 0)),
  };
}

/** Seconds since the boot by `/proc/uptime`; `undefined` when the file tree has none. */
export function uptimeSeconds(procfs: string): number | undefined {
  try {
    const seconds = Number.parseFloat(fs.readFileSync(`${procfs}/uptime`, 'latin1'));
    return Number.isNaN(seconds) ? undefined : seconds;
  } catch {
    return undefined; // A root without uptime cannot tell a sleep from a step of the clock.
  }
}
