import { fullCgroups } from '../cgroup-limits.ts';
import { formatBytes, formatRatio, threeDigits } from '../format.ts';
import type { Finding, Severity } from '../finding.ts';
import type { Judgement, Observed } from '../judgement.ts';

const SOME_WARNING = 0.05;
const FULL_WARNING = 0.01;
const FULL_CRITICAL = 0.1;
const AVAILABLE_WARNING = 0.1;
const SWAP_OUT_PAGES = 5;

interface MemoryFigures {
  available: number;
  some: number;
  full: number;
  swapOut: number;
  kills: number;
}

const evidence = (stat: string, value: number, limit: number, unit = 'ratio'): Finding['evidence'][number] => ({
  stat,
  value: Number.isNaN(value) ? null : value,
  unit,
  limit,
});

function finding(
  rule: string,
  severity: Severity,
  summary: string,
  shown: Finding['evidence'],
  recommendation: string,
): Finding {
  return { rule_id: rule, severity, resource: 'memory', subject: null, summary, evidence: shown, recommendation };
}

function findings({ available, some, full, swapOut, kills }: MemoryFigures): Finding[] {
  const found: Finding[] = [];
  const advice =
    'List the largest with `ps -eo pid,rss,comm --sort=-rss | head`; shrink the working set, move work elsewhere or add memory.';
  if (kills >= 0.5) {
    const text = `The kernel killed ${Math.round(kills)} process(es) because memory ran out.`;
    found.push(
      finding(
        'mem.oom',
        'critical',
        text,
        [evidence('memory.oom_kills', kills, 0, 'count')],
        'Name the victim with `journalctl -k -g "Out of memory"` and raise the limit it hit, or add memory.',
      ),
    );
  }
  if (some > SOME_WARNING || full > FULL_WARNING) {
    const text = `Memory is short: tasks waited for it ${formatRatio(some)} of the time, all of them at once ${formatRatio(full)}.`;
    const shown = [
      evidence('pressure.memory_some_ratio', some, SOME_WARNING),
      evidence('pressure.memory_full_ratio', full, FULL_WARNING),
    ];
    found.push(finding('mem.psi', full > FULL_CRITICAL ? 'critical' : 'warning', text, shown, advice));
  }
  if (swapOut >= SWAP_OUT_PAGES) {
    const text = `The host is swapping out ${threeDigits(swapOut)} pages a second.`;
    found.push(
      finding(
        'mem.swapout',
        'warning',
        text,
        [evidence('memory.swap_out_pages_per_second', swapOut, SWAP_OUT_PAGES, 'per_second')],
        advice,
      ),
    );
  }
  if (available < AVAILABLE_WARNING) {
    const text = `Only ${formatRatio(available)} of the memory is available.`;
    found.push(
      finding('mem.avail', 'warning', text, [evidence('memory.available_ratio', available, AVAILABLE_WARNING)], advice),
    );
  }
  return found;
}

function swapText(used: number): string {
  return Number.isNaN(used) ? 'no swap' : `swap ${formatRatio(used)}`;
}

/** Stalls and kills first; memory that caches use is not used up. */
export function judgeMemory(observed: Observed): Judgement {
  const { mean, last, windowSeconds, consumers } = observed;
  const figures = {
    available: last('memory', '', 'available_ratio'),
    some: mean('pressure', '', 'memory_some_ratio'),
    full: mean('pressure', '', 'memory_full_ratio'),
    swapOut: mean('memory', '', 'swap_out_pages_per_second'),
    kills: mean('memory', '', 'oom_kills_per_second') * windowSeconds,
  };
  const total = last('memory', '', 'total_bytes');
  const [top] = consumers.memory;
  return {
    utilisation: `${formatRatio(1 - figures.available)} of ${formatBytes(total)} in use`,
    saturation: `pressure ${formatRatio(figures.some)}, ${swapText(last('memory', '', 'swap_used_ratio'))}`,
    errors: `OOM kills ${Number.isNaN(figures.kills) ? '-' : Math.round(figures.kills)}`,
    top: top === undefined ? null : `${top.name} ${formatBytes(top.amount)}`,
    findings: [...findings(figures), ...fullCgroups(observed)],
    known: !Number.isNaN(total),
  };
}
