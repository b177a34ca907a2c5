/** A process that does not answer: what its main thread does instead. */
import { formatSeconds } from './format.ts';
import type { Finding } from './finding.ts';
import type { Observed } from './judgement.ts';
import type { NodeUse, Silence } from './node-ledger.ts';
import { quotaAdvice, rivalsAdvice, throttlingCgroup } from './node-stall.ts';

/** Sooner a reply is only late. */
const SILENT_SECONDS = 1;
const CRITICAL_SECONDS = 5;
const MOST = 0.5;

/** The finding about a process that owed an answer for long, or gave none that is one. */
export function silenceFinding(use: NodeUse, observed: Observed): Finding[] {
  const { subject, silence, silentNow } = use;
  if (silence === undefined) return [];
  const { reason, seconds } = silence;
  if (reason === 'hostile' || reason === 'denied' || reason === 'refused') return [oddity(subject, silence)];
  if (reason !== 'silent' || seconds < SILENT_SECONDS) return [];
  const { does, recommendation } = waited(use, silence, observed) ?? activity(silence, use.pid);
  const since = silentNow ? 'has not answered for' : 'did not answer for';
  return [
    {
      rule_id: 'node.silent',
      severity: seconds >= CRITICAL_SECONDS ? 'critical' : 'warning',
      resource: 'nodejs',
      subject,
      summary: `${subject} ${since} ${formatSeconds(seconds)}: ${does}.`,
      evidence: [{ stat: 'nodejs.loop.unanswered_seconds', value: seconds, unit: 'seconds', limit: SILENT_SECONDS }],
      recommendation,
    },
  ];
}

/**
 * The kernel shows a thread that waits for a CPU as running, and tells how long it waited only once it got one: a
 * thread that runs all the time by its state and hardly ever by its CPU time is waiting.
 */
function waited(use: NodeUse, silence: Silence, observed: Observed): ReturnType<typeof activity> | undefined {
  const { seconds, state, cpuSeconds } = silence;
  const unaccounted = state === 'R' ? seconds - cpuSeconds : 0;
  const waitSeconds = Math.max(silence.waitSeconds, unaccounted);
  if (!(waitSeconds > cpuSeconds && waitSeconds >= MOST * seconds)) return undefined;
  const throttledSeconds = Math.min(waitSeconds, silence.throttledSeconds) || 0;
  const queued = waitSeconds - throttledSeconds;
  if (throttledSeconds > queued) {
    return {
      does: `the CPU quota of the cgroup ${throttlingCgroup(use)} has stopped it for ${formatSeconds(throttledSeconds)} since its last answer, and it worked for ${formatSeconds(cpuSeconds)}`,
      recommendation: quotaAdvice(use),
    };
  }
  return {
    does: `it is starved, as it has waited for a CPU for ${formatSeconds(queued)} since its last answer and worked for ${formatSeconds(cpuSeconds)}`,
    recommendation: rivalsAdvice(use, observed),
  };
}

function activity({ state, wchan }: Silence, pid: number): { does: string; recommendation: string } {
  const where = wchan === '' ? '' : ` (in ${wchan})`;
  switch (state) {
    case 'R':
      return {
        does: 'its main thread runs code that does not return to the loop',
        recommendation: `Find the code with \`perf top -p ${pid}\`, or open the inspector with \`kill -USR1 ${pid}\` and pause it in a debugger.`,
      };
    case 'D':
      return {
        does: `its main thread waits for a device${where}`,
        recommendation: `Look at the disks (\`iostat -x 1 5\`) and use asynchronous calls (\`node --trace-sync-io\`); \`cat /proc/${pid}/stack\` as root tells where it hangs.`,
      };
    case 'T':
    case 't':
      return {
        does: 'it is stopped, by a signal or a debugger',
        recommendation: `Let it go on with \`kill -CONT ${pid}\`, or in the debugger.`,
      };
    case 'S':
      return {
        does: `its main thread sleeps in a synchronous call${where}`,
        recommendation: `Find the call with \`strace -p ${pid}\`: \`execSync\`, \`spawnSync\` and \`Atomics.wait\` block the whole process; use the asynchronous ones.`,
      };
    default:
      return {
        does: 'what its main thread does is not known',
        recommendation: `Look at it with \`cat /proc/${pid}/status\`.`,
      };
  }
}

/** Something else stands where an agent was expected. */
function oddity(subject: string, { reason }: Silence): Finding {
  const texts: Readonly<Record<string, string>> = {
    hostile: 'what answers in its place does not speak the agent’s protocol, or another version of it',
    denied: 'this user may not connect to its socket',
    refused: 'its agent refuses the question, or has ended',
  };
  return {
    rule_id: 'node.agent',
    severity: 'info',
    resource: 'nodejs',
    subject,
    summary: `${subject} cannot be asked: ${texts[reason]}.`,
    evidence: [],
    recommendation: 'Use the same version of codoperf here and in the program, and start the program again.',
  };
}
