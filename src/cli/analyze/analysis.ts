/** One analysis: the rules, the data here or at a server, the diagnosis, the report. Prints nothing. */
import { type Diagnosis, diagnose, metricsOfRules, rulesAbout } from '../../analyze/rules/diagnose.ts';
import type { RulePack } from '../../analyze/rules/pack.ts';
import { surveyByQueries } from '../../analyze/rules/survey-by-query.ts';
import { CodoperfError, ExitCode, worstExitCode } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { ownCpuSeconds, peakResidentBytes } from '../../record/budget.ts';
import { allFindings, type AnalysisReport } from '../../report/analysis-report.ts';
import { anyAtLeast } from '../../report/finding.ts';
import type { HostFacts } from '../../report/monitor-report.ts';
import { ownersOf } from '../query/needs.ts';
import { openServer } from '../query/server.ts';
import { version } from '../version.ts';
import { judgeRing } from './judge-ring.ts';
import { type MeasuredHost, measureHost } from './live-host.ts';
import type { AnalyzeSettings } from './settings.ts';

/** Follows an analysis. */
export interface AnalysisHooks {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stop: AbortSignal;
  warn(message: string): void;
  onFrame?(frame: Frame): void | Promise<void>;
}

/** A report with the exit code of the command. */
export interface Analysed {
  readonly report: AnalysisReport;
  readonly exitCode: number;
}

type Told = Pick<AnalysisReport, 'source' | 'host' | 'window'> & { readonly codes: readonly number[] };

/** Rules that a server works on at the same time. */
const AT_ONCE = 4;
/** "Since" looks this far back at a server. */
const REMOTE_WINDOW_MS = 3_600_000;

const unknownHost: HostFacts = {
  hostname: null,
  kernel: null,
  machine: null,
  cpus_online: null,
  memory_bytes: null,
  boot_time: null,
};

/** Measures, or asks the server, and judges. */
export async function analyse(settings: AnalyzeSettings, pack: RulePack, hooks: AnalysisHooks): Promise<Analysed> {
  const cpu = ownCpuSeconds();
  const begun = Date.now();
  const [diagnosis, told] =
    settings.remote === undefined
      ? await analyseHere(settings, pack, hooks)
      : await analyseRemote(settings, pack, hooks);
  const cost = ownCpuSeconds() - cpu;
  const seconds = (Date.now() - begun) / 1000;
  const report: AnalysisReport = {
    schema: 'codoperf/analyze@1',
    version,
    source: told.source,
    host: told.host,
    window: told.window,
    verdict: { status: diagnosis.status, summary: diagnosis.summary },
    findings: diagnosis.findings,
    cannot_tell: diagnosis.cannotTell,
    rules: diagnosis.rules,
    rule_problems: pack.problems,
    notes: diagnosis.notes,
    overhead: {
      cpu_seconds: cost,
      cpu_ratio: seconds > 0 ? cost / seconds : null,
      max_rss_bytes: peakResidentBytes(),
    },
  };
  return { report, exitCode: worstExitCode([...told.codes, ...codesOf(settings, pack, report)]) };
}

function codesOf({ failOn }: AnalyzeSettings, pack: RulePack, { findings, rules, verdict }: AnalysisReport): number[] {
  const all = allFindings(findings).map((finding) => ({ ...finding, evidence: [...finding.evidence] }));
  const codes: number[] = [ExitCode.ok];
  if (pack.problems.length > 0) codes.push(ExitCode.badConfiguration);
  if (failOn !== undefined && anyAtLeast(all, failOn))
    codes.push(anyAtLeast(all, 'critical') ? ExitCode.criticalFinding : ExitCode.warningFinding);
  if (verdict.status === 'unknown' || rules.some(({ state }) => state === 'failed')) codes.push(ExitCode.partialData);
  return codes;
}

async function analyseHere(
  settings: AnalyzeSettings,
  pack: RulePack,
  hooks: AnalysisHooks,
): Promise<[Diagnosis, Told]> {
  const metrics = metricsOfRules(rulesAbout(pack, settings.resources));
  const measured = await measureHost(settings, collectorsFor(metrics, settings), hooks);
  for (const text of measured.missing) hooks.warn(text);
  for (const { message } of measured.servers.failures) hooks.warn(message);
  const { ring, window, atMs } = measured;
  const diagnosis = await judgeRing(ring, { pack, startMs: window.startMs, atMs, resources: settings.resources });
  return [diagnosis, toldHere(settings, measured)];
}

/** What the head of a report needs. */
const always = ['cpu', 'stat', 'meminfo', 'uname'];

/** Only the collectors that give one of the metrics: reading the others would cost and say nothing. */
function collectorsFor(metrics: ReadonlySet<string>, { collectors: chosen }: AnalyzeSettings): string[] {
  const owners = [...metrics].flatMap((metric) => ownersOf(metric).map(({ name }) => name));
  const added = Object.keys(chosen).filter((name) => chosen[name]);
  return [...new Set([...always, ...owners, ...added])].filter((name) => chosen[name] ?? true);
}

function toldHere({ intervalSeconds }: AnalyzeSettings, measured: MeasuredHost): Told {
  const { host, window, atMs, missing, servers } = measured;
  const { startMs } = window;
  return {
    source: { kind: 'live' },
    host,
    window: {
      start: new Date(startMs).toISOString(),
      end: new Date(atMs).toISOString(),
      duration_seconds: (atMs - startMs) / 1000,
      interval_seconds: intervalSeconds,
      samples: window.samples,
      missed: window.missed,
      interrupted: window.interrupted,
    },
    codes: [...servers.failures.map(({ exitCode }) => exitCode), ...(missing.length > 0 ? [ExitCode.partialData] : [])],
  };
}

async function analyseRemote(
  settings: AnalyzeSettings,
  pack: RulePack,
  { stop, env, warn }: AnalysisHooks,
): Promise<[Diagnosis, Told]> {
  const server = settings.remote as NonNullable<AnalyzeSettings['remote']>;
  const { instance } = server;
  const querier = openServer(server, env, warn);
  const atMs = Date.now();
  const startMs = atMs - REMOTE_WINDOW_MS;
  const { product, version: serverVersion } = await querier.server();
  const diagnosis = await diagnose({
    pack,
    querier,
    surveyor: surveyByQueries(querier, stop),
    atMs,
    startMs,
    live: false,
    resources: settings.resources,
    concurrency: AT_ONCE,
    signal: stop,
  });
  if (!stop.aborted && instance !== undefined && diagnosis.rules.every(({ state }) => state === 'cannot_tell'))
    throw new CodoperfError('INSTANCE_UNKNOWN', { instance, name: querier.name });
  const told: Told = {
    source: { kind: 'remote', url: querier.name, instance: instance ?? null, product, version: serverVersion },
    host: { ...unknownHost, hostname: instance ?? null },
    window: {
      start: new Date(startMs).toISOString(),
      end: new Date(atMs).toISOString(),
      duration_seconds: REMOTE_WINDOW_MS / 1000,
      interval_seconds: null,
      samples: null,
      missed: 0,
      interrupted: stop.aborted,
    },
    codes: [],
  };
  return [diagnosis, told];
}
