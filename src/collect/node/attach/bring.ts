/** The moment in which the inspector is open: one evaluate, and closed again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodoperfError } from '../../../core/errors.ts';
import type { Delivery } from './injection.ts';
import { WITHDRAW, delivery, readDelivery } from './injection.ts';
import { InspectorSession, SessionSilent } from './inspector.ts';
import type { Hold, Holder } from './ledger.ts';
import type { Attempt, OpenInspector } from './opening.ts';
import { closeInspector, closeUnused, openInspector, placeOf } from './opening.ts';
import { stillThere } from './target.ts';

const POLL_MS = 10;
/** Attaches to other processes go first, each of which may take its full time. */
const QUEUE_FACTOR = 5;

/** The agent's file: its name, for stack traces, and its text. */
export interface AgentSource {
  readonly file: string;
  readonly source: string;
}

/** What the process says once the agent is in it. */
export interface Brought {
  readonly uid: number;
  /** Its environment, as far as it says where its agent listens. */
  readonly env: Readonly<Record<string, string>>;
  /** How long our inspector was open, in milliseconds; `null` when it was open already. */
  readonly openMs: number | null;
}

/** Opens the inspector when it is this process's turn, evaluates once, closes it. Throws a refusal. */
export async function bring(attempt: Attempt, agent: AgentSource): Promise<Brought> {
  const port = await turn(attempt);
  try {
    const open = await openInspector(attempt);
    const { result, openMs } = await deliver(attempt, open, agent);
    const { pid } = attempt.target;
    if ('wrong' in result) throw new CodoperfError('ATTACH_WRONG_PROCESS', { pid, found: result.wrong });
    if ('failed' in result) throw new CodoperfError('ATTACH_AGENT_FAILED', { pid, reason: result.failed });
    return { ...result, openMs };
  } finally {
    port.release();
  }
}

/** One attach at a time: inspectors of different processes want the same port. */
async function turn({ ledger, timeoutMs, target }: Attempt): Promise<Hold> {
  const until = performance.now() + timeoutMs * QUEUE_FACTOR;
  let port: Hold | Holder = ledger.holdPort();
  while ('pid' in port) {
    if (performance.now() >= until) throw new CodoperfError('ATTACH_BUSY', { pid: target.pid, holder: port.pid });
    await sleep(POLL_MS);
    port = ledger.holdPort();
  }
  return port;
}

async function deliver(
  attempt: Attempt,
  open: OpenInspector,
  { file, source }: AgentSource,
): Promise<{ result: Delivery; openMs: number | null }> {
  const { target, ledger, timeoutMs, log } = attempt;
  let session: InspectorSession | undefined;
  let result: Delivery;
  let openMs: number | null = null;
  try {
    session = await InspectorSession.open(open.address, timeoutMs);
    ledger.note(target, { agent: true });
    const parcel = { pid: target.innerPid, file, source };
    result = readDelivery(await session.evaluatePromise(delivery(parcel), timeoutMs));
    if (!('uid' in result)) ledger.note(target, { agent: false });
  } catch (error) {
    throw await refusal(error, attempt, session);
  } finally {
    if (open.ours) {
      await (session === undefined ? closeUnused(attempt, open) : closeInspector(attempt, open, session));
      openMs = performance.now() - open.since;
    }
    session?.end();
    log(described(attempt, open, openMs));
  }
  return { result, openMs };
}

function described({ target }: Attempt, { listener }: OpenInspector, openMs: number | null): string {
  const { pid, name } = target;
  const how = openMs === null ? 'it was open already and stays so' : `open for ${openMs.toFixed(0)} ms, closed again`;
  return `uid ${process.geteuid?.() ?? '?'} used the inspector of process ${pid} (${name}) on ${placeOf(listener)}: ${how}`;
}

/** The refusal for a process that did not answer; an agent that waits for its event loop is taken back. */
async function refusal(error: unknown, attempt: Attempt, session?: InspectorSession): Promise<CodoperfError> {
  const { target, ledger, timeoutMs } = attempt;
  const { pid } = target;
  if (!stillThere(target)) return new CodoperfError('ATTACH_ENDED', { pid }, error);
  if (!(error instanceof SessionSilent)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new CodoperfError('ATTACH_AGENT_FAILED', { pid, reason }, error);
  }
  try {
    await session?.evaluate(WITHDRAW, timeoutMs);
    ledger.note(target, { agent: false });
  } catch {
    // Blocked outside of JavaScript. It gets both messages at once afterwards; the note is for what nobody saw.
  }
  return new CodoperfError('ATTACH_NO_ANSWER', { pid, seconds: (timeoutMs / 1000).toFixed(1) }, error);
}
