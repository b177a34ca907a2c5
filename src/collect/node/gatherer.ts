/** Asks the agents of a host again and again: who is there, and what they answer in time. */
import { findLayout } from '../cgroup/mounts.ts';
import type { CollectContext } from '../collector.ts';
import { isProcfs } from '../process/visibility.ts';
import type { AgentSocket } from './discover.ts';
import { discoverAgents } from './discover.ts';
import { Peer } from './peer.ts';
import type { PeerContext } from './peer.ts';
import { bootSeconds, processFacts } from './process-facts.ts';
import { TICKS_PER_SECOND } from '../process/stat.ts';

/** Looking for agents is a few looks at directories, and one listing of /tmp for root. */
const DISCOVER_SECONDS = 5;

/** The agents of one file tree. */
export class Gatherer {
  /** By pid. */
  readonly peers = new Map<number, Peer>();
  /** Whether anybody wanted to know at all. */
  asked = false;
  private readonly context: CollectContext;
  private readonly shared: PeerContext;
  /** Whether the sockets of this machine belong to the processes of the file tree. */
  private readonly belongs: boolean;
  private readonly openedTicks: number;
  private discoveredAt = Number.NEGATIVE_INFINITY;

  constructor(context: CollectContext) {
    const { procfs, cgroupfs } = context.paths;
    this.context = context;
    this.shared = { procfs, clock: context.clock, layout: findLayout(cgroupfs) };
    this.belongs = isProcfs(procfs) || (process.env.CODOPERF_RUNTIME_DIR ?? '') !== '';
    this.openedTicks = bootSeconds(procfs) * TICKS_PER_SECOND;
  }

  /** Asks everybody who owes no answer, and waits for `patienceMs` at most; `undefined` when nobody is there to ask. */
  gather(patienceMs: number): Promise<void> | undefined {
    this.asked = true;
    if (!this.belongs) return undefined;
    this.forgetGone();
    this.discover();
    const asked: Promise<void>[] = [];
    for (const peer of this.peers.values()) {
      const asking = peer.ask();
      if (asking !== undefined) asked.push(asking);
    }
    return asked.length === 0 ? undefined : withPatience(asked, patienceMs);
  }

  /** Whether the process began since we look: then its counters began at zero within our time. */
  startedSince({ startTicks }: AgentSocket): boolean {
    return startTicks > this.openedTicks;
  }

  close(): void {
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
  }

  private forgetGone(): void {
    for (const { agent, failure } of this.peers.values()) {
      if (failure === undefined) continue;
      if (processFacts(this.shared.procfs, agent.pid)?.startTicks === agent.startTicks) continue;
      this.forget(agent.pid);
      // What ended is often started anew.
      this.discoveredAt = Number.NEGATIVE_INFINITY;
    }
  }

  private forget(pid: number): void {
    this.peers.get(pid)?.close();
    this.peers.delete(pid);
  }

  private discover(): void {
    const now = this.context.clock.monotonicSeconds();
    if (now - this.discoveredAt < DISCOVER_SECONDS) return;
    this.discoveredAt = now;
    const { pids, paths } = this.context;
    const { agents } = discoverAgents({ procfs: paths.procfs, rootfs: paths.rootfs });
    const present = new Set<number>();
    for (const agent of agents) {
      if (pids !== undefined && !pids.includes(agent.pid)) continue;
      present.add(agent.pid);
      const known = this.peers.get(agent.pid);
      if (known?.agent.startTicks === agent.startTicks && known.agent.socket === agent.socket) continue;
      this.forget(agent.pid);
      this.peers.set(agent.pid, new Peer(agent, this.shared));
    }
    for (const pid of this.peers.keys()) if (!present.has(pid)) this.forget(pid);
  }
}

/** Resolves when all have an answer or failed, or when the time is over: what comes later is for the next time. */
async function withPatience(asked: readonly Promise<void>[], patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    // Answers that came while this process itself could not run are taken first.
    timer = setTimeout(() => setImmediate(resolve), patienceMs);
  });
  await Promise.race([Promise.all(asked), over]);
  clearTimeout(timer);
}
