/** What the agent says about the process it is in. */
import type { Cluster } from 'node:cluster';
import path from 'node:path';
import process from 'node:process';
import { AGENT_PROTOCOL } from '../wire/agent/messages.ts';
import type { AgentProcess } from '../wire/agent/messages.ts';
import { shownCommand } from './command.ts';
import { builtin, guarded, shortened } from './guard.ts';
import type { PoolThreads } from './pool-threads.ts';
import { version } from './version.ts';

const LONGEST_NAME = 128;
const evaluates = /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/;

/** Facts of the process; those that cannot change are found out once, on the first question. */
export class ProcessFacts {
  private readonly pool: PoolThreads;
  private constants: Omit<AgentProcess, 'ppid' | 'uid' | 'name' | 'pool_tids' | 'cluster'> | undefined;

  constructor(pool: PoolThreads) {
    this.pool = pool;
  }

  /** The facts of this moment. */
  read(): AgentProcess {
    this.constants ??= {
      protocol: AGENT_PROTOCOL,
      agent: version,
      pid: process.pid,
      node: process.version,
      command: guarded('command', commandLine) ?? '',
      started_ms: Math.round(builtin('node:perf_hooks').performance.timeOrigin),
    };
    return {
      ...this.constants,
      ppid: process.ppid,
      uid: process.geteuid?.() ?? 0,
      name: shortened(guarded('title', ownTitle) ?? guarded('script', scriptName) ?? 'node', LONGEST_NAME),
      pool_tids: guarded('pool', () => this.pool.ids()) ?? null,
      cluster: guarded('cluster', clusterRole) ?? null,
    };
  }
}

function commandLine(): string {
  return shownCommand([process.argv0, ...process.execArgv, ...process.argv.slice(1)]);
}

/** What the program called itself; a title that nobody set is the path of Node.js as it was typed. */
function ownTitle(): string | undefined {
  const { title } = process;
  return typeof title !== 'string' || title === '' || title === process.argv0 ? undefined : title;
}

function scriptName(): string {
  if (process.execArgv.some((word) => evaluates.test(word))) return '[eval]';
  const script = process.argv[1];
  return script === undefined ? path.basename(process.argv0) : path.basename(script);
}

/** Every process is its own primary to `cluster`; only one that set up workers is meant. */
function clusterRole(): string | null {
  const cluster = builtin('node:cluster') as unknown as Cluster;
  if (cluster.isWorker) return 'worker';
  return Object.keys(cluster.settings).length > 0 ? 'primary' : null;
}
