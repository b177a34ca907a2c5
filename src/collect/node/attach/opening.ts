/**
 * Opens the inspector of a process, and closes what was opened. While it is open, every local user can run code as
 * the program (nobody is asked for a password), so that it must not stay open whatever happens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodoperfError } from '../../../core/errors.ts';
import { processFacts } from '../process-facts.ts';
import { InspectorSession, refuses, sessionAddress } from './inspector.ts';
import { CLOSE_INSPECTOR } from './injection.ts';
import type { Ledger } from './ledger.ts';
import type { Listener } from './listeners.ts';
import { heldBy, holderOf, isLoopback, listeners, occupies, ownListeners } from './listeners.ts';
import type { Target } from './target.ts';
import { checkSignal, stillThere } from './target.ts';

const POLL_MS = 5;
/** How long the socket may be there after the session has ended. */
const CLOSED_WITHIN_MS = 500;
/** How much longer than for the inspector to open is waited for one that opens late, only to close it. */
const LATE_FACTOR = 2;

/** An attach that is under way. */
export interface Attempt {
  readonly target: Target;
  readonly ledger: Ledger;
  /** How long the process may take to open its inspector, to answer, to close. */
  readonly timeoutMs: number;
  readonly log: (message: string) => void;
}

/** An inspector that is open. */
export interface OpenInspector {
  readonly listener: Listener;
  readonly address: string;
  /** Whether codoperf opened it, and so closes it. */
  readonly ours: boolean;
  /** CLOCK_MONOTONIC milliseconds of the signal. */
  readonly since: number;
}

/** The inspector that is open already, or else the one that SIGUSR1 opens. Throws a refusal. */
export async function openInspector(attempt: Attempt): Promise<OpenInspector> {
  const open = await openAlready(attempt);
  if (open !== undefined) return open;
  const { target, ledger, timeoutMs, log } = attempt;
  const taken = takenPort(target);
  if (taken !== undefined) throw portTaken(target, taken);
  checkSignal(target);
  const before = new Set(listeners(target.procfs, target.pid).map(({ inode }) => inode));
  const since = performance.now();
  ledger.note(target, { inspector: true });
  log(`sending SIGUSR1 to process ${target.pid}, so that it opens its inspector`);
  process.kill(target.pid, 'SIGUSR1');
  const opened = await appearance(target, before, timeoutMs);
  if (opened !== undefined) return { ...opened, ours: true, since };
  const elsewhere = await anyOf(ownListeners(target.procfs, target.pid).filter(isLoopback), timeoutMs);
  if (elsewhere === undefined) throw await neverOpened(attempt, before, since);
  // The program opened it itself, on a port of its choice, and takes no notice of the signal.
  ledger.note(target, { inspector: false });
  return { ...elsewhere, ours: false, since };
}

/** An inspector that is open now; ours when an earlier attach asked for it and could not close it. */
async function openAlready({ target, ledger, timeoutMs }: Attempt): Promise<OpenInspector | undefined> {
  const { port, host, open } = target.inspector;
  const ours = ledger.debt(target).inspector;
  // Of a port that nobody knows, only a question tells whether it is the inspector's: the program's own see it, too.
  if (port === 0 && !open && !ours) return undefined;
  const own = ownListeners(target.procfs, target.pid);
  const likely = own.filter((each) =>
    port === 0 ? isLoopback(each) || each.address === host : each.port === port && occupies(each.address, host),
  );
  const found = await anyOf(likely, timeoutMs);
  return found && { ...found, ours, since: performance.now() };
}

/** Closes an inspector of ours through a session with it, and sees that it is closed; throws ATTACH_STILL_OPEN. */
export async function closeInspector(attempt: Attempt, open: OpenInspector, session: InspectorSession): Promise<void> {
  const { target, timeoutMs } = attempt;
  session.send(CLOSE_INSPECTOR);
  await session.endsWithin(timeoutMs * LATE_FACTOR);
  session.end();
  if (await isClosed(target, open.listener, CLOSED_WITHIN_MS)) attempt.ledger.note(target, { inspector: false });
  else await closeUnused(attempt, open);
}

/** As `closeInspector`, of one that nobody has a session with. */
export async function closeUnused(attempt: Attempt, { listener }: Found): Promise<void> {
  const { target, ledger, timeoutMs } = attempt;
  try {
    const address = await sessionAddress(listener, timeoutMs);
    if (address !== undefined) {
      const session = await InspectorSession.open(address, timeoutMs);
      session.send(CLOSE_INSPECTOR);
      await session.endsWithin(timeoutMs);
      session.end();
    }
  } catch {
    // It ended meanwhile, or it does not answer: what counts is whether somebody listens.
  }
  if (!(await isClosed(target, listener, CLOSED_WITHIN_MS)))
    throw new CodoperfError('ATTACH_STILL_OPEN', { pid: target.pid, place: placeOf(listener) });
  ledger.note(target, { inspector: false });
}

/** Closes what an earlier attach left open, if it is. */
export async function closeLeftOpen(attempt: Attempt): Promise<void> {
  const { target, ledger, log } = attempt;
  const open = ledger.debt(target).inspector ? await openAlready(attempt) : undefined;
  if (open === undefined) return;
  await closeUnused(attempt, open);
  log(`closed the inspector of process ${target.pid}, which an earlier attach had opened`);
}

/** `127.0.0.1:9229`. */
export function placeOf({ address, port }: Listener): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

async function isClosed(target: Target, listener: Listener, withinMs: number): Promise<boolean> {
  for (const until = performance.now() + withinMs; ; await sleep(POLL_MS)) {
    const listening = listeners(target.procfs, target.pid).some(({ inode }) => inode === listener.inode);
    if (!listening && ((await refuses(listener)) || !ownsPort(target, listener))) return true;
    if (performance.now() >= until) return false;
  }
}

/** Whether it listens there again: another process may have taken the port in the meantime. */
function ownsPort(target: Target, { port }: Listener): boolean {
  return stillThere(target) && ownListeners(target.procfs, target.pid).some((each) => each.port === port);
}

/** Two inspectors cannot share a port, and the second one only prints an error. */
function takenPort({ procfs, pid, inspector }: Target): Listener | undefined {
  if (inspector.port === 0) return undefined;
  return listeners(procfs, pid).find(
    ({ port, address }) => port === inspector.port && occupies(address, inspector.host),
  );
}

function portTaken({ procfs, pid }: Target, taken: Listener): CodoperfError {
  const holder = holderOf(procfs, taken);
  const name = holder === undefined ? undefined : processFacts(procfs, holder)?.comm;
  const by = holder === undefined ? `a process of uid ${taken.uid}` : `process ${holder} (${name ?? 'ended'})`;
  return new CodoperfError('ATTACH_PORT_TAKEN', { pid, place: placeOf(taken), by });
}

interface Found {
  readonly listener: Listener;
  readonly address: string;
}

/** The first of these sockets that an inspector answers at. */
async function anyOf(candidates: readonly Listener[], timeoutMs: number): Promise<Found | undefined> {
  for (const listener of candidates) {
    const address = await sessionAddress(listener, timeoutMs);
    if (address !== undefined) return { listener, address };
  }
  return undefined;
}

/** Waits for an inspector on a socket that was not there before. */
async function appearance(target: Target, before: ReadonlySet<string>, withinMs: number): Promise<Found | undefined> {
  const { procfs, pid } = target;
  const until = performance.now() + withinMs;
  for (; performance.now() < until; await sleep(POLL_MS)) {
    if (!stillThere(target)) throw new CodoperfError('ATTACH_ENDED', { pid });
    const fresh = listeners(procfs, pid).filter(({ inode }) => !before.has(inode));
    const found = await anyOf(heldBy(procfs, pid, fresh), withinMs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The refusal for an inspector that did not open in time; one that opens a little later is closed first. */
async function neverOpened(attempt: Attempt, before: ReadonlySet<string>, since: number): Promise<CodoperfError> {
  const { target, ledger, timeoutMs, log } = attempt;
  const { pid } = target;
  const taken = takenPort(target);
  if (taken !== undefined && heldBy(target.procfs, pid, [taken]).length === 0) {
    ledger.note(target, { inspector: false }); // It tried, and said so on its stderr.
    return portTaken(target, taken);
  }
  const lateMs = timeoutMs * LATE_FACTOR;
  log(`process ${pid} did not open its inspector; waiting ${lateMs / 1000} s more, to close it in case it does`);
  const late = await appearance(target, before, lateMs);
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  if (late === undefined) return new CodoperfError('ATTACH_NO_INSPECTOR', { pid, seconds });
  await closeUnused(attempt, late);
  return new CodoperfError('ATTACH_LATE', { pid, seconds });
}
