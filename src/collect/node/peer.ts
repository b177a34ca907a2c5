/** One process with an agent, as the collector knows it from question to question. */
import type { Clock } from '../../core/clock.ts';
import type { AgentMetrics } from '../../wire/agent/messages.ts';
import type { Layout } from '../cgroup/mounts.ts';
import { TICKS_PER_SECOND } from '../process/stat.ts';
import { AgentClient } from './client.ts';
import type { AgentFailure } from './client.ts';
import type { AgentSocket } from './discover.ts';
import { bootSeconds, scriptOf } from './process-facts.ts';
import { threadTimes } from './thread-times.ts';
import type { ThreadTimes } from './thread-times.ts';
import { Throttling } from './throttling.ts';
import type { ThrottledGroup } from './throttling.ts';

/** A question may stay open for long: a late answer still tells what the stall was. */
const ANSWER_TIMEOUT_MS = 600_000;
/** Who breaks the protocol, or may not be asked, is left alone for so long. */
const SHUNNED_SECONDS = 30;

/** What the peers of one collector share. */
export interface PeerContext {
  readonly procfs: string;
  readonly layout: Layout | undefined;
  readonly clock: Clock;
}

/**
 * An answer, and what the kernel told of the process in the same moment: the split of the loop's time compares both,
 * so they must be of the same window.
 */
export interface Snapshot {
  readonly metrics: AgentMetrics;
  /** Age of the process. */
  readonly uptimeSeconds: number;
  readonly answerSeconds: number;
  readonly main: ThreadTimes;
  /** `undefined` where the agent cannot tell the threads of the pool apart. */
  readonly pool: ThreadTimes | undefined;
  readonly throttled: readonly ThrottledGroup[];
}

/** What a process that owes an answer did since its last one, or since it was found; seconds, NaN when not known. */
export interface Silence extends ThreadTimes {
  /** Since the first question without an answer. */
  readonly seconds: number;
  /** Of its cgroup and those above it. */
  readonly throttledSeconds: number;
}

/** A process and its answers. */
export class Peer {
  readonly agent: AgentSocket;
  /** The last answer. */
  snapshot: Snapshot | undefined;
  /** Whether it came after the tables were filled last. */
  unseen = false;
  /** Why the last question has no answer (yet). */
  failure: AgentFailure | undefined;
  private readonly client: AgentClient;
  private readonly context: PeerContext;
  private readonly throttling: Throttling;
  /** What it is called as long as it has not told itself. */
  readonly name: string;
  private readonly bornAt: number;
  /** What the kernel told when the process was found. */
  private readonly before: Pick<Snapshot, 'main' | 'throttled'>;
  private asking: Promise<void> | undefined;
  private unansweredSince = Number.NaN;
  private shunnedUntil = Number.NEGATIVE_INFINITY;

  constructor(agent: AgentSocket, context: PeerContext) {
    this.agent = agent;
    this.context = context;
    this.client = new AgentClient(agent, { background: true });
    this.throttling = new Throttling(context.procfs, context.layout, agent.pid);
    this.name = scriptOf(context.procfs, agent.pid);
    this.bornAt = bornAt(agent, context);
    this.before = this.look();
  }

  /** Asks for figures; `undefined` while an older question is open, and for one that is left alone. */
  ask(): Promise<void> | undefined {
    const now = this.context.clock.monotonicSeconds();
    if (this.asking !== undefined || now < this.shunnedUntil) return undefined;
    if (Number.isNaN(this.unansweredSince)) this.unansweredSince = now;
    this.failure = 'silent';
    this.asking = this.exchange(now).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** What it did instead of answering, up to this moment. */
  silence(): Silence {
    const { main, throttled } = this.look();
    const before = this.snapshot ?? this.before;
    return {
      seconds: this.context.clock.monotonicSeconds() - this.unansweredSince,
      cpuSeconds: main.cpuSeconds - before.main.cpuSeconds,
      waitSeconds: main.waitSeconds - before.main.waitSeconds,
      throttledSeconds: total(throttled) - total(before.throttled),
    };
  }

  close(): void {
    this.client.close();
  }

  private async exchange(askedAt: number): Promise<void> {
    const since = this.snapshot?.metrics.at;
    const answer = await this.client.ask(
      { op: 'metrics', ...(since === undefined ? {} : { since }) },
      ANSWER_TIMEOUT_MS,
    );
    const now = this.context.clock.monotonicSeconds();
    if (answer.ok) {
      this.snapshot = this.take(answer.result, askedAt, now);
      this.unseen = true;
      this.failure = undefined;
      this.unansweredSince = Number.NaN;
      return;
    }
    this.failure = answer.failure;
    if (answer.failure !== 'hostile' && answer.failure !== 'denied') return;
    // Nothing that it said before is to be believed either.
    this.snapshot = undefined;
    this.shunnedUntil = now + SHUNNED_SECONDS;
  }

  private take(metrics: AgentMetrics, askedAt: number, now: number): Snapshot {
    const { procfs } = this.context;
    const { pid } = this.agent;
    const tids = metrics.process.pool_tids;
    return {
      metrics,
      // The agent's clock is ours, but its word is not taken for more than it can know.
      uptimeSeconds: Math.min(Math.max(metrics.at, askedAt), now) - this.bornAt,
      answerSeconds: now - askedAt,
      pool: tids === null ? undefined : threadTimes(procfs, pid, tids),
      ...this.look(),
    };
  }

  private look(): Pick<Snapshot, 'main' | 'throttled'> {
    const { pid } = this.agent;
    return { main: threadTimes(this.context.procfs, pid, [pid]), throttled: this.throttling.read() };
  }
}

/** NaN where there is no quota. */
function total(groups: readonly ThrottledGroup[]): number {
  return groups.length === 0 ? Number.NaN : groups.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** When the process began, on the monotonic clock; NaN when the file tree does not tell. */
function bornAt({ startTicks }: AgentSocket, { procfs, clock }: PeerContext): number {
  return clock.monotonicSeconds() - bootSeconds(procfs) + startTicks / TICKS_PER_SECOND;
}
