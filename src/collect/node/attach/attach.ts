/**
 * Live attach: brings the agent into a Node.js process that was started without it, through the inspector, and takes
 * it out again. The inspector is open for one evaluate (some ten milliseconds); afterwards the agent answers on its
 * Unix socket as if it had been there from the start. The rules, and why each: `docs/attach.md`.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodoperfError } from '../../../core/errors.ts';
import { agentSocket, runtimePath } from '../../../core/runtime-place.ts';
import { AgentClient } from '../client.ts';
import type { AgentSocket } from '../discover.ts';
import { bring } from './bring.ts';
import type { Hold } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { Attempt } from './opening.ts';
import { closeLeftOpen } from './opening.ts';
import type { Target } from './target.ts';
import { examineTarget, stillThere } from './target.ts';

const POLL_MS = 10;

/** How to attach. */
export interface AttachOptions {
  /** Runtime directory of this user, checked to be his alone (`ensurePlace('runtime', …)`). */
  readonly runtime: string;
  /** Default: `/proc`. It must show this process under its own pid. */
  readonly procfs?: string;
  /** How long the process may take to open its inspector, to answer, to close; 2000 ms are right for most. */
  readonly timeoutMs: number;
  /** The bundled agent, `dist/register.cjs`. */
  readonly agentFile: string;
  /** Takes what is done to the process, one line each. */
  readonly log: (message: string) => void;
}

/** An agent that can be asked because of an attach. */
export interface Attachment {
  readonly pid: number;
  /** For `AgentClient`; its pid is the one that the process has for itself, in a container another one. */
  readonly agent: AgentSocket;
  /** `false`: it was there before, and stays. */
  readonly brought: boolean;
  /** How long our inspector was open, in milliseconds; `null` when it was not opened, or was open already. */
  readonly inspectorOpenMs: number | null;
  /**
   * Ends an agent that was brought in, which takes back all it did. Done once; may be called again. Throws
   * ATTACH_NOT_DETACHED when the agent did not go.
   */
  detach(): Promise<void>;
}

/** Brings the agent into a process. Throws a `CodoperfError` `ATTACH_…` that tells why not and what to do. */
export async function attach(pid: number, options: AttachOptions): Promise<Attachment> {
  const { runtime, procfs = '/proc', timeoutMs, agentFile, log } = options;
  const target = examineTarget(procfs, pid);
  const source = fs.readFileSync(agentFile, 'utf8');
  const ledger = new Ledger(runtime, procfs);
  const attempt: Attempt = { target, ledger, timeoutMs, log };
  const hold = ledger.holdProcess(target);
  if ('pid' in hold) throw new CodoperfError('ATTACH_BUSY', { pid, holder: hold.pid });
  try {
    await closeLeftOpen(attempt);
    const present = agentAt(target, target.socket);
    if (await answers(present, attempt)) {
      const brought = ledger.debt(target).agent;
      log(`process ${pid} has the agent already${brought ? ', from an earlier attach that did not end it' : ''}`);
      return new Attached(attempt, present, brought, null, hold);
    }
    const { uid, env, openMs } = await bring(attempt, { file: agentFile, source });
    const agent = agentAt(target, target.root + agentSocket(runtimePath(env, uid), target.innerPid));
    await firstAnswer(agent, attempt);
    return new Attached(attempt, agent, true, openMs, hold);
  } catch (error) {
    hold.release();
    throw stillThere(target) || error instanceof CodoperfError
      ? error
      : new CodoperfError('ATTACH_ENDED', { pid }, error);
  }
}

function agentAt({ innerPid: pid, uid, startTicks }: Target, socket: string): AgentSocket {
  return { pid, uid, socket, startTicks };
}

/** Whether an agent of the process answers; throws when there is one that cannot be talked to. */
async function answers(agent: AgentSocket, { target, timeoutMs }: Attempt): Promise<boolean> {
  const { pid } = target;
  const stat = statOf(agent.socket);
  // Whoever else made it cannot be asked to end.
  if (stat === undefined || !stat.isSocket() || stat.uid !== agent.uid) return false;
  const client = new AgentClient(agent);
  const answer = await client.ask({ op: 'hello' }, timeoutMs);
  client.close();
  if (answer.ok) return true;
  if (answer.failure === 'silent')
    throw new CodoperfError('ATTACH_NO_ANSWER', { pid, seconds: (timeoutMs / 1000).toFixed(1) });
  if (answer.failure === 'refused' || answer.failure === 'vanished') return false;
  throw new CodoperfError('ATTACH_AGENT_FAILED', { pid, reason: answer.message });
}

/** Waits until the agent that was brought in listens. */
async function firstAnswer(agent: AgentSocket, attempt: Attempt): Promise<void> {
  const { target, ledger, timeoutMs } = attempt;
  const until = performance.now() + timeoutMs;
  while (!(await answers(agent, attempt))) {
    if (!stillThere(target)) throw new CodoperfError('ATTACH_ENDED', { pid: target.pid });
    if (performance.now() >= until) {
      // An agent that cannot listen leaves by itself.
      ledger.note(target, { agent: false });
      const reason = `it does not listen on ${agent.socket}`;
      throw new CodoperfError('ATTACH_AGENT_FAILED', { pid: target.pid, reason });
    }
    await sleep(POLL_MS);
  }
}

class Attached implements Attachment {
  readonly pid: number;
  readonly agent: AgentSocket;
  readonly brought: boolean;
  readonly inspectorOpenMs: number | null;
  private readonly attempt: Attempt;
  private readonly hold: Hold;
  private done = false;

  constructor(attempt: Attempt, agent: AgentSocket, brought: boolean, inspectorOpenMs: number | null, hold: Hold) {
    this.pid = attempt.target.pid;
    this.attempt = attempt;
    this.agent = agent;
    this.brought = brought;
    this.inspectorOpenMs = inspectorOpenMs;
    this.hold = hold;
    // Whoever does not end the agent keeps nobody else from using it.
    if (!brought) hold.release();
  }

  async detach(): Promise<void> {
    if (this.done || !this.brought) return;
    try {
      await this.stop();
      this.done = true;
    } finally {
      this.hold.release();
    }
  }

  private async stop(): Promise<void> {
    const { pid, agent, attempt } = this;
    const { target, ledger, timeoutMs, log } = attempt;
    const client = new AgentClient(agent);
    const answer = await client.ask({ op: 'stop' }, timeoutMs);
    client.close();
    if (!(await this.isGone(answer.ok ? timeoutMs : 0))) {
      const reason = answer.ok ? `${agent.socket} is still there` : answer.message;
      throw new CodoperfError('ATTACH_NOT_DETACHED', { pid, reason });
    }
    ledger.note(target, { agent: false });
    log(`the agent has left process ${pid}`);
  }

  /** The socket's file goes last: what is left of a killed process does not count. */
  private async isGone(withinMs: number): Promise<boolean> {
    for (const until = performance.now() + withinMs; ; await sleep(POLL_MS)) {
      if (!stillThere(this.attempt.target) || statOf(this.agent.socket) === undefined) return true;
      if (performance.now() >= until) return false;
    }
  }
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(file);
  } catch {
    return undefined; // Not there, or in a place that cannot be looked into: nobody can be asked there.
  }
}
