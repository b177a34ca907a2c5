import { formatBytes, formatRatio, formatSeconds, threeDigits } from '../format.ts';
import type { Finding } from '../finding.ts';
import type { Judgement, Observed } from '../judgement.ts';

const FULL_PRESSURE_WARNING = 0.1;
const FULL_PRESSURE_CRITICAL = 0.3;
const QUEUE_SATURATED = 1;
const SPACE_WARNING = 0.05;
const SPACE_CRITICAL = 0.03;
const UTILISATION_INFO = 0.98;

/** The subject with the largest value, or `undefined` when none has one. */
function largest(
  names: readonly string[],
  valueOf: (name: string) => number,
): { name: string; value: number } | undefined {
  let best: { name: string; value: number } | undefined;
  for (const name of names) {
    const value = valueOf(name);
    if (!Number.isNaN(value) && (best === undefined || value > best.value)) best = { name, value };
  }
  return best;
}

function deviceFindings(observed: Observed, busiest: { name: string; value: number } | undefined): Finding[] {
  const full = observed.mean('pressure', '', 'io_full_ratio');
  if (busiest === undefined) return [];
  const queue = observed.mean('disk', 'devices', 'queue_depth', busiest.name);
  const wait = observed.mean('disk', 'devices', 'wait_seconds', busiest.name);
  const found: Finding[] = [];
  if (full > FULL_PRESSURE_WARNING && queue > QUEUE_SATURATED) {
    found.push({
      rule_id: 'disk.psi',
      severity: full > FULL_PRESSURE_CRITICAL ? 'critical' : 'warning',
      resource: 'disk',
      subject: busiest.name,
      summary: `Disk ${busiest.name} is short: everything waited for it ${formatRatio(full)} of the time, ${threeDigits(queue)} requests queued, ${formatSeconds(wait)} each.`,
      evidence: [
        { stat: 'pressure.io_full_ratio', value: full, unit: 'ratio', limit: FULL_PRESSURE_WARNING },
        { stat: 'disk.devices.queue_depth', value: queue, unit: 'count', limit: QUEUE_SATURATED },
      ],
      recommendation:
        'Find the writer with `pidstat -d 1 5`; batch its fsync calls, move it to another volume or take a faster one.',
    });
  } else if (busiest.value > UTILISATION_INFO) {
    found.push({
      rule_id: 'disk.util',
      severity: 'info',
      resource: 'disk',
      subject: busiest.name,
      summary: `Disk ${busiest.name} always had a request under way, but tasks hardly waited for it.`,
      evidence: [
        { stat: 'disk.devices.utilisation_ratio', value: busiest.value, unit: 'ratio', limit: UTILISATION_INFO },
      ],
      recommendation: null,
    });
  }
  return found;
}

function filesystemFindings({ last, subjects }: Observed): Finding[] {
  const found: Finding[] = [];
  for (const mount of subjects('disk', 'filesystems')) {
    for (const [stat, what] of [
      ['used_ratio', 'space'],
      ['inodes_used_ratio', 'inodes'],
    ] as const) {
      const left = 1 - last('disk', 'filesystems', stat, mount);
      if (!(left < SPACE_WARNING)) continue;
      found.push({
        rule_id: what === 'space' ? 'fs.space' : 'fs.inodes',
        severity: left < SPACE_CRITICAL ? 'critical' : 'warning',
        resource: 'disk',
        subject: mount,
        summary: `${mount} has ${formatRatio(left)} of its ${what} left.`,
        evidence: [{ stat: `disk.filesystems.${stat}`, value: 1 - left, unit: 'ratio', limit: 1 - SPACE_WARNING }],
        recommendation: `Find what fills it with \`du -xh ${mount} | sort -h | tail\` and deleted files still open with \`lsof +L1\`.`,
      });
    }
  }
  return found;
}

/** Pressure and queue of the busiest device, then what can run out: space and inodes. */
export function judgeDisk(observed: Observed): Judgement {
  const { mean, last, subjects, consumers } = observed;
  const devices = subjects('disk', 'devices');
  const busiest = largest(devices, (name) => mean('disk', 'devices', 'utilisation_ratio', name));
  const fullest = largest(subjects('disk', 'filesystems'), (name) => last('disk', 'filesystems', 'used_ratio', name));
  const queue = busiest === undefined ? Number.NaN : mean('disk', 'devices', 'queue_depth', busiest.name);
  const [top] = consumers.disk;
  return {
    utilisation: busiest === undefined ? '-' : `${busiest.name} ${formatRatio(busiest.value)} busy`,
    saturation: `pressure ${formatRatio(mean('pressure', '', 'io_some_ratio'))}, ${Number.isNaN(queue) ? '-' : threeDigits(queue)} queued`,
    errors: fullest === undefined ? '-' : `${fullest.name} ${formatRatio(fullest.value)} full`,
    top: top === undefined ? null : `${top.name} ${formatBytes(top.amount)}/s`,
    findings: [...deviceFindings(observed, busiest), ...filesystemFindings(observed)],
    known: busiest !== undefined || fullest !== undefined,
  };
}
