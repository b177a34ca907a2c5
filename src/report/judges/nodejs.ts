/** Node.js processes with the agent: is a loop late, and whose fault is that? Thresholds: docs/decisions/003-verdict-thresholds.md. */
import { formatBytes, formatRatio, formatSeconds, threeDigits } from '../format.ts';
import type { Finding, Severity } from '../finding.ts';
import type { Judgement, Observed } from '../judgement.ts';
import type { NodeUse } from '../node-ledger.ts';
import { silenceFinding } from '../node-silence.ts';
import { stallFinding } from '../node-stall.ts';

const GC_WARNING = 0.1;
const LIVE_WARNING = 0.85;
const LIVE_CRITICAL = 0.95;
const POOL_WAIT_SECONDS = 0.05;
const POOL_IDLE_LOOP = 0.5;
/** Share of the pool's threads that compute from which on more threads would only wait for CPUs. */
const POOL_COMPUTES = 0.5;
const LEAST_REQUESTS = 120;
const ERRORS_WARNING = 0.02;
const ERRORS_CRITICAL = 0.05;
const ABORTED_WARNING = 0.05;
const UTILIZATION_INFO = 0.95;

/** Figures of one process. */
class ProcessFigures {
  readonly subject: string;
  private readonly observed: Observed;

  constructor(subject: string, observed: Observed) {
    this.subject = subject;
    this.observed = observed;
  }

  mean(key: string, stat: string): number {
    return this.observed.mean('nodejs', key, stat, this.subject);
  }

  last(key: string, stat: string): number {
    return this.observed.last('nodejs', key, stat, this.subject);
  }

  p95(key: string, stat: string): number {
    return this.observed.p95('nodejs', key, stat, this.subject);
  }

  finding(rule: string, severity: Severity, rest: Pick<Finding, 'summary' | 'evidence' | 'recommendation'>): Finding {
    return { rule_id: rule, severity, resource: 'nodejs', subject: this.subject, ...rest };
  }
}

function evidence(stat: string, value: number, unit: string, limit: number): Finding['evidence'][number] {
  return { stat: `nodejs.${stat}`, value: Number.isNaN(value) ? null : value, unit, limit };
}

function collections(of: ProcessFigures): Finding[] {
  const ratio = of.mean('loop', 'gc_ratio');
  if (!(ratio >= GC_WARNING)) return [];
  return [
    of.finding('node.gc', 'warning', {
      summary: `${of.subject} spends ${formatRatio(ratio)} of its time in pauses for garbage collection.`,
      evidence: [evidence('loop.gc_ratio', ratio, 'ratio', GC_WARNING)],
      recommendation:
        'Find what allocates with `node --heap-prof app.js` (or `--cpu-prof`). When the live heap is flat, a larger young generation helps: `node --max-semi-space-size=64 app.js`.',
    }),
  ];
}

function heap(of: ProcessFigures): Finding[] {
  const ratio = of.last('memory', 'heap_live_ratio');
  if (!(ratio >= LIVE_WARNING)) return [];
  const live = formatBytes(of.last('memory', 'heap_live_bytes'));
  return [
    of.finding('node.heap', ratio >= LIVE_CRITICAL ? 'critical' : 'warning', {
      summary: `The heap of ${of.subject} is nearly full: ${live} were left after the last major collection, ${formatRatio(ratio)} of its limit.`,
      evidence: [evidence('memory.heap_live_ratio', ratio, 'ratio', LIVE_WARNING)],
      recommendation:
        'Take two heap snapshots some minutes apart (`node --heapsnapshot-signal=SIGUSR2 app.js`, `kill -USR2 PID`) and compare them; look at unbounded caches with `codoperf cache-info`. When all of it is needed, raise the limit with `--max-old-space-size=MB`.',
    }),
  ];
}

function pool(of: ProcessFigures): Finding[] {
  const wait = of.p95('requests', 'pool_wait_seconds');
  const utilization = of.mean('loop', 'utilization_ratio');
  if (!(wait > POOL_WAIT_SECONDS && utilization < POOL_IDLE_LOOP)) return [];
  const threads = of.last('requests', 'pool_threads');
  const cpu = of.mean('requests', 'pool_cpu_cores');
  const queued = of.mean('requests', 'pool_run_queue_cores');
  const computes = cpu + queued >= POOL_COMPUTES * threads;
  const why = computes
    ? `its threads compute (${threeDigits(cpu)} cores used, ${threeDigits(queued)} more wanted): crypto or zlib`
    : 'its threads wait: for files, `dns.lookup`, or jobs that the kernel does not account to them';
  return [
    of.finding('node.pool', 'warning', {
      summary: `The thread pool of ${of.subject} is full: a tiny job waits up to ${formatSeconds(wait)} although the loop is idle; ${why}.`,
      evidence: [
        evidence('requests.pool_wait_seconds', wait, 'seconds', POOL_WAIT_SECONDS),
        evidence('loop.utilization_ratio', utilization, 'ratio', POOL_IDLE_LOOP),
        { stat: 'nodejs.requests.pool_cpu_cores', value: Number.isNaN(cpu) ? null : cpu, unit: 'count', limit: null },
      ],
      recommendation: computes
        ? `Hash and compress less at a time, or give it CPUs: \`UV_THREADPOOL_SIZE\` (now ${threads}) beyond the number of CPUs does not help.`
        : `Start it with \`UV_THREADPOOL_SIZE=${Math.max(16, 4 * threads)}\` (now ${threads}), use \`dns.resolve\` or a caching lookup for \`dns.lookup\`, and limit how many files are open at a time.`,
    }),
  ];
}

function requests(of: ProcessFigures, pid: number, windowSeconds: number): Finding[] {
  const count = of.mean('requests', 'requests_per_second') * windowSeconds;
  if (!(count >= LEAST_REQUESTS)) return [];
  const found: Finding[] = [];
  const errors = of.mean('requests', 'error_ratio');
  if (errors > ERRORS_WARNING) {
    found.push(
      of.finding('node.http_errors', errors > ERRORS_CRITICAL ? 'critical' : 'warning', {
        summary: `${of.subject} answered ${formatRatio(errors)} of ${Math.round(count)} requests with an error (5xx).`,
        evidence: [evidence('requests.error_ratio', errors, 'ratio', ERRORS_WARNING)],
        recommendation: `Look at its log, and at the requests that it makes itself: \`codoperf monitor-stats --once --pid ${pid} | grep http_client_request_duration_seconds_count\` has failures by server.`,
      }),
    );
  }
  const aborted = of.mean('requests', 'aborted_ratio');
  if (aborted > ABORTED_WARNING) {
    const mean = formatSeconds(of.mean('requests', 'duration_mean_seconds'));
    found.push(
      of.finding('node.http_aborted', 'warning', {
        summary: `The clients of ${of.subject} gave up ${formatRatio(aborted)} of ${Math.round(count)} requests before they were answered (${mean} on average).`,
        evidence: [evidence('requests.aborted_ratio', aborted, 'ratio', ABORTED_WARNING)],
        recommendation:
          'Compare the timeout of the clients or the proxy before it with the durations here, and stop work for those that went away (`response.on("close")`, an `AbortSignal`).',
      }),
    );
  }
  return found;
}

function utilization(of: ProcessFigures): Finding[] {
  const ratio = of.mean('loop', 'utilization_ratio');
  if (!(ratio >= UTILIZATION_INFO)) return [];
  return [
    of.finding('node.elu', 'info', {
      summary: `The loop of ${of.subject} is busy ${formatRatio(ratio)} of the time: it has no room for more.`,
      evidence: [evidence('loop.utilization_ratio', ratio, 'ratio', UTILIZATION_INFO)],
      recommendation:
        'Run more processes (`cluster`, several containers) or move work to worker threads before traffic grows.',
    }),
  ];
}

/** The process with the largest mean of a statistic; NaN when nobody has it. */
function largest(observed: Observed, key: string, stat: string): { subject: string; value: number } {
  let most = { subject: '', value: Number.NaN };
  for (const { subject } of observed.nodes) {
    const value = observed.mean('nodejs', key, stat, subject);
    if (Number.isNaN(most.value) || value > most.value) most = { subject, value };
  }
  return most;
}

/** Of a process that answered again, the delay tells more than the silence. */
function lateness(use: NodeUse, observed: Observed): Finding[] {
  const stall = stallFinding(use, observed);
  return stall.length > 0 && !use.silentNow ? stall : [...silenceFinding(use, observed), ...stall];
}

function findings(observed: Observed): Finding[] {
  // With `--monitor-type memory` nothing is said about loops.
  const loops = new Set(observed.subjects('nodejs', 'loop'));
  return observed.nodes.flatMap((use) => {
    const of = new ProcessFigures(use.subject, observed);
    const late = loops.has(use.subject) ? lateness(use, observed) : [];
    const busy = late.length === 0 ? utilization(of) : [];
    return [
      ...late,
      ...collections(of),
      ...heap(of),
      ...pool(of),
      ...requests(of, use.pid, observed.windowSeconds),
      ...busy,
    ];
  });
}

/** Late loops first, with their cause; a busy loop is not a problem. */
export function judgeNode(observed: Observed): Judgement {
  const { nodes } = observed;
  const busiest = largest(observed, 'loop', 'utilization_ratio');
  const starved = largest(observed, 'loop', 'run_queue_ratio').value;
  const heapUsed = largest(observed, 'memory', 'heap_used_ratio').value;
  const worst = Math.max(...nodes.map(({ worstDelaySeconds }) => worstDelaySeconds));
  const silent = nodes.filter(({ silentNow }) => silentNow).length;
  return {
    utilisation: `loop ${formatRatio(busiest.value)}, heap ${formatRatio(heapUsed)} of ${nodes.length} process${nodes.length === 1 ? '' : 'es'}`,
    saturation: `late up to ${formatSeconds(worst)}, starved ${formatRatio(starved)}`,
    errors: `5xx ${formatRatio(largest(observed, 'requests', 'error_ratio').value)}, silent ${silent}`,
    top: Number.isNaN(busiest.value) ? null : `${busiest.subject} ${formatRatio(busiest.value)} of its loop`,
    findings: findings(observed),
    known: !Number.isNaN(busiest.value) || !Number.isNaN(heapUsed) || silent > 0,
  };
}
