/**
 * `--clear-cache`: finds what it would empty, asks on a terminal, does it, and writes down what came of it. Without
 * `--yes` nothing is touched elsewhere than on a terminal whose user said yes. Servers only go when they were named.
 */
import { createInterface } from 'node:readline/promises';
import type { CacheServer, ClearTarget } from '../../collect/server/cache-server.ts';
import { askAll } from '../../collect/node/client.ts';
import type { AgentSocket } from '../../collect/node/discover.ts';
import { CodoperfError, ExitCode } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { ReportedClear } from '../../report/cache-report.ts';
import { ActionsLog } from '../actions-log.ts';
import { openServer } from './servers.ts';
import type { CacheInfoSettings, ClearSettings, ServerAddress } from './settings.ts';

/** Emptying 10^6 entries whose dispose function does something takes its time. */
const CLEAR_TIMEOUT_MS = 30_000;
/** Names of module caches; with another one `--cache-type all` means function caches. */
const moduleCaches = new Set(['require', 'compile-cache']);

/** What came of it. */
export interface ClearResult {
  /** Emptied; nothing in a dry run. */
  readonly cleared: ReportedClear[];
  /** What a dry run found; `null` when it was none. */
  readonly wouldClear: ReportedClear[] | null;
  /** What was asked for and not done. */
  readonly notes: string[];
  readonly exitCode: number;
}

/** Who is asked, and how to write down what was done. */
export interface ClearContext {
  readonly settings: CacheInfoSettings;
  readonly clear: ClearSettings;
  readonly agents: readonly AgentSocket[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the user; `undefined` where there is nobody to ask. */
  readonly confirm: ((targets: readonly ReportedClear[]) => Promise<boolean>) | undefined;
}

/** Clears, or says what it would. Throws CACHE_NOT_FOUND when something was named that is nowhere. */
export async function clearCaches(context: ClearContext): Promise<ClearResult> {
  const { clear, confirm, env } = context;
  const servers = await Promise.all(serversToClear(context).map((address) => openServer(address)));
  try {
    const dry = await everywhere(context, servers, true);
    if (dry.found.length === 0) {
      if (dry.notes.length === 0 && isNamed(clear)) throw notFound(clear);
      return { cleared: [], wouldClear: clear.yes ? null : [], notes: dry.notes, exitCode: exitCodeOf(dry) };
    }
    if (!clear.yes && !((await confirm?.(dry.found)) ?? false)) {
      return { cleared: [], wouldClear: dry.found, notes: dry.notes, exitCode: ExitCode.ok };
    }
    const log = new ActionsLog(env);
    try {
      const done = await everywhere(context, servers, false);
      for (const each of done.found) log.write({ action: 'clear', target: each.name, ...each, prefix: clear.prefix });
      return { cleared: done.found, wouldClear: null, notes: done.notes, exitCode: exitCodeOf(done) };
    } finally {
      log.close();
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

/** What one pass over all targets gave. */
interface Pass {
  readonly found: ReportedClear[];
  readonly notes: string[];
  /** An agent said no. */
  refused: boolean;
}

async function everywhere(context: ClearContext, servers: readonly CacheServer[], dry: boolean): Promise<Pass> {
  const pass: Pass = { found: [], notes: [], refused: false };
  for (const type of typesOf(context)) await askAgents(context, type, dry, pass);
  for (const server of servers) {
    const target: ClearTarget = context.clear.prefix === undefined ? { all: true } : { prefix: context.clear.prefix };
    pass.found.push({ type: 'server', ...(await server.clear(target, dry)) });
  }
  return pass;
}

/** Which caches of programs are meant: none when a server was named. */
function typesOf({ settings: { type }, clear: { name, server } }: ClearContext): ('function' | 'module')[] {
  if (server !== undefined || type === 'server') return [];
  if (type !== 'all') return [type];
  return name !== undefined && moduleCaches.has(name) ? ['function', 'module'] : ['function'];
}

async function askAgents(
  { agents, clear: { name, prefix } }: ClearContext,
  type: 'function' | 'module',
  dry: boolean,
  pass: Pass,
): Promise<void> {
  const named = name ?? (prefix === undefined ? '*' : undefined);
  const answers = await askAll(
    agents,
    { op: 'clear', type, name: named, prefix, dry },
    { timeoutMs: CLEAR_TIMEOUT_MS },
  );
  for (const answer of answers) {
    if (!answer.ok) {
      pass.notes.push(`process ${answer.agent.pid} was not asked to clear anything: ${answer.message}`);
      continue;
    }
    const { caches, refused, process } = answer.result;
    pass.found.push(...caches.map((each) => ({ type, ...each, pid: process.pid })));
    pass.notes.push(...refused.map((text) => `process ${process.pid}: ${text}`));
    if (refused.length > 0) pass.refused = true;
  }
}

/** The server that `--cache` names, or those of the command line when keys are cleared by prefix. */
function serversToClear({ clear, settings: { servers, type } }: ClearContext): readonly ServerAddress[] {
  if (clear.server !== undefined) {
    const { kind, address } = clear.server;
    if (kind === 'redis' && !/\/\d+(\?.*)?$|[?&]db=\d/.test(address)) {
      const detail = '--cache with a Redis needs the number of its database, as it is emptied as a whole';
      throw new CodoperfError('BAD_USAGE', { detail, program: 'codoperf cache-info' });
    }
    return [clear.server];
  }
  const byPrefix = clear.prefix !== undefined && clear.name === undefined;
  return byPrefix && (type === 'all' || type === 'server') ? servers : [];
}

function isNamed({ name, prefix, server }: ClearSettings): boolean {
  return (name !== undefined && name !== '*') || prefix !== undefined || server !== undefined;
}

function notFound({ name, prefix }: ClearSettings): CodoperfError {
  const what = name === undefined ? `with keys that begin with '${prefix}'` : `named '${name}'`;
  return new CodoperfError('CACHE_NOT_FOUND', { what: printable(what) });
}

function exitCodeOf({ found, notes, refused }: Pass): number {
  if (found.length === 0 && refused) return ExitCode.permission;
  return notes.length > 0 ? ExitCode.partialData : ExitCode.ok;
}

/** Lists the targets on stderr and reads the answer: only `y` or `yes` is one. */
export async function confirmOnTerminal(targets: readonly ReportedClear[]): Promise<boolean> {
  const lines = targets.map(({ name, pid, entries_before }) => {
    const where = pid === null ? '' : ` in process ${pid}`;
    return `  ${printable(name)}${where}: ${entries_before ?? 'unknown'} entries`;
  });
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`This will clear:\n${lines.join('\n')}\nGo on? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
