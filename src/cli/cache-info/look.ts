/** One look at the caches of programs: who runs the agent, what each of them answers, who runs without it. */
import type { MeasuredFunction, ProcessCache } from '../../core/cache.ts';
import { adviceOnCache } from '../../analyze/cache-advice.ts';
import { askAll } from '../../collect/node/client.ts';
import type { AgentAnswer } from '../../collect/node/client.ts';
import type { AgentSocket } from '../../collect/node/discover.ts';
import { discoverAgents, removeStale, unwatchedNodes } from '../../collect/node/discover.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { ReportedCache, ReportedFunction, ReportedProcess, UnwatchedProcess } from '../../report/cache-report.ts';
import { reportedStats } from '../../report/cache-report.ts';
import type { AgentCaches } from '../../wire/agent/messages.ts';
import type { CacheInfoSettings } from './settings.ts';

/** A loop that is blocked for longer than this is told as such instead of waited for. */
const ANSWER_TIMEOUT_MS = 2000;

/** What the programs of this host said. */
export interface Look {
  readonly agents: readonly AgentSocket[];
  readonly processes: ReportedProcess[];
  readonly unwatched: UnwatchedProcess[];
  readonly caches: ReportedCache[];
  readonly functions: ReportedFunction[];
  readonly notes: string[];
}

/** Who can be asked, and who not. */
export interface FoundAgents {
  readonly agents: readonly AgentSocket[];
  readonly unwatched: UnwatchedProcess[];
  readonly notes: string[];
}

/** Nobody. */
export const noAgents: FoundAgents = { agents: [], unwatched: [], notes: [] };

/** The agents that the settings are about. Throws NOT_INSTRUMENTED for a process that was named and has none. */
export function findAgents(
  { pids, type }: CacheInfoSettings,
  env: Readonly<Record<string, string | undefined>>,
): FoundAgents {
  if (type === 'server') return noAgents;
  const found = discoverAgents({ env });
  const { agents, denied } = found;
  void removeStale(found);
  const wanted = pids === undefined ? agents : agents.filter(({ pid }) => pids.includes(pid));
  const missing = pids?.find((pid) => !agents.some((agent) => agent.pid === pid));
  if (missing !== undefined) throw new CodoperfError('NOT_INSTRUMENTED', { pid: missing });
  const unwatched = pids === undefined ? unwatchedNodes(agents, { env }) : [];
  return {
    agents: wanted,
    unwatched: unwatched.map(({ pid, comm, command }) => ({ pid, name: nameOf(command, comm) })),
    notes: denied.map(({ path, reason }) => `${path} is left alone: ${reason}`),
  };
}

/** `server.js` out of `node /srv/app/server.js --port 3000`. */
function nameOf(command: string | undefined, comm: string): string {
  const script = (command ?? '')
    .split(' ')
    .slice(1)
    .find((word) => !word.startsWith('-') && word !== '…');
  return script === undefined ? comm : script.slice(script.lastIndexOf('/') + 1);
}

/** Asks agents for their caches; `before` is the look that rates are taken over. */
export async function look(settings: CacheInfoSettings, found: FoundAgents, before?: Look): Promise<Look> {
  const { agents, unwatched, notes } = found;
  const answers: readonly AgentAnswer<AgentCaches>[] = await askAll(
    agents,
    { op: 'caches' },
    { timeoutMs: ANSWER_TIMEOUT_MS },
  );
  const answered = answers.flatMap((answer) => (answer.ok ? [answer.result] : []));
  const wanted = (cache: ProcessCache): boolean => settings.type === 'all' || cache.type === settings.type;
  const showFunctions = settings.type !== 'module' && settings.showStats;
  return {
    agents,
    unwatched,
    notes,
    processes: answers.map(reportedProcess),
    caches: answered.flatMap(({ process: { pid }, at, caches }) =>
      caches.filter(wanted).map((cache) => reportedCache(cache, { pid, at }, settings, before)),
    ),
    functions: showFunctions
      ? answered.flatMap(({ process: { pid }, functions }) => functions.map((each) => reportedFunction(each, pid)))
      : [],
  };
}

function reportedProcess(answer: AgentAnswer<AgentCaches>): ReportedProcess {
  if (answer.ok) {
    const { process, silent_threads } = answer.result;
    const { pid, name, command, node } = process;
    return { pid, name, command, node, state: 'answered', reason: null, silent_threads: [...silent_threads] };
  }
  const { agent, failure, message } = answer;
  const unknown = { name: 'node', command: null, node: null, silent_threads: [] };
  return { pid: agent.pid, ...unknown, state: failure, reason: message };
}

/** When each cache was looked at, for the rates of the next look: not part of the report. */
const lookedAt = new WeakMap<ReportedCache, number>();

/** A cache of a process as it is reported; `before` is the look that rates are taken over. */
export function reportedCache(
  cache: ProcessCache,
  { pid, at }: { pid: number; at: number },
  { showStats }: Pick<CacheInfoSettings, 'showStats'>,
  before: Look | undefined,
): ReportedCache {
  const { type, name, kind, thread, stats, config, groups, hit_seconds, detail, observed_seconds, errors } = cache;
  const earlier = before?.caches.find(
    (each) => each.pid === pid && each.thread === thread && each.name === name && each.type === type,
  );
  const since = earlier === undefined ? undefined : lookedAt.get(earlier);
  const seconds = since === undefined ? observed_seconds : at - since;
  const then = since === undefined ? null : (earlier?.stats ?? null);
  const reported: ReportedCache = {
    type,
    name,
    kind,
    pid,
    thread,
    stats: showStats ? reportedStats(stats, then, seconds, hit_seconds) : null,
    config: { ...config },
    groups: showStats ? [...groups] : [],
    key_groups: null,
    detail: { ...detail, errors },
    notes: [],
    advice: adviceOnCache(cache),
  };
  lookedAt.set(reported, at);
  return reported;
}

/** A measured function as it is reported. */
export function reportedFunction(each: MeasuredFunction, pid: number): ReportedFunction {
  const { name, thread, calls, errors, duration_seconds, max_seconds, cpu_seconds, heap_bytes } = each;
  const mean = calls === 0 ? null : duration_seconds / calls;
  return {
    name,
    pid,
    thread,
    calls,
    errors,
    duration_seconds,
    mean_seconds: mean,
    max_seconds,
    cpu_seconds,
    heap_bytes,
  };
}
