/** A loop that kept something waiting, and why: own work, others on the CPUs, the quota of a cgroup, a synchronous call. */
import { formatRatio, formatSeconds } from './format.ts';
import type { Finding } from './finding.ts';
import type { Observed } from './judgement.ts';
import type { NodeUse } from './node-ledger.ts';
import { STALL_SECONDS } from './node-ledger.ts';

/** under-pressure's example limit of the delay: nobody waits that long twice. */
const CRITICAL_SECONDS = 1;
/** Share of the own work from which on collecting garbage is what the loop is late for. */
const GC_SHARE = 0.5;

type Cause = 'work' | 'runQueue' | 'throttled' | 'blocked';

interface Explanation {
  readonly rule: string;
  readonly stat: string;
  readonly why: string;
  readonly recommendation: string;
}

/** The finding about a process whose loop was late; none when it was not. */
export function stallFinding(use: NodeUse, observed: Observed): Finding[] {
  if (use.stalls === 0) return [];
  const cause = causeOf(use);
  const { rule, stat, why, recommendation } = isCollecting(use, cause)
    ? collecting(use)
    : explain[cause](use, observed);
  const seconds = stat === 'gc_ratio' ? use.stalledGcSeconds : use.stalled[cause];
  const late = formatSeconds(use.worstDelaySeconds);
  const often = use.stalls === 1 ? 'once' : `in ${use.stalls} intervals`;
  return [
    {
      rule_id: rule,
      severity: use.worstDelaySeconds >= CRITICAL_SECONDS ? 'critical' : 'warning',
      resource: 'nodejs',
      subject: use.subject,
      summary: `The loop of ${use.subject} kept work waiting for up to ${late} (${often}): ${why}.`,
      evidence: [
        { stat: 'nodejs.loop.delay_max_seconds', value: use.worstDelaySeconds, unit: 'seconds', limit: STALL_SECONDS },
        { stat: `nodejs.loop.${stat}`, value: seconds / use.stalledSeconds, unit: 'ratio', limit: null },
      ],
      recommendation,
    },
  ];
}

/** What most of the time of the late intervals went into. */
function causeOf({ stalled }: NodeUse): Cause {
  const causes: readonly Cause[] = ['work', 'runQueue', 'throttled', 'blocked'];
  return causes.reduce((most, each) => (stalled[each] > stalled[most] ? each : most));
}

/** A collection works, or waits in the kernel for the threads that help it. */
function isCollecting({ stalled, stalledGcSeconds }: NodeUse, cause: Cause): boolean {
  return (cause === 'work' || cause === 'blocked') && stalledGcSeconds >= GC_SHARE * stalled[cause];
}

function collecting(use: NodeUse): Explanation {
  return {
    rule: 'node.blocked_gc',
    stat: 'gc_ratio',
    why: `it collected garbage for ${share(use.stalledGcSeconds, use)} of that time`,
    recommendation:
      'Find what allocates with `node --heap-prof app.js`; keep fewer objects alive (`codoperf cache-info` shows the caches).',
  };
}

const share = (seconds: number, use: NodeUse): string => formatRatio(seconds / use.stalledSeconds);

const explain: Record<Cause, (use: NodeUse, observed: Observed) => Explanation> = {
  work: (use) => ({
    rule: 'node.blocked',
    stat: 'work_ratio',
    why: `its own code had the CPU for ${share(use.stalled.work, use)} of that time`,
    recommendation:
      'Find the code with `node --cpu-prof app.js`, then split it up, move it to a worker thread, or do less of it (`measure()` of codoperf/caches times single functions).',
  }),
  runQueue: (use, observed) => ({
    rule: 'node.starved',
    stat: 'run_queue_ratio',
    why: `it is starved, as it waited for a CPU for ${share(use.stalled.runQueue, use)} of that time and worked for ${share(use.stalled.work, use)}`,
    recommendation: rivalsAdvice(use, observed),
  }),
  throttled: (use) => ({
    rule: 'node.throttled',
    stat: 'throttled_ratio',
    why: `the CPU quota of the cgroup ${throttlingCgroup(use)} stopped it for ${share(use.stalled.throttled, use)} of that time`,
    recommendation: quotaAdvice(use),
  }),
  blocked: (use) => ({
    rule: 'node.sync',
    stat: 'blocked_ratio',
    why: `it was blocked in the kernel for ${share(use.stalled.blocked, use)} of that time, by a synchronous call`,
    recommendation:
      'Find the call with `node --trace-sync-io app.js` (or `strace -f -T -p PID`), and use the asynchronous one: `fs.promises`, `execFile` for `execFileSync`.',
  }),
};

/** What to do about others that have the CPUs, with their names. */
export function rivalsAdvice({ pid }: NodeUse, { consumers }: Observed): string {
  const others = consumers.cpu.filter(({ name }) => !name.endsWith(`[${pid}]`));
  const who = others.map(({ name, amount }) => `${name} (${formatRatio(amount)} of a core)`).join(', ');
  return `It is not its code. The CPUs are used by ${who === '' ? 'others' : who}: lower their priority (\`renice 10 -p PID\`), limit them (\`systemctl set-property UNIT CPUQuota=…\`), or give this process more CPUs or weight (\`CPUWeight=\`).`;
}

/** The cgroup whose quota stopped the process most. */
export function throttlingCgroup({ throttledBy }: NodeUse): string {
  return [...throttledBy].toSorted(([, a], [, b]) => b - a).at(0)?.[0] ?? 'above it';
}

/** What to do about a quota. */
export function quotaAdvice(use: NodeUse): string {
  return `Raise the quota of the cgroup ${throttlingCgroup(use)} (\`systemctl set-property UNIT CPUQuota=…\`, or the CPU limit of the container), or take CPU from its other threads: \`UV_THREADPOOL_SIZE\`, \`--v8-pool-size\`.`;
}
