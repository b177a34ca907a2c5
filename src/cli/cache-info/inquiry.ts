/** From settings to a report: programs and servers asked, rules applied, caches cleared. Prints nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode, worstExitCode } from '../../core/errors.ts';
import { ownCpuSeconds, peakResidentBytes } from '../../record/budget.ts';
import type { CacheReport } from '../../report/cache-report.ts';
import { findingsOf } from '../../report/cache-report.ts';
import { anyAtLeast, bySeverity } from '../../report/finding.ts';
import type { HostFacts } from '../../report/monitor-report.ts';
import { version } from '../version.ts';
import { Attached } from './attached.ts';
import type { ClearResult } from './clear.ts';
import { clearCaches } from './clear.ts';
import type { CacheAnswer, InquiryContext } from './context.ts';
import { readHostFacts } from './host.ts';
import type { FoundAgents, Look } from './look.ts';
import { findAgents, look, noAgents } from './look.ts';
import { Servers } from './servers.ts';
import type { CacheInfoSettings } from './settings.ts';

/** Everything that stays open between two looks of `--watch`. */
export class CacheInquiry {
  private readonly settings: CacheInfoSettings;
  private readonly context: InquiryContext;
  private readonly servers = new Servers();
  private attached: Attached | undefined;
  private host: HostFacts | undefined;
  private before: Look | undefined;
  private opened = false;

  constructor(settings: CacheInfoSettings, context: InquiryContext) {
    this.settings = settings;
    this.context = context;
  }

  /** One look, after what was to be cleared is. */
  async ask(): Promise<CacheAnswer> {
    const { settings, context } = this;
    const start = Date.now();
    const cpu = ownCpuSeconds();
    this.host ??= await readHostFacts();
    const first = !this.opened;
    await this.open();
    const cleared = settings.clear === undefined ? undefined : await this.clear();
    if (first && this.servers.present)
      await sleep(settings.intervalSeconds * 1000, undefined, { signal: context.signal }).catch(() => undefined);
    const servers = await this.servers.report(settings);
    const seen = await look(settings, this.agents(), this.before);
    this.before = seen;
    const caches = [...seen.caches, ...servers];
    const end = Date.now();
    const report: CacheReport = {
      schema: 'codoperf/cache-info@1',
      version,
      cache_type: settings.type,
      host: this.host,
      window: {
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
        duration_seconds: (end - start) / 1000,
        interval_seconds: settings.intervalSeconds,
        samples: this.servers.present ? 2 : 1,
        missed: 0,
        interrupted: context.signal.aborted,
      },
      processes: seen.processes,
      unwatched: seen.unwatched,
      caches,
      functions: seen.functions,
      cleared: cleared === undefined ? null : cleared.cleared,
      would_clear: cleared?.wouldClear ?? null,
      notes: [...seen.notes, ...(cleared?.notes ?? []), ...this.servers.notes, ...this.failureNotes()],
      findings: bySeverity(findingsOf(caches)),
      overhead: {
        cpu_seconds: ownCpuSeconds() - cpu,
        cpu_ratio: end > start ? (ownCpuSeconds() - cpu) / ((end - start) / 1000) : null,
        max_rss_bytes: peakResidentBytes(),
      },
    };
    return { report, exitCode: this.exitCode(report, cleared), serverSeries: await this.servers.series() };
  }

  /** Closes connections, and takes the agent out of a process that it was brought into. */
  async close(): Promise<void> {
    await this.servers.close();
    await this.attached?.detach();
  }

  private async open(): Promise<void> {
    if (this.opened) return;
    const { settings, context } = this;
    if (settings.attach !== undefined) this.attached = await Attached.attach(settings.attach, context);
    await this.servers.open(settings);
    this.opened = true;
  }

  /** Whom to ask: a process that was attached to is the only one, unless others were named. */
  private agents(): FoundAgents {
    const { settings, context, attached } = this;
    const found = attached !== undefined && settings.pids === undefined ? noAgents : findAgents(settings, context.env);
    return attached === undefined ? found : { ...found, agents: [...found.agents, attached.agent] };
  }

  private clear(): Promise<ClearResult> {
    const { settings, context } = this;
    const clear = settings.clear as NonNullable<CacheInfoSettings['clear']>;
    const { agents } = this.agents();
    return clearCaches({ settings, clear, agents, env: context.env, confirm: context.confirm });
  }

  private failureNotes(): string[] {
    return this.servers.failures.map(({ message, remedy }) => `${message}. ${remedy}`);
  }

  private exitCode(report: CacheReport, cleared: ClearResult | undefined): number {
    const codes: number[] = [
      cleared?.exitCode ?? ExitCode.ok,
      ...this.servers.failures.map(({ exitCode }) => exitCode),
    ];
    const { failOn } = this.settings;
    if (failOn !== undefined && anyAtLeast(report.findings, failOn)) {
      codes.push(anyAtLeast(report.findings, 'critical') ? ExitCode.criticalFinding : ExitCode.warningFinding);
    }
    if (report.processes.some(({ state, silent_threads }) => state !== 'answered' || silent_threads.length > 0))
      codes.push(ExitCode.partialData);
    return worstExitCode(codes);
  }
}
